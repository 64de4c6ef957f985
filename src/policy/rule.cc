#include "policy/rule.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "policy/glob.h"
#include "policy/path.h"

namespace weir::policy {
namespace {

enum class Truth { kMet, kUnmet, kUnjudgeable };

bool IsScalar(const json::Json& value) {
  return value.is_string() || value.is_number() || value.is_boolean();
}

// Exact for every pair of 64-bit integers and doubles: the x86-64 long double holds both.
long double NumberOf(const json::Json& value) {
  if (value.is_number_unsigned()) return static_cast<long double>(value.get<uint64_t>());
  if (value.is_number_integer()) return static_cast<long double>(value.get<int64_t>());
  return static_cast<long double>(value.get<double>());
}

// One argument of a call as a condition sees it.
struct Argument {
  const json::Json& value;
  const std::string* normal_path;  // null when it is no path argument

  Truth Equals(const json::Json& wanted) const {
    if (value.is_string() && wanted.is_string()) {
      const auto& text = wanted.get_ref<const std::string&>();
      if (normal_path == nullptr) return Of(value.get_ref<const std::string&>() == text);
      const Result<std::string> normal = NormalPath(text);
      return Of(normal && *normal == *normal_path);
    }
    if (value.is_number() && wanted.is_number()) return Of(NumberOf(value) == NumberOf(wanted));
    if (value.is_boolean() && wanted.is_boolean()) return Of(value == wanted);
    return Truth::kUnjudgeable;
  }

  Truth IsOneOf(const std::vector<json::Json>& wanted) const {
    Truth truth = Truth::kUnjudgeable;
    for (const json::Json& option : wanted) {
      const Truth one = Equals(option);
      if (one == Truth::kMet) return Truth::kMet;
      if (one == Truth::kUnmet) truth = Truth::kUnmet;
    }
    return truth;
  }

  Truth MatchesGlob(const std::string& pattern) const {
    if (!value.is_string()) return Truth::kUnjudgeable;
    if (normal_path != nullptr) return Of(GlobMatch(pattern, *normal_path, GlobKind::kPath));
    return Of(GlobMatch(pattern, value.get_ref<const std::string&>(), GlobKind::kText));
  }

  Truth IsInsideFolder(const std::string& folder) const {
    if (!value.is_string()) return Truth::kUnjudgeable;
    if (normal_path != nullptr) return Of(IsInside(*normal_path, folder));
    // A stranger's argument that nobody declared as a path.
    const Result<std::string> normal = NormalPath(value.get_ref<const std::string&>());
    return normal ? Of(IsInside(*normal, folder)) : Truth::kUnjudgeable;
  }

  Truth IsAtLeast(const json::Json& least) const {
    if (!value.is_number()) return Truth::kUnjudgeable;
    return Of(NumberOf(value) >= NumberOf(least));
  }

  Truth IsAtMost(const json::Json& most) const {
    if (!value.is_number()) return Truth::kUnjudgeable;
    return Of(NumberOf(value) <= NumberOf(most));
  }

  static Truth Of(bool met) { return met ? Truth::kMet : Truth::kUnmet; }
};

// Unmet beats unjudgeable beats met.
Truth And(Truth a, Truth b) {
  if (a == Truth::kUnmet || b == Truth::kUnmet) return Truth::kUnmet;
  return a == Truth::kUnjudgeable || b == Truth::kUnjudgeable ? Truth::kUnjudgeable : Truth::kMet;
}

Truth Judge(const Condition& condition, const CallView& view) {
  const json::Json& arguments = view.call->arguments;
  const auto found = arguments.find(condition.argument);
  if (found == arguments.end()) return Truth::kUnmet;
  const auto path = view.normal_paths.find(condition.argument);
  const Argument argument{*found, path == view.normal_paths.end() ? nullptr : &path->second};
  if (!IsScalar(argument.value)) return Truth::kUnjudgeable;
  Truth truth = Truth::kMet;
  if (condition.equals) truth = And(truth, argument.Equals(*condition.equals));
  if (!condition.one_of.empty()) truth = And(truth, argument.IsOneOf(condition.one_of));
  if (condition.glob) truth = And(truth, argument.MatchesGlob(*condition.glob));
  if (condition.inside) truth = And(truth, argument.IsInsideFolder(*condition.inside));
  if (condition.min) truth = And(truth, argument.IsAtLeast(*condition.min));
  if (condition.max) truth = And(truth, argument.IsAtMost(*condition.max));
  return truth;
}

std::string Why(bool wanted, std::string text) { return wanted ? std::move(text) : std::string(); }

json::Json ConditionContent(const Condition& condition) {
  json::Json content = {{"argument", condition.argument}};
  if (condition.equals) content["equals"] = *condition.equals;
  if (!condition.one_of.empty()) content["one-of"] = condition.one_of;
  if (condition.glob) content["glob"] = *condition.glob;
  if (condition.inside) content["inside"] = *condition.inside;
  if (condition.min) content["min"] = *condition.min;
  if (condition.max) content["max"] = *condition.max;
  return content;
}

}  // namespace

MatchResult MatchRule(const Rule& rule, const CallView& view, bool want_why) {
  const ProposedCall& call = *view.call;
  if (!rule.server.empty() && rule.server != call.server) {
    return {Match::kNo, Why(want_why, fmt::format("server is '{}'", call.server))};
  }
  if (!GlobMatch(rule.tool, call.tool, GlobKind::kText)) {
    return {Match::kNo, Why(want_why, fmt::format("tool is '{}'", call.tool))};
  }
  bool claimed = false;
  if (!rule.effects.empty()) {
    if (std::find(rule.effects.begin(), rule.effects.end(), call.effect) == rule.effects.end()) {
      return {Match::kNo, Why(want_why, fmt::format("effect is '{}'", call.effect))};
    }
    claimed = call.server != kBuiltinServer;
  }
  const Condition* unjudgeable = nullptr;
  for (const Condition& condition : rule.when) {
    const Truth truth = Judge(condition, view);
    if (truth == Truth::kUnmet) {
      return {Match::kNo,
              Why(want_why, fmt::format("argument '{}' does not fit: {}", condition.argument,
                                        json::Dump(ConditionContent(condition))))};
    }
    if (truth == Truth::kUnjudgeable && unjudgeable == nullptr) unjudgeable = &condition;
  }
  if (!claimed && unjudgeable == nullptr) return {Match::kYes, Why(want_why, "matches")};
  const std::string cause =
      !want_why ? std::string()
      : claimed ? fmt::format("the effect is what MCP server '{}' says of itself", call.server)
                : fmt::format("argument '{}' is of a type that the rule can not judge",
                              unjudgeable->argument);
  if (rule.verdict == Verdict::kAllow) return {Match::kNo, cause};
  return {Match::kTightens, Why(want_why, cause + ", so the rule can only tighten")};
}

json::Json RuleContent(const Rule& rule) {
  std::vector<std::string> effects = rule.effects;
  std::sort(effects.begin(), effects.end());
  json::Json when = json::Json::array();
  for (const Condition& condition : rule.when) when.push_back(ConditionContent(condition));
  return {{"id", rule.id},         {"decision", std::string(VerdictName(rule.verdict))},
          {"server", rule.server}, {"tool", rule.tool},
          {"effect", effects},     {"when", std::move(when)},
          {"reason", rule.reason}};
}

}  // namespace weir::policy
