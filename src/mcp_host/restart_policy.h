#pragma once
// When a server that failed may be started again: at once the first time, then after a delay that
// doubles, and only so often a minute. Times are MonotonicMicros. Values; one thread.

#include <cstdint>
#include <deque>
#include <string>

#include "base/result.h"

namespace weir::mcp_host {

struct RestartLimits {
  int64_t first_delay_us = 100'000;
  int64_t max_delay_us = 30'000'000;
  int64_t healthy_us = 60'000'000;  // who ran for this long begins anew
  int max_starts = 10;              // within a minute
};

class RestartPolicy {
 public:
  explicit RestartPolicy(RestartLimits limits = {}) : limits_(limits) {}

  // How long to wait before the next start, 0 for not at all. Error kUnavailable: as often as may
  // be within a minute; says in how many seconds the next start is possible.
  Result<int64_t> DelayUs(const std::string& server, int64_t now_us) const;
  void Started(int64_t now_us);
  // It ended, or was ended for what it did.
  void Failed(int64_t now_us);

 private:
  RestartLimits limits_;
  std::deque<int64_t> starts_us_;
  int n_failures_ = 0;  // in a row
  int64_t failed_us_ = 0;
};

}  // namespace weir::mcp_host
