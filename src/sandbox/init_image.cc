#include "sandbox/init_image.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "base/unique_fd.h"
#include "platform/files.h"

// The bytes of the built program, put here by the assembler.
asm(R"(
  .pushsection .rodata
  .global weir_sandbox_init_begin
  .global weir_sandbox_init_end
weir_sandbox_init_begin:
  .incbin ")" WEIR_SANDBOX_INIT R"("
weir_sandbox_init_end:
  .popsection
)");
extern "C" {
extern const char weir_sandbox_init_begin[];
extern const char weir_sandbox_init_end[];
}

namespace weir::sandbox {
namespace {

Result<UniqueFd> MakeInitImage() {
  UniqueFd file(::memfd_create("weir-sandbox-init", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file.valid()) return MakeError(platform::SystemError(errno, "a memory file for init"));
  std::string_view rest(weir_sandbox_init_begin,
                        static_cast<size_t>(weir_sandbox_init_end - weir_sandbox_init_begin));
  while (!rest.empty()) {
    const ssize_t n = ::write(file.get(), rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return MakeError(platform::SystemError(errno, "writing the memory file for init"));
    rest.remove_prefix(static_cast<size_t>(n));
  }
  const int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  if (::fcntl(file.get(), F_ADD_SEALS, seals) != 0) {
    return MakeError(platform::SystemError(errno, "sealing the memory file for init"));
  }
  return file;
}

}  // namespace

Result<int> InitImage() {
  static const Result<UniqueFd> image = MakeInitImage();
  if (!image) return MakeError(image.error());
  return image->get();
}

}  // namespace weir::sandbox
