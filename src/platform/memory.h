#pragma once
// How much memory this process may still take without the machine swapping or the system ending it.

#include <cstdint>
#include <string>

#include "base/result.h"

namespace weir::platform {

// Bytes: MemAvailable of /proc/meminfo, or what is left of a cgroup's memory.max, its file cache
// not counted as taken, where that is less. `root` stands before the paths of /proc and /sys; tests
// use it. Error kUnavailable where the system does not say. Any thread.
Result<uint64_t> AvailableMemory(const std::string& root = {});

}  // namespace weir::platform
