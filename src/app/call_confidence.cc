#include "app/call_confidence.h"

#include <algorithm>
#include <cmath>

namespace weir::app {

bool CallConfidence::OnEvents(std::span<const chat::Event> events) {
  using Kind = chat::Event::Kind;
  bool is_border = false;
  for (const chat::Event& event : events) {
    if (event.kind == Kind::kToolCallStart) {
      in_block_ = true;
      least_log_prob_.reset();
      is_border = true;
    } else if (event.kind == Kind::kToolCall) {
      std::optional<double> confidence;
      if (least_log_prob_) confidence = std::exp(*least_log_prob_);
      calls_.push_back(confidence);
      in_block_ = false;
      is_border = true;
    } else if (event.kind != Kind::kRepair) {
      in_block_ = false;  // a block that could not be read, or text after it
    }
  }
  // A list of calls without markers does not get what belongs to an earlier block.
  if (!in_block_) least_log_prob_.reset();
  return is_border;
}

void CallConfidence::OnToken(const engine::TokenEvent& token, std::span<const chat::Event> events) {
  const bool is_border = OnEvents(events);
  if (is_border || !in_block_ || token.forced || !std::isfinite(token.log_prob)) return;
  least_log_prob_ = std::min(least_log_prob_.value_or(0.0), static_cast<double>(token.log_prob));
}

}  // namespace weir::app
