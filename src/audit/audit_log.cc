#include "audit/audit_log.h"

#include <fcntl.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "audit/anchor.h"
#include "audit/log_file.h"
#include "audit/log_lock.h"
#include "audit/recovery.h"
#include "audit/sealer.h"
#include "base/check.h"
#include "base/log.h"
#include "platform/files.h"

namespace weir::audit {
namespace {

constexpr int kFormat = 1;  // what a log starts with; sealing_started says 2
// A batch is read again as a whole after a restart, so large records close it earlier.
constexpr int64_t kMaxBatchBytes = 16 << 20;
// More than many waiting writers put into one sync.
constexpr int64_t kRewrittenBytes = 1 << 20;

std::string BootId() {
  const Result<std::string> id = platform::ReadFile("/proc/sys/kernel/random/boot_id", 100);
  if (!id) return "unknown";
  return id->substr(0, id->find('\n'));
}

}  // namespace

// Writers put their lines into `pending`, in the order of their seqs. Whoever finds nobody writing
// writes all of them with one sync, and the others wait for that.
struct AuditLog::Impl {
  using Lock = std::unique_lock<std::mutex>;

  // What has to follow once a seal (or, without sealing, the last of many records) is durable.
  struct Milestone {
    std::optional<SealingState> next_key;  // to take the place of the one beside the log
    Head head;                             // to be anchored
  };

  ~Impl();

  // Fixed when Open is done.
  platform::FileOps* ops = nullptr;
  const Clock* clock = nullptr;
  PayloadSink* payloads = nullptr;
  uint64_t seal_every = 1;
  std::string path;
  std::string boot;
  UniqueFd folder, lock_file, file;
  uint64_t recovered_bytes = 0;
  bool is_open = false;

  // Touched by one thread at a time: whoever works on the milestone.
  std::optional<AnchorFile> anchor;

  // Guards everything below. Not held during I/O, but for StartSealing.
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::optional<Error> failure;

  Head head;         // the last durable record
  int64_t size = 0;  // bytes that are durable
  bool is_writing = false;

  Head last;            // the last record with a line
  int64_t end = 0;      // where the next line is going to start
  std::string pending;  // lines that nobody writes yet

  std::optional<Sealer> sealer;
  uint64_t n_since_milestone = 0;    // records, seals not counted
  int64_t milestone_end = 0;         // `end` at the last milestone
  bool is_milestone_open = false;    // planned and not finished
  std::optional<Milestone> planned;  // for whoever writes next

  Status Recover();
  Status RecoverTorn(const LogTail& tail);
  Result<std::optional<SealingKey>> ResumeSealing();
  Status ResumeAnchor();
  Status BeginSealing(const SealingKey& key, const Event& event);

  Result<uint64_t> Append(const Event& event);
  Result<uint64_t> Enqueue(const Event& event, std::string_view event_text);
  Status PlanMilestone();
  Status WaitUntilDurable(Lock& lock, uint64_t seq);
  Status WritePending(Lock& lock);
  Status WriteLines(int64_t offset, std::string_view lines);
  Status FinishMilestone(Lock& lock, const Milestone& milestone);
  Status SealNow(Lock& lock);
  Status Close();
  tl::unexpected<Error> Refusal() const;
};

tl::unexpected<Error> AuditLog::Impl::Refusal() const {
  return MakeError(ErrorCode::kUnavailable,
                   "the audit log takes no more records after an error ({}); start again once "
                   "the cause is gone",
                   failure->message);
}

// ---- appending ----

Result<uint64_t> AuditLog::Impl::Append(const Event& event) {
  // Most of the work of formatting needs no lock.
  ASSIGN_OR_RETURN(const std::string event_text, FormatEvent(event));
  Lock lock(mutex);
  if (failure) return Refusal();
  ASSIGN_OR_RETURN(const uint64_t seq, Enqueue(event, event_text));
  const bool is_full = n_since_milestone >= seal_every || end - milestone_end >= kMaxBatchBytes;
  if (is_full && (sealer || anchor) && !is_milestone_open) RETURN_IF_ERROR(PlanMilestone());
  RETURN_IF_ERROR(WaitUntilDurable(lock, seq));
  return seq;
}

// Gives the event its place in the chain, behind the lines that wait to be written.
Result<uint64_t> AuditLog::Impl::Enqueue(const Event& event, std::string_view event_text) {
  Record record;
  record.seq = last.seq + 1;
  record.time_us = clock->UnixMicros();
  record.boot = boot;
  record.prev = last.hash;
  ASSIGN_OR_RETURN(const std::string line, FormatRecord(record, event_text));
  if (sealer) sealer->Add(record);
  if (event.kind != EventKind::kSeal) ++n_since_milestone;
  last = {record.seq, record.hash};
  end += static_cast<int64_t>(line.size());
  pending += line;
  return record.seq;
}

// Puts a seal behind the lines that wait, where the log is sealed, and plans what follows it.
Status AuditLog::Impl::PlanMilestone() {
  Milestone milestone;
  if (sealer) {
    const Event seal = sealer->NextSeal();
    sealer->StartBatch(last.seq + 1, end);
    milestone.next_key = sealer->state();
    const Result<std::string> text = FormatEvent(seal);
    const Result<uint64_t> seq = text ? Enqueue(seal, *text) : MakeError(text.error());
    if (!seq) {
      failure = seq.error();
      return MakeError(seq.error());
    }
  }
  milestone.head = last;
  planned = std::move(milestone);
  is_milestone_open = true;
  n_since_milestone = 0;
  milestone_end = end;
  return {};
}

Status AuditLog::Impl::WaitUntilDurable(Lock& lock, uint64_t seq) {
  while (head.seq < seq) {
    if (failure) return MakeError(*failure);
    if (is_writing) {
      changed.wait(lock);
    } else {
      RETURN_IF_ERROR(WritePending(lock));
    }
  }
  return {};
}

// Writes what waits, for everybody. What a milestone asks for is done afterwards, while others may
// write already.
Status AuditLog::Impl::WritePending(Lock& lock) {
  is_writing = true;
  const std::string lines = std::exchange(pending, {});
  const std::optional<Milestone> milestone = std::exchange(planned, std::nullopt);
  const Head written_head = last;
  const int64_t offset = size;
  lock.unlock();
  Status written = WriteLines(offset, lines);
  lock.lock();
  is_writing = false;
  if (written) {
    head = written_head;
    size = offset + static_cast<int64_t>(lines.size());
  } else {
    failure = written.error();
  }
  changed.notify_all();
  if (!written || !milestone) return written;
  return FinishMilestone(lock, *milestone);
}

// Writes the lines at the end and makes them durable. On an error the log is over: what is on the
// disk then is not known (after a failed fsync not even reading tells), so it is cut back as well
// as possible and left to the next Open.
Status AuditLog::Impl::WriteLines(int64_t offset, std::string_view lines) {
  if (lines.empty()) return {};
  const int64_t found = ops->Size(file.get());
  if (found < 0) return FileError(kLogFileName, "measuring");
  if (found != offset) {
    return MakeError(ErrorCode::kCorruptData,
                     "the audit log has {} bytes and should have {}: somebody else changed it; "
                     "verify it",
                     found, offset);
  }
  Status written = WriteRange(*ops, file.get(), offset, lines);
  if (written && ops->SyncData(file.get()) != 0) written = FileError(kLogFileName, "syncing");
  if (!written) {
    if (ops->Truncate(file.get(), offset) == 0) (void)ops->SyncData(file.get());
  }
  return written;
}

Status AuditLog::Impl::FinishMilestone(Lock& lock, const Milestone& milestone) {
  lock.unlock();
  Status done;
  if (milestone.next_key) done = StoreSealingState(*ops, folder.get(), *milestone.next_key);
  if (done && anchor) done = anchor->Append(milestone.head);
  lock.lock();
  is_milestone_open = false;
  if (!done && !failure) failure = done.error();
  changed.notify_all();
  return done;
}

// ---- sealing ----

Status AuditLog::Impl::SealNow(Lock& lock) {
  changed.wait(lock, [this] { return failure || !is_milestone_open; });
  if (failure) return Refusal();
  if (n_since_milestone == 0 || (!sealer && !anchor)) return {};
  RETURN_IF_ERROR(PlanMilestone());
  while (is_milestone_open && !failure) {
    if (is_writing || !planned) {
      changed.wait(lock);
    } else {
      RETURN_IF_ERROR(WritePending(lock));
    }
  }
  if (failure) return MakeError(*failure);
  return {};
}

// The key is beside the log before the record that speaks of it; a crash between the two is made
// good by Recover.
Status AuditLog::Impl::BeginSealing(const SealingKey& key, const Event& event) {
  Lock lock(mutex);
  changed.wait(
      lock, [this] { return failure || (!is_writing && pending.empty() && !is_milestone_open); });
  if (failure) return Refusal();
  if (sealer) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "the audit log '{}' is sealed already, and a log has one key; move its folder "
                     "away to start a new one",
                     path);
  }
  ASSIGN_OR_RETURN(const std::string event_text, FormatEvent(event));
  const SealingState state{key, last.seq + 1, end};
  if (const Status stored = StoreSealingState(*ops, folder.get(), state); !stored) {
    failure = stored.error();
    return stored;
  }
  sealer.emplace(state);
  milestone_end = end;
  ASSIGN_OR_RETURN(const uint64_t seq, Enqueue(event, event_text));
  return WaitUntilDurable(lock, seq);
}

// ---- opening and closing ----

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
  return Append(TornTailEvent(seq, torn)).map([](uint64_t) {});
}

// Takes the batch up again that the key beside the log is going to seal. Returns the key when
// sealing was about to start, and its first record did not come to be written.
Result<std::optional<SealingKey>> AuditLog::Impl::ResumeSealing() {
  ASSIGN_OR_RETURN(std::optional<SealingState> state, LoadSealingState(*ops, folder.get()));
  if (!state) {
    ASSIGN_OR_RETURN(const bool is_sealed, EndIsSealed(*ops, file.get(), size));
    if (!is_sealed) return std::nullopt;
    return MakeError(ErrorCode::kCorruptData,
                     "the audit log '{}' is sealed, but its key '{}' is missing; verify the log, "
                     "and move its folder away to start a new one",
                     path, kSealingKeyName);
  }
  const uint64_t stored_epoch = state->key.epoch();
  ASSIGN_OR_RETURN(Sealer resumed, Sealer::Resume(*ops, file.get(), size, std::move(*state)));
  if (resumed.empty()) return std::optional<SealingKey>(resumed.state().key);
  if (resumed.state().key.epoch() != stored_epoch) {
    RETURN_IF_ERROR(StoreSealingState(*ops, folder.get(), resumed.state()));
  }
  n_since_milestone = resumed.n_unsealed();
  milestone_end = resumed.state().offset;
  sealer = std::move(resumed);
  return std::nullopt;
}

// What was anchored last must still be in the log. Whether an older head is the same is for Verify,
// which reads everything.
Status AuditLog::Impl::ResumeAnchor() {
  if (!anchor || !anchor->last()) return {};
  const Head& anchored = *anchor->last();
  if (anchored.seq > head.seq || (anchored.seq == head.seq && anchored.hash != head.hash)) {
    return MakeError(ErrorCode::kCorruptData,
                     "the audit log '{}' ends with record {}, but its anchor is record {} with "
                     "hash {}: its end was cut off or replaced, or the anchor is that of another "
                     "log; verify it, and move its folder away to start a new one",
                     path, head.seq, anchored.seq, anchored.hash);
  }
  return {};
}

Status AuditLog::Impl::Recover() {
  ASSIGN_OR_RETURN(const LogTail tail, ReadTail(*ops, file.get()));
  head = last = tail.head;
  size = end = milestone_end = tail.good_size();
  // The last records may have been written by somebody whose fsync failed; then the kernel believes
  // them clean although the disk does not have them. Writing them once more makes them dirty again.
  if (!tail.line.empty()) {
    const int64_t begin = std::min(tail.line_offset, std::max<int64_t>(0, size - kRewrittenBytes));
    ASSIGN_OR_RETURN(const std::string bytes,
                     ReadRange(*ops, file.get(), begin, static_cast<size_t>(size - begin)));
    RETURN_IF_ERROR(WriteRange(*ops, file.get(), begin, bytes));
  }
  if (ops->SyncData(file.get()) != 0) return FileError(kLogFileName, "syncing");
  RETURN_IF_ERROR(ResumeAnchor());
  ASSIGN_OR_RETURN(const std::optional<SealingKey> unused_key, ResumeSealing());
  RETURN_IF_ERROR(RecoverTorn(tail));
  if (head.seq == 0) {
    if (ops->Sync(folder.get()) != 0) return FileError("folder", "syncing");
    RETURN_IF_ERROR(Append(MakeEvent(EventKind::kLogStarted, "", "", {{"format", kFormat}})));
  }
  if (unused_key) {
    const Event event = MakeSealingStarted(VerificationKey{unused_key->bytes()});
    RETURN_IF_ERROR(BeginSealing(*unused_key, event));
  }
  return anchor ? anchor->Append(head) : Status();
}

Status AuditLog::Impl::Close() {
  Lock lock(mutex);
  if (!is_open) return {};
  is_open = false;
  // Whoever appended was told of an earlier error.
  Status sealed = failure ? Status() : SealNow(lock);
  if (!failure) failure = Error{ErrorCode::kUnavailable, "it was closed"};
  file.reset();
  lock_file.reset();
  folder.reset();
  return sealed;
}

AuditLog::Impl::~Impl() {
  if (const Status closed = Close(); !closed) {
    Log(LogLevel::kError,
        fmt::format("audit log could not be sealed at its end: {}", closed.error().message));
  }
}

AuditLog::AuditLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AuditLog::AuditLog(AuditLog&&) noexcept = default;
AuditLog& AuditLog::operator=(AuditLog&&) noexcept = default;
AuditLog::~AuditLog() = default;

Result<AuditLog> AuditLog::Open(const std::string& folder, const Clock& clock,
                                const AuditOptions& options) {
  CHECK(options.seal_every >= 1);
  RETURN_IF_ERROR(platform::EnsurePrivateFolder(folder));
  auto impl = std::make_unique<Impl>();
  impl->ops = options.ops != nullptr ? options.ops : &platform::SystemFileOps();
  impl->clock = &clock;
  impl->payloads = options.payloads;
  impl->seal_every = options.seal_every;
  impl->path = fmt::format("{}/{}", folder, kLogFileName);
  impl->boot = BootId();
  impl->folder =
      UniqueFd(impl->ops->OpenAt(AT_FDCWD, folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0));
  if (!impl->folder.valid()) return FileError(folder, "opening folder");
  ASSIGN_OR_RETURN(impl->lock_file,
                   TakeLogLock(*impl->ops, impl->folder.get(), folder, options.lock_wait_ms));
  if (!options.anchor_path.empty()) {
    ASSIGN_OR_RETURN(impl->anchor, AnchorFile::Open(*impl->ops, options.anchor_path));
  }
  ASSIGN_OR_RETURN(impl->file, OpenFile(*impl->ops, impl->folder.get(), std::string(kLogFileName),
                                        O_RDWR | O_CREAT));
  RETURN_IF_ERROR(impl->Recover());
  impl->is_open = true;
  return AuditLog(std::move(impl));
}

Result<uint64_t> AuditLog::Append(const Event& event) {
  if (IsWrittenByTheLog(event.kind)) {
    return MakeError(ErrorCode::kInvalidArgument, "only the audit log itself writes a {} event",
                     EventKindName(event.kind));
  }
  if (impl_->payloads == nullptr) return impl_->Append(event);
  ASSIGN_OR_RETURN(const Event clean, WithoutPayloads(event, *impl_->payloads));
  return impl_->Append(clean);
}

Status AuditLog::StartSealing(const VerificationKey& key) {
  return impl_->BeginSealing(SealingKey(key), MakeSealingStarted(key));
}

Status AuditLog::Seal() {
  Impl::Lock lock(impl_->mutex);
  return impl_->SealNow(lock);
}

Status AuditLog::Close() { return impl_->Close(); }

Head AuditLog::head() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->head;
}

bool AuditLog::is_sealed() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->sealer.has_value();
}

const std::string& AuditLog::path() const { return impl_->path; }

uint64_t AuditLog::recovered_bytes() const { return impl_->recovered_bytes; }

}  // namespace weir::audit
