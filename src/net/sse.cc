#include "net/sse.h"

#include <algorithm>

namespace weir::net {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// Digits only; what is too large for a day counts as one day.
std::optional<std::chrono::milliseconds> ParseRetry(std::string_view value) {
  constexpr std::chrono::milliseconds kLongest = std::chrono::hours(24);
  if (value.empty()) return std::nullopt;
  std::chrono::milliseconds time{0};
  for (const char c : value) {
    if (c < '0' || c > '9') return std::nullopt;
    time = std::min(time * 10 + std::chrono::milliseconds(c - '0'), kLongest);
  }
  return time;
}

void AppendField(std::string_view name, std::string_view value, std::string* text) {
  *text += name;
  *text += ": ";
  std::ranges::copy_if(value, std::back_inserter(*text),
                       [](char c) { return c != '\r' && c != '\n' && c != '\0'; });
  *text += '\n';
}

}  // namespace

Status SseParser::Push(std::string_view bytes, std::vector<SseEvent>* events) {
  if (!broken_) return broken_;
  while (!bytes.empty()) {
    if (skips_lf_ && bytes.front() == '\n') bytes.remove_prefix(1);
    skips_lf_ = false;
    const size_t end = bytes.find_first_of("\r\n");
    line_ += bytes.substr(0, end);
    if (end == std::string_view::npos) {
      bytes = {};
    } else {
      skips_lf_ = bytes[end] == '\r';
      bytes.remove_prefix(end + 1);
    }
    broken_ = CheckSizes();
    if (!broken_) return broken_;
    if (end == std::string_view::npos) break;
    TakeLine(line_, events);
    line_.clear();
  }
  return {};
}

Status SseParser::CheckSizes() const {
  if (line_.size() > limits_.max_line_bytes)
    return MakeError(ErrorCode::kResourceExhausted,
                     "a line of an event stream has more than {} bytes", limits_.max_line_bytes);
  if (current_.data.size() + line_.size() > limits_.max_data_bytes + sizeof("data: "))
    return MakeError(ErrorCode::kResourceExhausted,
                     "an event of an event stream has more than {} bytes", limits_.max_data_bytes);
  return {};
}

void SseParser::TakeLine(std::string_view line, std::vector<SseEvent>* events) {
  if (at_start_ && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  at_start_ = false;
  if (line.empty()) return Dispatch(events);
  const size_t colon = line.find(':');
  if (colon == 0) return;  // a comment
  if (colon == std::string_view::npos) return TakeField(line, "");
  std::string_view value = line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  TakeField(line.substr(0, colon), value);
}

void SseParser::TakeField(std::string_view name, std::string_view value) {
  if (name == "data") {
    if (has_data_) current_.data += '\n';
    current_.data += value;
    has_data_ = true;
  } else if (name == "event") {
    current_.event = value;
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) last_event_id_ = value;
  } else if (name == "retry") {
    if (const auto time = ParseRetry(value)) retry_ = current_.retry = time;
  }
}

void SseParser::Dispatch(std::vector<SseEvent>* events) {
  if (has_data_) {
    if (current_.event.empty()) current_.event = "message";
    current_.id = last_event_id_;
    events->push_back(std::move(current_));
  }
  current_ = SseEvent{};
  has_data_ = false;
}

std::string SseText(const SseEvent& event) {
  std::string text;
  if (!event.event.empty() && event.event != "message") AppendField("event", event.event, &text);
  if (!event.id.empty()) AppendField("id", event.id, &text);
  if (event.retry) AppendField("retry", std::to_string(event.retry->count()), &text);
  for (size_t at = 0; at <= event.data.size();) {
    const size_t end = std::min(event.data.find_first_of("\r\n", at), event.data.size());
    text.append("data: ").append(event.data, at, end - at).append("\n");
    const bool is_crlf = std::string_view(event.data).substr(end).starts_with("\r\n");
    at = end + (is_crlf ? 2 : 1);
  }
  return text += '\n';
}

}  // namespace weir::net
