#pragma once
// Event streams read as the standard's text says, the whole stream at once and slowly: the judge of
// SseParser.

#include <string>
#include <string_view>
#include <vector>

#include "net/sse.h"

namespace weir::net {

struct NaiveStream {
  std::vector<SseEvent> events;
  std::string last_event_id;
  std::optional<std::chrono::milliseconds> retry;
};

NaiveStream ReadSseNaively(std::string text);

}  // namespace weir::net
