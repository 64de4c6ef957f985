#include "audit/log_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <thread>

#include "audit/log_file.h"
#include "base/clock.h"

namespace weir::audit {
namespace {

const std::string kLockName = "lock";

// Who wrote its number into the lock file; empty when that can not be told.
std::string HolderOf(platform::FileOps& ops, const UniqueFd& lock) {
  const int64_t size = ops.Size(lock.get());
  if (size <= 0 || size > 20) return "";
  const Result<std::string> text = ReadRange(ops, lock.get(), 0, static_cast<size_t>(size));
  if (!text) return "";
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), pid);
  if (error != std::errc() || pid <= 0) return "";
  return pid == ::getpid() ? " (this process)" : fmt::format(" (process {})", pid);
}

}  // namespace

Result<UniqueFd> TakeLogLock(platform::FileOps& ops, int folder_fd, const std::string& folder,
                             int64_t wait_ms) {
  ASSIGN_OR_RETURN(UniqueFd lock, OpenFile(ops, folder_fd, kLockName, O_RDWR | O_CREAT));
  const int64_t deadline_us = SystemClock().MonotonicMicros() + wait_ms * 1000;
  while (ops.Lock(lock.get()) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return FileError(kLockName, "locking");
    if (SystemClock().MonotonicMicros() >= deadline_us) {
      return MakeError(ErrorCode::kUnavailable,
                       "the audit log in '{}' is in use by another weir{}; wait for it to end, or "
                       "use another state folder",
                       folder, HolderOf(ops, lock));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  // Only a help for others: that it can not be written changes nothing.
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (ops.Truncate(lock.get(), 0) == 0) (void)WriteRange(ops, lock.get(), 0, pid, kLockName);
  return lock;
}

}  // namespace weir::audit
