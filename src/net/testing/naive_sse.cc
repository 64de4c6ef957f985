#include "net/testing/naive_sse.h"

#include <algorithm>

namespace weir::net {
namespace {

void ReplaceAll(std::string_view from, std::string_view to, std::string* text) {
  for (size_t at = 0; (at = text->find(from, at)) != std::string::npos; at += to.size())
    text->replace(at, from.size(), to);
}

// Every line that has an end, without it.
std::vector<std::string> LinesOf(std::string text) {
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
  ReplaceAll("\r\n", "\n", &text);
  ReplaceAll("\r", "\n", &text);
  std::vector<std::string> lines;
  while (text.find('\n') != std::string::npos) {
    lines.push_back(text.substr(0, text.find('\n')));
    text.erase(0, text.find('\n') + 1);
  }
  return lines;
}

struct Field {
  std::string name;
  std::string value;
};

Field FieldOf(const std::string& line) {
  const size_t colon = line.find(':');
  if (colon == std::string::npos) return {line, ""};
  std::string value = line.substr(colon + 1);
  if (!value.empty() && value[0] == ' ') value.erase(0, 1);
  return {line.substr(0, colon), value};
}

bool IsRetry(const std::string& value) {
  return !value.empty() && value.find_first_not_of("0123456789") == std::string::npos;
}

std::chrono::milliseconds RetryOf(const std::string& value) {
  const std::string digits = value.substr(std::min(value.find_first_not_of('0'), value.size()));
  const int64_t day_ms = 24 * 60 * 60 * 1000;
  if (digits.size() > 9) return std::chrono::milliseconds(day_ms);
  return std::chrono::milliseconds(std::min<int64_t>(std::stoll("0" + digits), day_ms));
}

}  // namespace

NaiveStream ReadSseNaively(std::string text) {
  NaiveStream stream;
  std::string data_buffer;  // as the standard has it: every data field adds its value and a LF
  SseEvent event{.event = ""};
  for (const std::string& line : LinesOf(std::move(text))) {
    if (line.empty()) {
      if (!data_buffer.empty()) {
        event.data = data_buffer.substr(0, data_buffer.size() - 1);
        event.id = stream.last_event_id;
        if (event.event.empty()) event.event = "message";
        stream.events.push_back(event);
      }
      data_buffer.clear();
      event = SseEvent{.event = ""};
      continue;
    }
    const Field field = FieldOf(line);
    if (field.name == "data") data_buffer += field.value + "\n";
    if (field.name == "event") event.event = field.value;
    if (field.name == "id" && field.value.find('\0') == std::string::npos)
      stream.last_event_id = field.value;
    if (field.name == "retry" && IsRetry(field.value))
      stream.retry = event.retry = RetryOf(field.value);
  }
  return stream;
}

}  // namespace weir::net
