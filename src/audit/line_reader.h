#pragma once
// The lines of a log, one after the other, in memory bounded by the longest. One thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::audit {

class LineReader {
 public:
  // `path`: the log file or its folder.
  static Result<LineReader> Open(const std::string& path);

  // The next whole line without its newline, valid until the next call; nothing at the end. Error
  // kCorruptData for a line that is too long; otherwise what the system said.
  Result<std::optional<std::string_view>> Next();

  uint64_t line() const { return line_; }              // 1-based number of the line last read
  uint64_t offset() const { return offset_; }          // where that line starts, bytes
  uint64_t end() const { return next_offset_; }        // where the line after it starts
  uint64_t torn_bytes() const { return torn_bytes_; }  // at the end: bytes after the last newline

 private:
  LineReader(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  Result<bool> Fill();
  void Advance(size_t n_bytes);

  std::string path_;
  UniqueFd fd_;
  std::string buffer_;  // read, not yet returned
  size_t begin_ = 0;    // of the next line in the buffer

  uint64_t line_ = 0;
  uint64_t offset_ = 0;
  uint64_t next_offset_ = 0;
  uint64_t torn_bytes_ = 0;
};

}  // namespace weir::audit
