#include "platform/private_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "platform/files.h"

namespace weir::platform {
namespace {

constexpr int kRetryMs = 2;

Status CheckOwned(int fd, const std::string& path) {
  struct stat info;
  if (::fstat(fd, &info) != 0) return FileError(path);
  if (!S_ISREG(info.st_mode)) {
    return MakeError(ErrorCode::kInvalidArgument, "'{}' is no regular file; remove it", path);
  }
  if (info.st_uid != ::geteuid()) {
    return MakeError(ErrorCode::kPermissionDenied,
                     "'{}' belongs to user {}, not to you, so nothing in it counts; remove it",
                     path, info.st_uid);
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return MakeError(ErrorCode::kPermissionDenied,
                     "'{}' can be written by others (mode {:04o}, expected 0600), so nothing in it "
                     "counts; look at it, then chmod 600 it or remove it",
                     path, info.st_mode & 07777);
  }
  return {};
}

}  // namespace

Result<std::optional<std::string>> ReadPrivateFile(const std::string& path, size_t max_bytes) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.valid() && errno == ENOENT) return std::optional<std::string>();
  if (!fd.valid()) return FileError(path);
  RETURN_IF_ERROR(CheckOwned(fd.get(), path));
  // By descriptor, so that what was checked is what is read.
  ASSIGN_OR_RETURN(std::string text,
                   ReadFile(fmt::format("/proc/self/fd/{}", fd.get()), max_bytes));
  return std::optional<std::string>(std::move(text));
}

Result<UniqueFd> LockFile(const std::string& path, int wait_ms) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return FileError(path);
  for (int waited_ms = 0;; waited_ms += kRetryMs) {
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
    if (errno != EWOULDBLOCK && errno != EINTR) return FileError(path);
    if (waited_ms >= wait_ms) {
      return MakeError(ErrorCode::kUnavailable,
                       "'{}' has been locked by another Weir for {} s; try again", path,
                       waited_ms / 1000);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(kRetryMs));
  }
}

}  // namespace weir::platform
