#pragma once
// Sleeping without holding up a stop. Any thread.

#include <chrono>
#include <stop_token>

namespace weir {

// True when the time has passed, false on a stop.
bool PauseFor(std::chrono::microseconds time, const std::stop_token& stop);

}  // namespace weir
