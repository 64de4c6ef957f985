#pragma once
// What the end of a log says after its writer may have been killed or the machine may have lost
// power.
//
// A record was acknowledged only after fdatasync, so whatever is not a whole record at the end was
// never acknowledged: bytes after the last newline, or lines with NUL bytes in them (pages that
// were never written). That is the torn tail. A last line that is neither, and still no good
// record, was changed by somebody and is not touched.

#include <cstdint>
#include <optional>
#include <string>

#include "audit/record.h"
#include "base/result.h"
#include "platform/file_ops.h"

namespace weir::audit {

struct LogTail {
  Head head;                // the last good record
  int64_t line_offset = 0;  // where its line starts
  std::string line;         // its bytes with the newline; empty for an empty log
  std::string torn;         // what follows it

  int64_t good_size() const { return line_offset + static_cast<int64_t>(line.size()); }
};

// Reads as much of the end as it takes, at most two records' worth. Error kCorruptData when the
// last record is damaged.
Result<LogTail> ReadTail(platform::FileOps& ops, int fd);

// The file that keeps a torn tail which record `seq` tells of.
std::string TornFileName(uint64_t seq);

// What is kept in that file already; nothing when there is none.
Result<std::optional<std::string>> ReadTorn(platform::FileOps& ops, int folder_fd, uint64_t seq);

// Keeps `bytes` in that file, durably, behind what an earlier attempt kept there. Returns all of
// it.
Result<std::string> KeepTorn(platform::FileOps& ops, int folder_fd, uint64_t seq,
                             const std::string& bytes);

// The event about a kept tail.
Event TornTailEvent(uint64_t seq, std::string_view bytes);

}  // namespace weir::audit
