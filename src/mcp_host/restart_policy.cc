#include "mcp_host/restart_policy.h"

#include <algorithm>

namespace weir::mcp_host {
namespace {

constexpr int64_t kMinuteUs = 60'000'000;

}  // namespace

Result<int64_t> RestartPolicy::DelayUs(const std::string& server, int64_t now_us) const {
  const auto recent = std::count_if(starts_us_.begin(), starts_us_.end(),
                                    [&](int64_t at) { return now_us - at < kMinuteUs; });
  if (recent >= limits_.max_starts) {
    const int64_t until_us =
        starts_us_[starts_us_.size() - static_cast<size_t>(recent)] + kMinuteUs;
    return MakeError(
        ErrorCode::kUnavailable,
        "MCP server '{}' was started {} times within a minute and failed each time; it "
        "is tried again in {} seconds",
        server, recent, (until_us - now_us + 999'999) / 1'000'000);
  }
  if (n_failures_ == 0) return 0;
  int64_t delay_us = limits_.first_delay_us;
  for (int i = 1; i < n_failures_ && delay_us < limits_.max_delay_us; ++i) delay_us *= 2;
  return std::max<int64_t>(0, failed_us_ + std::min(delay_us, limits_.max_delay_us) - now_us);
}

void RestartPolicy::Started(int64_t now_us) {
  starts_us_.push_back(now_us);
  while (starts_us_.size() > static_cast<size_t>(limits_.max_starts)) starts_us_.pop_front();
}

void RestartPolicy::Failed(int64_t now_us) {
  const bool was_healthy = !starts_us_.empty() && now_us - starts_us_.back() >= limits_.healthy_us;
  n_failures_ = was_healthy ? 1 : n_failures_ + 1;
  failed_us_ = now_us;
}

}  // namespace weir::mcp_host
