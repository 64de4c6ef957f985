#pragma once
// Reading and verifying an audit log without its writer. Streams the file: memory is bounded by the
// longest record. Takes no lock, so it may run beside a writer and then sees a prefix.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "audit/record.h"
#include "base/result.h"

namespace weir::audit {

struct VerifyReport {
  bool intact = false;  // every whole record is right, chained, and the anchor (if given) is met

  uint64_t n_records = 0;  // good ones from the start
  Head head;  // last good record. Keep it elsewhere: without it, a cut tail is invisible

  // The first bad record when not intact.
  uint64_t bad_line = 0;    // 1-based; 0: none
  uint64_t bad_offset = 0;  // of its first byte in the file
  std::string problem;      // a sentence: what is wrong with it

  uint64_t torn_bytes = 0;   // after the last newline: a record being written, or one cut off
  uint64_t n_time_back = 0;  // records whose time is before that of their predecessor
  std::vector<uint64_t>
      unfinished;  // seq of intents without an outcome, at most 1000: effect unknown
};

// `path`: the log file or its folder. `anchor`: a head kept from earlier, which must still be in
// the log. Errors only when the file can not be read; a damaged log is a report, not an error.
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
