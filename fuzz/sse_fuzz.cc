// Any bytes as an event stream: the same events as the judge finds, however the bytes are cut, and
// writing an event and reading it back gives the event.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "net/sse.h"
#include "net/testing/naive_sse.h"

namespace {

using weir::net::SseEvent;
using weir::net::SseParser;

std::vector<SseEvent> ReadInSteps(std::string_view text, size_t step, std::string* last_event_id) {
  SseParser parser;
  std::vector<SseEvent> events;
  for (size_t at = 0; at < text.size(); at += step)
    CHECK(parser.Push(text.substr(at, step), &events).has_value());
  *last_event_id = parser.last_event_id();
  return events;
}

// SseText leaves a NUL in the name of an event out.
bool IsPlain(const SseEvent& event) { return event.event.find('\0') == std::string::npos; }

}  // namespace

// The first byte is the size of the pieces, the rest is the stream.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const weir::net::NaiveStream expected = weir::net::ReadSseNaively(std::string(text));
  for (const size_t step : {size_t{1}, size_t{1} + data[0], size}) {
    std::string last_event_id;
    CHECK(ReadInSteps(text, step, &last_event_id) == expected.events);
    CHECK(last_event_id == expected.last_event_id);
  }
  for (const SseEvent& event : expected.events) {
    std::string last_event_id;
    if (IsPlain(event))
      CHECK(ReadInSteps(weir::net::SseText(event), 4096, &last_event_id) ==
            std::vector<SseEvent>{event});
  }
  // A parser with small limits may end early, but with nothing that is not in the stream.
  SseParser bounded({.max_line_bytes = 16, .max_data_bytes = 32});
  std::vector<SseEvent> events;
  (void)bounded.Push(text, &events).has_value();
  CHECK(events.size() <= expected.events.size());
  return 0;
}
