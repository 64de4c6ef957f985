#include "platform/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <system_error>

#include "base/unique_fd.h"

namespace weir::platform {
namespace {

ErrorCode CodeOf(int error_number) {
  switch (error_number) {
    case ENOENT:
      return ErrorCode::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return ErrorCode::kResourceExhausted;
    case EINVAL:
    case ENOTDIR:
    case EISDIR:
    case EEXIST:
    case ENAMETOOLONG:
    case ELOOP:
      return ErrorCode::kInvalidArgument;
    case ENOSYS:
    case EOPNOTSUPP:
      return ErrorCode::kUnsupported;
    case EAGAIN:
    case EINTR:
    case EBUSY:
      return ErrorCode::kUnavailable;
    default:
      return ErrorCode::kInternal;
  }
}

Status WriteAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FileError(path);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

// Writes the temporary file and puts it in the place of `path`.
Status FillAndRename(const UniqueFd& fd, const std::string& temporary, const std::string& path,
                     std::string_view bytes, mode_t mode) {
  if (::fchmod(fd.get(), mode) != 0) return FileError(temporary);
  RETURN_IF_ERROR(WriteAll(fd.get(), bytes, temporary));
  if (::fsync(fd.get()) != 0) return FileError(temporary);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return FileError(path);
  return {};
}

Status CheckPrivate(const std::string& path) {
  struct stat info;
  if (::stat(path.c_str(), &info) != 0) return FileError(path);
  if (!S_ISDIR(info.st_mode)) {
    return MakeError(ErrorCode::kInvalidArgument, "'{}' is no folder; name another place", path);
  }
  if (info.st_uid != ::geteuid()) {
    return MakeError(ErrorCode::kPermissionDenied,
                     "folder '{}' belongs to user {}, not to you; name a folder of your own", path,
                     info.st_uid);
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return MakeError(ErrorCode::kPermissionDenied,
                     "folder '{}' can be written by others (mode {:04o}, expected 0700); "
                     "chmod it or name another",
                     path, info.st_mode & 07777);
  }
  return {};
}

}  // namespace

tl::unexpected<Error> FileError(std::string_view path) {
  return MakeError(SystemError(errno, fmt::format("'{}'", path)));
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Error SystemError(int error_number, std::string_view context) {
  return Error{CodeOf(error_number),
               fmt::format("{}: {}", context, std::generic_category().message(error_number))};
}

Result<std::string> ReadFile(const std::string& path, size_t max_bytes) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd.valid()) return FileError(path);
  struct stat info;
  if (::fstat(fd.get(), &info) != 0) return FileError(path);
  if (!S_ISREG(info.st_mode)) {
    return MakeError(ErrorCode::kInvalidArgument, "'{}' is no regular file", path);
  }
  // Files of /proc say size 0, and a file may grow: read until the end, one byte beyond the limit.
  max_bytes = std::min<size_t>(max_bytes, SIZE_MAX / 2);
  std::string bytes;
  size_t filled = 0;
  while (filled <= max_bytes) {
    const size_t wanted = std::min(max_bytes + 1 - filled,
                                   std::max<size_t>(static_cast<size_t>(info.st_size) + 1, 65536));
    bytes.resize(filled + wanted);
    const ssize_t n = ::read(fd.get(), bytes.data() + filled, wanted);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FileError(path);
    filled += static_cast<size_t>(n);
    if (n == 0) break;
  }
  if (filled > max_bytes) {
    return MakeError(ErrorCode::kResourceExhausted, "'{}' is larger than the {} bytes allowed here",
                     path, max_bytes);
  }
  bytes.resize(filled);
  return bytes;
}

Status SyncFolder(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() || ::fsync(fd.get()) != 0) return FileError(path);
  return {};
}

Status WriteFileDurably(const std::string& path, std::string_view bytes, mode_t mode) {
  std::string temporary = path + ".tmp-XXXXXX";
  const UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.valid()) return FileError(path);
  if (Status written = FillAndRename(fd, temporary, path, bytes, mode); !written) {
    ::unlink(temporary.c_str());
    return written;
  }
  return SyncFolder(FolderOf(path));
}

Status EnsurePrivateFolder(const std::string& path) {
  if (path.empty()) {
    return MakeError(ErrorCode::kInvalidArgument, "an empty path names no folder");
  }
  size_t end = 0;
  while (end != std::string::npos) {
    end = path.find('/', end + 1);
    const std::string part = path.substr(0, end);
    if (part.empty() || part == "/") continue;
    if (::mkdir(part.c_str(), 0700) == 0) {
      std::string bare = part;
      while (bare.size() > 1 && bare.back() == '/') bare.pop_back();
      RETURN_IF_ERROR(SyncFolder(FolderOf(bare)));
    } else if (errno != EEXIST) {
      return FileError(part);
    }
  }
  return CheckPrivate(path);
}

}  // namespace weir::platform
