#pragma once
// Reading and verifying an audit log without its writer. Streams the file: memory is bounded by the
// longest record. Takes no lock, so it may run beside a writer and then sees a prefix. Any thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "audit/record.h"
#include "audit/seal.h"
#include "base/result.h"

namespace weir::audit {

struct VerifyOptions {
  std::vector<Head> anchors = {};  // heads kept from earlier, which must still be in the log
  std::optional<VerificationKey> key = {};  // checks who made the seals
};

// The wall clock was set back: this record is older than an earlier one.
struct ClockBack {
  uint64_t seq = 0;
  int64_t back_us = 0;     // behind the newest record before it
  bool same_boot = false;  // that one was written since the machine started last
};

struct VerifyReport {
  // Every whole record is right, chained and, where it was sealed, under a right seal; every anchor
  // is met; the end fits the sealing key beside the log.
  bool intact = false;

  uint64_t n_records = 0;  // good ones from the start
  Head head;  // last good record. Keep it elsewhere: without it, a cut tail is invisible

  // The first bad record when not intact; the line behind the last one when the end is missing.
  uint64_t bad_line = 0;    // 1-based; 0: none
  uint64_t bad_offset = 0;  // of its first byte in the file
  std::string problem;      // a sentence: what is wrong with it

  uint64_t sealed_from = 0;  // seq of sealing_started; 0: the log is not sealed
  uint64_t sealed_to = 0;    // last record under a seal; 0: none
  uint64_t n_seals = 0;

  uint64_t torn_bytes = 0;   // after the last newline: a record being written, or one cut off
  uint64_t n_time_back = 0;  // records whose time is before that of their predecessor
  // The first record whose time is more than kClockSlackUs before that of an earlier one. It does
  // not make the log less intact: clocks are set.
  std::optional<ClockBack> clock_back;
  // seq of intents without an outcome, at most 1000: effect unknown
  std::vector<uint64_t> unfinished;

  // A sentence for everything that this verification could not tell, and what would.
  std::vector<std::string> not_checked;
};

// Steps of a clock that is being corrected are no finding.
inline constexpr int64_t kClockSlackUs = 1'000'000;

// `path`: the log file or its folder; only with the folder the sealing key in it is looked at.
// Errors only when a file can not be read; a damaged log is a report, not an error.
Result<VerifyReport> Verify(const std::string& path, const VerifyOptions& options);
// With at most one anchor and no key.
Result<VerifyReport> Verify(const std::string& path, const std::optional<Head>& anchor = {});

// The records of a log in order, each with its own hash checked, the chain not. One thread.
class RecordReader {
 public:
  // `path`: the log file or its folder.
  static Result<RecordReader> Open(const std::string& path);
  RecordReader(RecordReader&&) noexcept;
  RecordReader& operator=(RecordReader&&) noexcept;
  ~RecordReader();

  // The next record, or nothing at the end (a torn tail is the end). Error kCorruptData naming the
  // line; the reader is at its end then.
  Result<std::optional<Record>> Next();

  uint64_t line() const;        // 1-based number of the line last read
  uint64_t offset() const;      // where that line starts, bytes
  uint64_t torn_bytes() const;  // at the end: bytes after the last newline

 private:
  struct Impl;
  explicit RecordReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::audit
