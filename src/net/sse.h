#pragma once
// Server-sent events (WHATWG HTML, "Server-sent events"): a stream of bytes becomes events, however
// the bytes are cut, and an event becomes bytes.
//
// Text is passed on as it came: whoever parses an event's data checks its UTF-8. One thread at a
// time.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::net {

struct SseEvent {
  std::string event = "message";
  std::string data = {};
  std::string id = {};  // the last id that the stream has named so far; empty: none
  // How long to wait before connecting again, where this event names it.
  std::optional<std::chrono::milliseconds> retry = std::nullopt;

  bool operator==(const SseEvent&) const = default;
};

struct SseLimits {
  size_t max_line_bytes = 16u << 20;
  size_t max_data_bytes = 16u << 20;  // of one event
};

class SseParser {
 public:
  explicit SseParser(SseLimits limits = {}) : limits_(limits) {}

  // Appends the events that are whole now. What follows the last empty line is no event, also when
  // the stream ends. Error kResourceExhausted: a line or an event is longer than the limits, which
  // ends the parser; events before it are appended.
  Status Push(std::string_view bytes, std::vector<SseEvent>* events);

  // What the stream has named last, also outside of any event: what to send as Last-Event-ID and
  // how long to wait, when it must be asked for again.
  const std::string& last_event_id() const { return last_event_id_; }
  std::optional<std::chrono::milliseconds> retry() const { return retry_; }

 private:
  void TakeLine(std::string_view line, std::vector<SseEvent>* events);
  void TakeField(std::string_view name, std::string_view value);
  void Dispatch(std::vector<SseEvent>* events);
  Status CheckSizes() const;

  const SseLimits limits_;
  Status broken_;          // what ended the parser
  bool at_start_ = true;   // no line has ended yet
  bool skips_lf_ = false;  // the last byte was a CR that ended a line
  std::string line_;       // the beginning of the current line
  bool has_data_ = false;  // the current event has had a data field
  SseEvent current_;       // its id is not used
  std::string last_event_id_;
  std::optional<std::chrono::milliseconds> retry_;
};

// The bytes of one event, which a parser reads as that event: fields "event" (unless "message"),
// "id" and "retry" where there are any, and the data line by line. Line ends and NUL in event and
// id are left out; CR and CRLF in the data come back as LF.
std::string SseText(const SseEvent& event);

}  // namespace weir::net
