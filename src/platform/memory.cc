#include "platform/memory.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>
#include <optional>
#include <string_view>

namespace weir::platform {
namespace {

constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

// The number behind the line's first word `key`; files of the kernel have one a line.
std::optional<uint64_t> NumberAfter(const std::string& path, std::string_view key) {
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(key)) continue;
    const size_t begin = line.find_first_not_of(' ', key.size());
    if (begin == std::string::npos) continue;
    uint64_t number = 0;
    const auto read = std::from_chars(line.data() + begin, line.data() + line.size(), number);
    if (read.ec == std::errc()) return number;
  }
  return std::nullopt;
}

// What is left in one cgroup; "max" and a missing file are no limit.
uint64_t LeftIn(const std::string& folder) {
  const std::optional<uint64_t> limit = NumberAfter(folder + "/memory.max", "");
  if (!limit) return kNoLimit;
  const uint64_t used = NumberAfter(folder + "/memory.current", "").value_or(0);
  const uint64_t cache = NumberAfter(folder + "/memory.stat", "file ").value_or(0);
  const uint64_t taken = used - std::min(used, cache);
  return *limit - std::min(*limit, taken);
}

// The least that is left in this process's cgroup and those above it (version 2 of cgroups).
uint64_t LeftInCgroups(const std::string& root) {
  std::ifstream in(root + "/proc/self/cgroup");
  std::string path;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("0::")) path = line.substr(3);
  }
  const std::string top = root + "/sys/fs/cgroup";
  uint64_t left = LeftIn(top);
  while (path.size() > 1) {
    left = std::min(left, LeftIn(top + path));
    path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
  }
  return left;
}

}  // namespace

Result<uint64_t> AvailableMemory(const std::string& root) {
  const std::string path = root + "/proc/meminfo";
  const std::optional<uint64_t> kilobytes = NumberAfter(path, "MemAvailable:");
  if (!kilobytes) {
    return MakeError(ErrorCode::kUnavailable,
                     "{} has no MemAvailable; the memory that is free is not known", path);
  }
  return std::min(*kilobytes * 1024, LeftInCgroups(root));
}

}  // namespace weir::platform
