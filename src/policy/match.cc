#include "policy/match.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "policy/path.h"
#include "policy/truth.h"

namespace weir::policy {
namespace {

// ---- where an argument came from ----

using Parts = std::vector<std::string>;

bool IsPrefix(const Parts& prefix, const Parts& parts) {
  return prefix.size() <= parts.size() && std::equal(prefix.begin(), prefix.end(), parts.begin());
}

// Whether the value at `place` came from `wanted` alone. An entry above the place or at it says
// where all of it came from, one beneath it where a part did.
Truth CameFrom(const std::vector<Origin>& wanted, const Parts& place, const ProposedCall& call) {
  bool is_covered = false;
  Tally tally;
  for (const auto& [name, origins] : call.origins) {
    const Result<ArgumentPointer> entry = ArgumentPointer::Parse(name);
    if (!entry) {
      tally.Add(Truth::kDoubtful);
      continue;
    }
    const bool covers = IsPrefix(entry->parts(), place);
    if (!covers && !IsPrefix(place, entry->parts())) continue;
    is_covered = is_covered || (covers && !origins.empty());
    for (const Origin origin : origins) {
      const bool is_wanted = std::find(wanted.begin(), wanted.end(), origin) != wanted.end();
      tally.Add(origin == Origin::kUnknown ? Truth::kDoubtful : TruthOf(is_wanted));
    }
  }
  if (!is_covered) tally.Add(Truth::kDoubtful);
  return tally.truth();
}

Truth AllCameFrom(const std::vector<Origin>& wanted, const ProposedCall& call) {
  Tally tally;
  for (const auto& [name, value] : call.arguments.items()) {
    tally.Add(CameFrom(wanted, {name}, call));
  }
  return tally.truth();
}

// ---- conditions on arguments ----

// One condition over all values that its pointer means.
class ConditionJudge {
 public:
  ConditionJudge(const Condition& condition, const CallView& view)
      : condition_(condition), view_(view), parts_(condition.pointer.parts()) {}

  Truth Judge() {
    const json::Json& arguments = view_.call->arguments;
    if (parts_[0] == "*") return Truth::kUnmet;  // the arguments are an object, not a list
    const auto found = arguments.find(parts_[0]);
    if (found == arguments.end()) return Truth::kUnmet;
    Descend(*found, 1);
    return tally_.truth();
  }

 private:
  // `value` is what the first `depth` parts lead to.
  void Descend(const json::Json& value, size_t depth) {
    if (depth == parts_.size()) return tally_.Add(JudgeValue(value));
    const std::string& part = parts_[depth];
    if (part == "*") {
      if (!value.is_array()) return tally_.Add(Truth::kDoubtful);
      for (size_t i = 0; i < value.size(); ++i) {
        place_.push_back(i);
        Descend(value[i], depth + 1);
        place_.pop_back();
      }
    } else if (value.is_object()) {
      const auto found = value.find(part);
      if (found == value.end()) return tally_.Add(Truth::kUnmet);
      Descend(*found, depth + 1);
    } else if (value.is_array() && ListIndex(part) >= 0) {
      const auto index = static_cast<size_t>(ListIndex(part));
      if (index >= value.size()) return tally_.Add(Truth::kUnmet);
      Descend(value[index], depth + 1);
    } else {
      tally_.Add(Truth::kDoubtful);
    }
  }

  Truth JudgeValue(const json::Json& value) {
    const std::string* path = parts_.size() == 1 ? view_.NormalPathOf(parts_[0]) : nullptr;
    const Truth tests = JudgeTests(condition_, {value, path});
    if (condition_.origins.empty()) return tests;
    return And(tests, CameFrom(condition_.origins, ConcretePlace(), *view_.call));
  }

  // The pointer's parts with the indices in hand for "*".
  Parts ConcretePlace() const {
    Parts parts = parts_;
    size_t n_stars = 0;
    for (std::string& part : parts) {
      if (part == "*") part = std::to_string(place_[n_stars++]);
    }
    return parts;
  }

  const Condition& condition_;
  const CallView& view_;
  const Parts& parts_;
  std::vector<size_t> place_;
  Tally tally_;
};

// ---- conditions on the moment ----

Truth CallsFit(const CountRange& range, const ProposedCall& call) {
  if (!call.calls_so_far || *call.calls_so_far < 0) return Truth::kDoubtful;
  return TruthOf(*call.calls_so_far >= range.min && *call.calls_so_far <= range.max);
}

Truth ConfidenceFits(const ShareRange& range, const ProposedCall& call) {
  const double share = call.confidence.value_or(-1);
  if (!(share >= 0 && share <= 1)) return Truth::kDoubtful;  // a NaN too
  return TruthOf(share >= range.min && share <= range.max);
}

Truth TimeFits(const TimeRange& range, const ProposedCall& call) {
  const int now = call.minute_of_day.value_or(-1);
  if (now < 0 || now >= 1440) return Truth::kDoubtful;
  const bool is_after = now >= range.from;
  const bool is_before = now < range.to;
  return TruthOf(range.from < range.to ? is_after && is_before : is_after || is_before);
}

// ---- a rule ----

// All conditions of a rule, and the first that is not met.
class RuleJudge {
 public:
  RuleJudge(const CallView& view, bool want_why) : view_(view), want_why_(want_why) {}

  // False when nothing more can change the outcome.
  bool Judge(const Rule& rule) {
    const ProposedCall& call = *view_.call;
    for (const Condition& condition : rule.when) {
      const Truth truth = ConditionJudge(condition, view_).Judge();
      if (!Take(truth, [&] {
            return fmt::format("argument '{}' {}: {}", condition.pointer.Text(),
                               truth == Truth::kUnmet ? "does not fit" : "is in doubt",
                               json::Dump(ConditionContent(condition)));
          })) {
        return false;
      }
    }
    return (rule.origins.empty() || Fact(AllCameFrom(rule.origins, call), "origin")) &&
           (!rule.calls || Fact(CallsFit(*rule.calls, call), "calls")) &&
           (!rule.confidence || Fact(ConfidenceFits(*rule.confidence, call), "confidence")) &&
           (!rule.time || Fact(TimeFits(*rule.time, call), "time"));
  }

  Truth truth() const { return truth_; }
  std::string TakeWhy() { return std::move(why_); }

 private:
  bool Fact(Truth truth, std::string_view name) {
    return Take(truth, [&] {
      return fmt::format("the condition on {} {}", name,
                         truth == Truth::kUnmet ? "does not hold" : "is in doubt");
    });
  }

  template <class Text>
  bool Take(Truth truth, Text text) {
    // The first in doubt is told, unless one is unmet.
    const bool tells = truth == Truth::kUnmet || truth_ == Truth::kMet;
    if (want_why_ && truth != Truth::kMet && tells) why_ = text();
    truth_ = And(truth_, truth);
    return truth_ != Truth::kUnmet;
  }

  const CallView& view_;
  const bool want_why_;
  Truth truth_ = Truth::kMet;
  std::string why_;
};

std::string WhyNotAbout(const Rule& rule, const ProposedCall& call) {
  const bool is_elsewhere = !rule.server.empty() && rule.server != call.server;
  if (is_elsewhere || (rule.only_strangers && call.server == kBuiltinServer)) {
    return fmt::format("server is '{}'", call.server);
  }
  if (!rule.tool.Matches(call.tool, GlobKind::kText)) return fmt::format("tool is '{}'", call.tool);
  return fmt::format("effect is '{}'", call.effect);
}

}  // namespace

const std::string* CallView::NormalPathOf(std::string_view argument) const {
  for (const auto& [name, path] : normal_paths) {
    if (name == argument) return &path;
  }
  return nullptr;
}

Status AddPaths(const std::vector<std::string>& names, CallView* view) {
  for (const std::string& name : names) {
    const auto found = view->call->arguments.find(name);
    if (found == view->call->arguments.end() || view->NormalPathOf(name) != nullptr) continue;
    if (!found->is_string()) {
      return MakeError(ErrorCode::kInvalidArgument, "argument '{}' is a path and must be a text",
                       name);
    }
    Result<std::string> normal = NormalPath(found->get_ref<const std::string&>());
    if (!normal) return MakeError(normal.error().WithContext(fmt::format("argument '{}'", name)));
    view->normal_paths.emplace_back(name, std::move(*normal));
  }
  return {};
}

bool IsAbout(const Rule& rule, std::string_view server, std::string_view tool,
             std::string_view effect) {
  if (!rule.server.empty() && rule.server != server) return false;
  if (rule.only_strangers && server == kBuiltinServer) return false;
  if (!rule.effects.empty() &&
      std::find(rule.effects.begin(), rule.effects.end(), effect) == rule.effects.end()) {
    return false;
  }
  return rule.tool.Matches(tool, GlobKind::kText);
}

MatchResult MatchRule(const Rule& rule, const CallView& view, bool want_why) {
  const ProposedCall& call = *view.call;
  if (IsAbout(rule, call.server, call.tool, call.effect)) {
    return MatchConditions(rule, view, want_why);
  }
  return {Match::kNo, want_why ? WhyNotAbout(rule, call) : std::string()};
}

MatchResult MatchConditions(const Rule& rule, const CallView& view, bool want_why) {
  RuleJudge judge(view, want_why);
  if (!judge.Judge(rule)) return {Match::kNo, judge.TakeWhy()};
  // Network is also the effect of what nobody knows better: an allow has to name the server too.
  const bool is_given =
      view.is_effect_given &&
      (rule.verdict != Verdict::kAllow || view.call->effect != "network" || !rule.server.empty());
  const bool is_claimed = !rule.effects.empty() && view.call->server != kBuiltinServer && !is_given;
  if (!is_claimed && judge.truth() == Truth::kMet) {
    return {Match::kYes, want_why ? "matches" : std::string()};
  }
  std::string cause;
  if (want_why) {
    cause = is_claimed ? fmt::format("the effect is what MCP server '{}' says of itself",
                                     view.call->server)
                       : judge.TakeWhy();
  }
  if (rule.verdict == Verdict::kAllow) return {Match::kNo, std::move(cause)};
  if (want_why) cause += ", so the rule can only tighten";
  return {Match::kTightens, std::move(cause)};
}

}  // namespace weir::policy
