#include "app/rivals.h"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace weir::app {
namespace {

// True when one of the two begins with the other.
bool Agree(std::string_view a, std::string_view b) {
  const size_t n = std::min(a.size(), b.size());
  return a.substr(0, n) == b.substr(0, n);
}

}  // namespace

Rivals::Rivals(std::span<const chat::ToolDefinition> tools, const tokenizer::Vocab& vocab)
    : vocab_(vocab) {
  for (const chat::ToolDefinition& tool : tools)
    candidates_.push_back({.tool = tool.name, .text = "[" + tool.name + "("});
}

void Rivals::Part(Candidate& candidate, const engine::TokenEvent& event) const {
  candidate.alive = false;
  if (event.forced || event.alternatives.empty()) return;
  candidate.known = true;
  candidate.log_odds = event.alternatives.back().log_prob - event.log_prob;
  for (const engine::Alternative& alternative : event.alternatives) {
    if (vocab_.IsSpecial(alternative.id) || alternative.id == event.id) continue;
    if (!Agree(candidate.text, written_ + std::string(vocab_.Piece(alternative.id)))) continue;
    candidate.log_odds = alternative.log_prob - event.log_prob;
    return;  // best first
  }
}

void Rivals::OnToken(const engine::TokenEvent& event) {
  if (done_) return;
  if (vocab_.IsSpecial(event.id)) {
    done_ = in_call_;
    in_call_ = vocab_.Piece(event.id) == "<|tool_call_start|>";
    return;
  }
  if (!in_call_) return;
  const std::string next = written_ + std::string(vocab_.Piece(event.id));
  for (Candidate& candidate : candidates_) {
    if (candidate.alive && !Agree(candidate.text, next)) Part(candidate, event);
  }
  written_ = next;
  done_ = std::none_of(candidates_.begin(), candidates_.end(), [&](const Candidate& candidate) {
    return candidate.alive && candidate.text.size() > written_.size();
  });
}

std::vector<agent::ToolOdds> Rivals::Odds() const {
  std::vector<agent::ToolOdds> odds;
  for (const Candidate& candidate : candidates_) {
    if (!candidate.alive && candidate.known) odds.push_back({candidate.tool, candidate.log_odds});
  }
  return odds;
}

}  // namespace weir::app
