#include "agent/tool_choice.h"

#include <algorithm>
#include <cmath>

namespace weir::agent {
namespace {

// A score of exactly 0 or 1 would outvote any model; this much is the most that the scorer may say.
constexpr double kLeastScore = 1e-3;

// A unit of summed rarity weighs as much as this many units of log-odds; set, with the profile's
// weight, on the generated suites of eval/routing.
constexpr double kOverlapUnit = 3;

// What the scorer says for a tool, in units of log-odds up to a constant of the request. A learnt
// score is a probability. An overlap score is S / (S + 1), S the summed rarity of the words that
// tool and request share; sharing none speaks neither way.
double Evidence(const tools::Ranked& ranked) {
  const double p = std::clamp(ranked.score, kLeastScore, 1 - kLeastScore);
  return ranked.learnt ? std::log(p / (1 - p)) : kOverlapUnit * p / (1 - p);
}

double EvidenceFor(const std::string& tool, std::span<const chat::ToolDefinition> all,
                   std::span<const tools::Ranked> ranked) {
  const auto found = std::find_if(ranked.begin(), ranked.end(), [&](const tools::Ranked& r) {
    return all[static_cast<size_t>(r.index)].name == tool;
  });
  return found == ranked.end() ? 0 : Evidence(*found);
}

}  // namespace

ToolChoice ChooseTool(const ModelReply& reply, std::span<const chat::ToolDefinition> offered,
                      std::span<const chat::ToolDefinition> all,
                      std::span<const tools::Ranked> ranked, const ModelProfile& profile) {
  if (profile.scorer_weight <= 0 || reply.message.tool_calls.empty()) return {};
  const std::string& chosen = reply.message.tool_calls.front().name;
  const double base = EvidenceFor(chosen, all, ranked);
  double best = -INFINITY;
  std::string other;
  for (const ToolOdds& rival : reply.rivals) {
    const bool is_offered =
        std::any_of(offered.begin(), offered.end(),
                    [&](const chat::ToolDefinition& tool) { return tool.name == rival.tool; });
    if (!is_offered || rival.tool == chosen) continue;
    const double lead =
        rival.log_odds + profile.scorer_weight * (EvidenceFor(rival.tool, all, ranked) - base);
    if (lead > best) {
      best = lead;
      other = rival.tool;
    }
  }
  if (best > profile.question_margin) return {ToolChoice::Kind::kSwitch, other};
  if (best >= -profile.question_margin) return {ToolChoice::Kind::kAsk, other};
  return {};
}

}  // namespace weir::agent
