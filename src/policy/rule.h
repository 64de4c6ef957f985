#pragma once
// One rule of a policy as plain, checked data. docs/formats/policy.md says what it means,
// policy/match.h holds it against a call.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "config/problems.h"
#include "json/json.h"
#include "policy/call.h"
#include "policy/decision.h"
#include "policy/glob.h"
#include "policy/host.h"
#include "policy/pointer.h"
#include "policy/recipient.h"
#include "policy/regex.h"

namespace weir::policy {

// What holds for a call that no rule of the file matches.
enum class DefaultRules { kDeny, kStandard };

// A scalar that an argument is compared with.
struct Wanted {
  explicit Wanted(json::Json scalar);

  json::Json value;
  std::optional<std::string> path;  // a text's normal form, where it has one
};

// Tests of one value of the arguments; all that are given must hold.
struct Condition {
  ArgumentPointer pointer;
  std::optional<Wanted> equals;
  std::vector<Wanted> one_of;  // empty: not given
  std::optional<Glob> glob;
  std::optional<Regex> regex;
  std::optional<std::string> inside;              // a folder in normal form
  std::optional<json::Json> min, max;             // numbers, inclusive
  std::optional<int64_t> min_length, max_length;  // characters or list elements, inclusive
  std::vector<HostPattern> hosts;                 // empty: not given
  std::vector<RecipientPattern> recipients;       // empty: not given
  std::vector<Origin> origins;                    // empty: not given
};

// Inclusive.
struct CountRange {
  int64_t min = 0;
  int64_t max = std::numeric_limits<int64_t>::max();
  bool operator==(const CountRange&) const = default;
};

// Inclusive, within 0 to 1.
struct ShareRange {
  double min = 0;
  double max = 1;
  bool operator==(const ShareRange&) const = default;
};

// Minutes since midnight, `from` inclusive, `to` exclusive; over midnight when from > to.
struct TimeRange {
  int from = 0;
  int to = 1440;
  bool operator==(const TimeRange&) const = default;
};

// A call that its author says the rule matches, or does not.
struct RuleExample {
  ProposedCall call;
  bool matches = true;
};

struct Rule {
  std::string id;
  Verdict verdict = Verdict::kDeny;
  std::string server;                // empty: any
  bool only_strangers = false;       // any MCP server; of the built-in rules alone
  Glob tool;                         // "*" when not given
  std::vector<std::string> effects;  // empty: any

  std::vector<Condition> when;
  std::vector<Origin> origins;  // of all arguments; empty: not given
  std::optional<CountRange> calls;
  std::optional<ShareRange> confidence;
  std::optional<TimeRange> time;

  std::string reason;  // may be empty
  std::vector<RuleExample> examples;
  config::Place at;
};

// "09:05"; 1440 is "24:00".
std::string TimeText(int minute_of_day);
// Minutes since midnight of "HH:MM", 00:00 to 24:00; empty when it is none.
std::optional<int> TimeFromText(std::string_view text);

// The content as canonical-ready JSON, for hashing and explaining; holds only what was given. The
// examples and the place are no part of it.
json::Json ConditionContent(const Condition& condition);
json::Json RuleContent(const Rule& rule);

}  // namespace weir::policy
