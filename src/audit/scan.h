#pragma once
// A fast reader of the lines that a log mostly consists of. ParseRecord decides what a record is;
// this one knows only its plain cases, and is several times as fast because it builds no tree.

#include <cstdint>
#include <optional>
#include <string_view>

#include "audit/event.h"
#include "base/crypto.h"

namespace weir::audit {

// What verification needs of a record. Borrows from the line.
struct RecordView {
  uint64_t seq = 0;
  int64_t time_us = 0;
  std::string_view boot;
  std::string_view prev;
  std::string_view hash;
  Sha256Digest digest{};  // the bytes of `hash`
  EventKind kind = EventKind::kNotice;
  std::optional<uint64_t> intent;  // the member of that name in data, when it is a whole number
};

// Reads a line without its newline. Where it returns a view, ParseRecord accepts the line and says
// the same. Nothing for a line that is wrong or out of the ordinary (escapes in a key, a fraction,
// deep nesting): ask ParseRecord. Pure; any thread.
std::optional<RecordView> ScanRecord(std::string_view line);

}  // namespace weir::audit
