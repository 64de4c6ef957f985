#include "sandbox/elf.h"

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>

#include "base/unique_fd.h"
#include "platform/files.h"

namespace weir::sandbox {
namespace {

constexpr int kMaxSegments = 128;

bool ReadAt(int fd, void* bytes, size_t n, uint64_t offset) {
  return offset < (uint64_t{1} << 62) &&
         ::pread(fd, bytes, n, static_cast<off_t>(offset)) == static_cast<ssize_t>(n);
}

tl::unexpected<Error> NoProgram(const std::string& program, std::string_view found) {
  return MakeError(ErrorCode::kInvalidArgument,
                   "program '{}': {}; a 64-bit ELF program is expected (for a script name its "
                   "interpreter, with the script as argument)",
                   program, found);
}

}  // namespace

Result<std::string> LoaderOf(const std::string& program) {
  const UniqueFd file(::open(program.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file.valid()) {
    return MakeError(platform::SystemError(errno, fmt::format("program '{}'", program)));
  }
  Elf64_Ehdr header;
  if (!ReadAt(file.get(), &header, sizeof(header), 0) ||
      std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64) {
    return NoProgram(program, "its first bytes are not those of one");
  }
  if (header.e_phnum > kMaxSegments || header.e_phentsize != sizeof(Elf64_Phdr)) {
    return NoProgram(program, fmt::format("it has {} segments", header.e_phnum));
  }
  for (uint64_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    if (header.e_phoff > (uint64_t{1} << 62) ||
        !ReadAt(file.get(), &segment, sizeof(segment), header.e_phoff + i * sizeof(segment))) {
      return NoProgram(program, "its table of segments is cut off");
    }
    if (segment.p_type != PT_INTERP) continue;
    std::string loader(segment.p_filesz <= PATH_MAX ? segment.p_filesz : 0, '\0');
    if (loader.empty() || !ReadAt(file.get(), loader.data(), loader.size(), segment.p_offset)) {
      return NoProgram(program, "it names no loader where it should");
    }
    loader.resize(std::strlen(loader.c_str()));
    if (!loader.starts_with('/')) return NoProgram(program, "its loader has no absolute path");
    return loader;
  }
  return std::string();
}

}  // namespace weir::sandbox
