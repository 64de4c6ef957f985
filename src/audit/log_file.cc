#include "audit/log_file.h"

#include <fcntl.h>

#include <cerrno>

#include "platform/files.h"

namespace weir::audit {

tl::unexpected<Error> FileError(std::string_view name, std::string_view doing) {
  return MakeError(
      platform::SystemError(errno, fmt::format("{} '{}' of the audit log", doing, name)));
}

Result<std::string> ReadRange(platform::FileOps& ops, int fd, int64_t offset, size_t n_bytes) {
  std::string bytes(n_bytes, '\0');
  size_t filled = 0;
  while (filled < n_bytes) {
    const ssize_t n = ops.PRead(fd, bytes.data() + filled, n_bytes - filled,
                                offset + static_cast<int64_t>(filled));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FileError("log.jsonl", "reading");
    if (n == 0) return MakeError(ErrorCode::kCorruptData, "the audit log shrank while it was read");
    filled += static_cast<size_t>(n);
  }
  return bytes;
}

Status WriteRange(platform::FileOps& ops, int fd, int64_t offset, std::string_view bytes,
                  std::string_view name) {
  while (!bytes.empty()) {
    const ssize_t n = ops.PWrite(fd, bytes.data(), bytes.size(), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FileError(name, "writing");
    if (n == 0) {
      return MakeError(ErrorCode::kResourceExhausted,
                       "the system takes no more of '{}' of the audit log", name);
    }
    offset += n;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Result<UniqueFd> OpenFile(platform::FileOps& ops, int folder_fd, const std::string& name,
                          int flags) {
  UniqueFd fd(ops.OpenAt(folder_fd, name.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return FileError(name, "opening");
  return fd;
}

}  // namespace weir::audit
