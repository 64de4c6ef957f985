#pragma once
// The append-only, hash-chained audit log of one state folder. docs/formats/audit_log.md.
//
// Append returns only after the record is on the disk, so a caller that records its intent first
// can be killed at any moment without an effect that is not in the log. After any error the log
// refuses further records until it is opened anew, which makes it consistent again: whole records
// stay, a torn tail is moved to a file of its own and recorded.

#include <cstdint>
#include <memory>
#include <string>

#include "audit/event.h"
#include "audit/file_ops.h"
#include "audit/record.h"
#include "base/clock.h"
#include "base/result.h"

namespace weir::audit {

struct AuditOptions {
  int64_t lock_wait_ms = 0;  // how long to wait for another process to let go of the log
  FileOps* ops = nullptr;    // for tests; null: SystemFileOps(). Outlives the log
};

class AuditLog {
 public:
  // Opens the log in `folder` (made when missing) for writing; at most one process or object can.
  // `clock` outlives the log. Errors: kUnavailable when another process holds it (the message names
  // its process id where known); kCorruptData when its last record is damaged (see Verify);
  // otherwise what the system said.
  static Result<AuditLog> Open(const std::string& folder, const Clock& clock,
                               const AuditOptions& options = {});

  AuditLog(AuditLog&&) noexcept;
  AuditLog& operator=(AuditLog&&) noexcept;
  ~AuditLog();

  // Appends one record and waits until it is durable; returns its seq. Errors: kInvalidArgument for
  // an event that CheckEvent refuses or kResourceExhausted for one beyond kMaxRecordBytes (the log
  // stays usable), or any error of the system, after which every Append returns kUnavailable. A
  // record whose Append failed may or may not be in the log after the next Open. Any thread.
  Result<uint64_t> Append(const Event& event);

  // The last durable record: an anchor for Verify. Any thread.
  Head head() const;
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
