#pragma once
// One line of the audit log and its two directions. docs/formats/audit_log.md is the grammar.

#include <cstdint>
#include <string>
#include <string_view>

#include "audit/event.h"
#include "base/result.h"

namespace weir::audit {

// Longest line of a log, newline included.
inline constexpr size_t kMaxRecordBytes = 20u << 20;
// The name of the log inside its folder.
inline constexpr std::string_view kLogFileName = "log.jsonl";
// `prev` of the first record.
inline constexpr std::string_view kNoPrevious =
    "0000000000000000000000000000000000000000000000000000000000000000";

struct Record {
  uint64_t seq = 0;     // 1, 2, 3, ...
  int64_t time_us = 0;  // wall time, microseconds since 1970-01-01 UTC
  std::string boot;     // the kernel's boot id
  std::string prev;     // hash of the record before
  Event event;
  std::string hash;  // SHA-256 (hex) over the line's bytes before `,"hash":`
};

// A place in the chain: enough to notice later that something before it was changed or cut off.
struct Head {
  uint64_t seq = 0;  // 0: empty log
  std::string hash{kNoPrevious};

  bool operator==(const Head&) const = default;
};

// The part of a line that the event decides: `"kind":...,"data":{...}`. Error kInvalidArgument
// (CheckEvent, no canonical form).
Result<std::string> FormatEvent(const Event& event);

// The line with its newline, from the record's members and what FormatEvent made of its event;
// fills record.hash. Errors: kInvalidArgument, kResourceExhausted when longer than kMaxRecordBytes.
Result<std::string> FormatRecord(Record& record, std::string_view event_text);
// Both in one.
Result<std::string> FormatRecord(Record& record);

// Reads a line without its newline. Checks its own hash and that it is in the one form that a
// record can have, not the chain. Error kCorruptData.
Result<Record> ParseRecord(std::string_view line);

}  // namespace weir::audit
