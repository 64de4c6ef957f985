#pragma once
// The append-only, hash-chained audit log of one state folder. docs/formats/audit_log.md.
//
// Append returns only after the record is on the disk, so a caller that records its intent first
// can be killed at any moment without an effect that is not in the log. Calls that come at the same
// time share one sync: the first of them writes for all that wait. After any error the log refuses
// further records until it is opened anew, which makes it consistent again: whole records stay, a
// torn tail is moved to a file of its own and recorded.
//
// Once sealing was started, every so many records and at the end the log seals itself (seal.h).

#include <cstdint>
#include <memory>
#include <string>

#include "audit/event.h"
#include "audit/payload.h"
#include "audit/record.h"
#include "audit/seal.h"
#include "base/clock.h"
#include "base/result.h"
#include "platform/file_ops.h"

namespace weir::audit {

struct AuditOptions {
  int64_t lock_wait_ms = 0;          // how long to wait for another process to let go of the log
  platform::FileOps* ops = nullptr;  // for tests; null: SystemFileOps(). Outlives the log
  // Where heads are kept beyond the reach of who writes the log: appended when the log is opened,
  // with every seal (or as often, where the log is not sealed) and at the end. The file must be
  // there, see anchor.h. Empty: nowhere.
  std::string anchor_path = {};
  // Where contents go that the log itself must not hold; outlives the log. Null: arguments stand in
  // the log as they are. See payload.h.
  PayloadSink* payloads = nullptr;
  uint64_t seal_every = 256;  // records; at least 1
};

class AuditLog {
 public:
  // Opens the log in `folder` (made when missing) for writing; at most one process or object can.
  // `clock` outlives the log. Errors: kUnavailable when another process holds it (the message names
  // its process id where known); kCorruptData when its last record is damaged (see Verify);
  // when its sealing key is missing or does not fit its end, or when the head anchored last is not
  // in it any more; any error of the anchor file; otherwise what the system said.
  static Result<AuditLog> Open(const std::string& folder, const Clock& clock,
                               const AuditOptions& options = {});

  AuditLog(AuditLog&&) noexcept;
  AuditLog& operator=(AuditLog&&) noexcept;
  ~AuditLog();

  // Appends one record and waits until it is durable; returns its seq. Errors that leave the log
  // usable: kInvalidArgument for an event that CheckEvent refuses or that only the log writes
  // itself, kResourceExhausted for one beyond kMaxRecordBytes, any error of the payload sink. After
  // any other error every Append returns kUnavailable; a record whose Append failed may or may not
  // be in the log after the next Open. Any thread.
  Result<uint64_t> Append(const Event& event);

  // From now on the log is sealed, beginning with a record that says so. The caller keeps `key`
  // elsewhere, durably, before; the folder of the log only ever holds its successors. Error
  // kInvalidArgument when the log is sealed already. Any thread.
  Status StartSealing(const VerificationKey& key);
  // Seals and anchors what was appended since the last time, where the log is sealed or has an
  // anchor. Any thread.
  Status Seal();
  // The same, then takes no more records and lets others open the log. What the destructor does,
  // which can only log an error. No other call may be under way.
  Status Close();

  // The last durable record: an anchor for Verify. Any thread.
  Head head() const;
  // Whether sealing was started. Any thread.
  bool is_sealed() const;
  // Path of the log file.
  const std::string& path() const;
  // Bytes of a torn tail that Open moved aside; 0 for none.
  uint64_t recovered_bytes() const;

 private:
  struct Impl;
  explicit AuditLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::audit
