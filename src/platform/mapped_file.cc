#include "platform/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "base/check.h"
#include "base/unique_fd.h"
#include "platform/files.h"
#include "platform/huge_pages.h"

namespace weir::platform {

Result<MappedFile> MappedFile::Open(const std::string& path) {
  // O_NONBLOCK: a named pipe must be refused below, not waited for.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) return MakeError(SystemError(errno, path));
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return MakeError(SystemError(errno, path));
  if (!S_ISREG(info.st_mode))
    return MakeError(ErrorCode::kInvalidArgument, "{} is not a regular file", path);
  if (info.st_size == 0) return MakeError(ErrorCode::kInvalidArgument, "{} is empty", path);
  const auto size = static_cast<size_t>(info.st_size);
  void* memory = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
  if (memory == MAP_FAILED) return MakeError(SystemError(errno, path));
  WantHugePages(memory, size);
  MappedFile file;
  file.path_ = path;
  file.bytes_ = {static_cast<const std::byte*>(memory), size};
  return file;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)), bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  if (this != &other) {
    Unmap();
    path_ = std::move(other.path_);
    bytes_ = std::exchange(other.bytes_, {});
  }
  return *this;
}

MappedFile::~MappedFile() { Unmap(); }

void MappedFile::Release(std::span<const std::byte> part) const {
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  const auto offset = static_cast<size_t>(part.data() - bytes_.data());
  DCHECK(offset <= bytes_.size() && part.size() <= bytes_.size() - offset);
  const size_t begin = (offset + page - 1) / page * page;
  const size_t end = (offset + part.size()) / page * page;
  if (begin >= end) return;
  // A hint: where it is refused, the pages stay until memory is short.
  ::madvise(const_cast<std::byte*>(bytes_.data()) + begin, end - begin, MADV_DONTNEED);
}

void MappedFile::Unmap() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  bytes_ = {};
}

void Prefetch(std::span<const std::byte> bytes) {
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto address = reinterpret_cast<uintptr_t>(bytes.data());
  const uintptr_t into_page = address % page;
  auto* begin = const_cast<std::byte*>(bytes.data()) - into_page;
  ::madvise(begin, bytes.size() + into_page, MADV_WILLNEED);
}

}  // namespace weir::platform
