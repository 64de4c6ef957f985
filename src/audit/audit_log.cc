#include "audit/audit_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>

#include "audit/log_file.h"
#include "audit/recovery.h"
#include "platform/files.h"

namespace weir::audit {
namespace {

constexpr int kFormat = 1;
const std::string kLockName = "lock";

std::string BootId() {
  const Result<std::string> id = platform::ReadFile("/proc/sys/kernel/random/boot_id", 100);
  if (!id) return "unknown";
  return id->substr(0, id->find('\n'));
}

// Who wrote its number into the lock file; empty when that can not be told.
std::string HolderOf(FileOps& ops, const UniqueFd& lock) {
  const int64_t size = ops.Size(lock.get());
  if (size <= 0 || size > 20) return "";
  const Result<std::string> text = ReadRange(ops, lock.get(), 0, static_cast<size_t>(size));
  if (!text) return "";
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), pid);
  if (error != std::errc() || pid <= 0) return "";
  return pid == ::getpid() ? " (this process)" : fmt::format(" (process {})", pid);
}

Result<UniqueFd> TakeLock(FileOps& ops, int folder_fd, const std::string& folder, int64_t wait_ms) {
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
  if (ops.Truncate(lock.get(), 0) == 0) (void)WriteRange(ops, lock.get(), 0, pid);
  return lock;
}

}  // namespace

struct AuditLog::Impl {
  FileOps* ops = nullptr;
  const Clock* clock = nullptr;
  std::string path;
  std::string boot;
  UniqueFd folder, lock, file;
  uint64_t recovered_bytes = 0;

  // The chain is one line of records, so writers take turns; unlike elsewhere the mutex is held
  // during I/O. It guards the members below.
  mutable std::mutex mutex;
  Head head;
  int64_t size = 0;
  std::optional<Error> failure;

  Status Recover();
  Status RecoverTorn(const LogTail& tail);
  Result<uint64_t> AppendLocked(const Event& event);
  Status WriteLine(std::string_view line);
};

// Writes the line at the end and makes it durable. On an error the log is over: what is on the disk
// then is not known (after a failed fsync not even reading tells), so it is cut back as well as
// possible and left to the next Open.
Status AuditLog::Impl::WriteLine(std::string_view line) {
  const int64_t found = ops->Size(file.get());
  if (found < 0) return FileError(kLogFileName, "measuring");
  if (found != size) {
    return MakeError(ErrorCode::kCorruptData,
                     "the audit log has {} bytes and should have {}: somebody else changed it; "
                     "verify it",
                     found, size);
  }
  Status written = WriteRange(*ops, file.get(), size, line);
  if (written && ops->SyncData(file.get()) != 0) written = FileError(kLogFileName, "syncing");
  if (!written) {
    if (ops->Truncate(file.get(), size) == 0) (void)ops->SyncData(file.get());
  }
  return written;
}

Result<uint64_t> AuditLog::Impl::AppendLocked(const Event& event) {
  if (failure) {
    return MakeError(ErrorCode::kUnavailable,
                     "the audit log takes no more records after an error ({}); start again once "
                     "the cause is gone",
                     failure->message);
  }
  Record record;
  record.seq = head.seq + 1;
  record.time_us = clock->UnixMicros();
  record.boot = boot;
  record.prev = head.hash;
  record.event = event;
  ASSIGN_OR_RETURN(const std::string line, FormatRecord(record));
  if (Status written = WriteLine(line); !written) {
    failure = written.error();
    return MakeError(std::move(written).error());
  }
  head = {record.seq, record.hash};
  size += static_cast<int64_t>(line.size());
  return record.seq;
}

// Moves a torn tail into its own file, cuts the log, and tells of it in a record. Each step can be
// repeated, and a crash between any two is made good by the next Open.
Status AuditLog::Impl::RecoverTorn(const LogTail& tail) {
  const uint64_t seq = tail.head.seq + 1;
  std::string torn;
  if (!tail.torn.empty()) {
    ASSIGN_OR_RETURN(torn, KeepTorn(*ops, folder.get(), seq, tail.torn));
    if (ops->Truncate(file.get(), size) != 0) return FileError(kLogFileName, "cutting");
    if (ops->SyncData(file.get()) != 0) return FileError(kLogFileName, "syncing");
  } else {
    // Cut off by an Open that did not come to tell of it?
    ASSIGN_OR_RETURN(std::optional<std::string> kept, ReadTorn(*ops, folder.get(), seq));
    if (!kept) return {};
    torn = std::move(*kept);
  }
  recovered_bytes = torn.size();
  // The very first record says that a log starts, also when its first try was torn.
  if (seq == 1) return {};
  return AppendLocked(TornTailEvent(seq, torn)).map([](uint64_t) {});
}

Status AuditLog::Impl::Recover() {
  ASSIGN_OR_RETURN(const LogTail tail, ReadTail(*ops, file.get()));
  head = tail.head;
  size = tail.good_size();
  // The last record may have been written by somebody whose fsync failed; then the kernel believes
  // it clean although the disk does not have it. Writing it once more makes it dirty again.
  if (!tail.line.empty()) {
    RETURN_IF_ERROR(WriteRange(*ops, file.get(), tail.line_offset, tail.line));
  }
  if (ops->SyncData(file.get()) != 0) return FileError(kLogFileName, "syncing");
  RETURN_IF_ERROR(RecoverTorn(tail));
  if (head.seq > 0) return {};
  if (ops->Sync(folder.get()) != 0) return FileError("folder", "syncing");
  return AppendLocked(MakeEvent(EventKind::kLogStarted, "", "", {{"format", kFormat}}))
      .map([](uint64_t) {});
}

AuditLog::AuditLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AuditLog::AuditLog(AuditLog&&) noexcept = default;
AuditLog& AuditLog::operator=(AuditLog&&) noexcept = default;
AuditLog::~AuditLog() = default;

Result<AuditLog> AuditLog::Open(const std::string& folder, const Clock& clock,
                                const AuditOptions& options) {
  RETURN_IF_ERROR(platform::EnsurePrivateFolder(folder));
  auto impl = std::make_unique<Impl>();
  impl->ops = options.ops != nullptr ? options.ops : &SystemFileOps();
  impl->clock = &clock;
  impl->path = fmt::format("{}/{}", folder, kLogFileName);
  impl->boot = BootId();
  impl->folder =
      UniqueFd(impl->ops->OpenAt(AT_FDCWD, folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0));
  if (!impl->folder.valid()) return FileError(folder, "opening folder");
  ASSIGN_OR_RETURN(impl->lock,
                   TakeLock(*impl->ops, impl->folder.get(), folder, options.lock_wait_ms));
  ASSIGN_OR_RETURN(impl->file, OpenFile(*impl->ops, impl->folder.get(), std::string(kLogFileName),
                                        O_RDWR | O_CREAT));
  RETURN_IF_ERROR(impl->Recover());
  return AuditLog(std::move(impl));
}

Result<uint64_t> AuditLog::Append(const Event& event) {
  const std::lock_guard lock(impl_->mutex);
  return impl_->AppendLocked(event);
}

Head AuditLog::head() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->head;
}

const std::string& AuditLog::path() const { return impl_->path; }

uint64_t AuditLog::recovered_bytes() const { return impl_->recovered_bytes; }

}  // namespace weir::audit
