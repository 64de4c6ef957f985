#pragma once
// One rule and how it matches a call. Used by Policy and its file reader only.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "json/json.h"
#include "policy/call.h"
#include "policy/decision.h"

namespace weir::policy {

// What holds for a call that no rule of the file matches.
enum class DefaultRules { kDeny, kStandard };

// Tests of one argument; all that are given must hold.
struct Condition {
  std::string argument;
  std::optional<json::Json> equals;    // a scalar
  std::vector<json::Json> one_of;      // scalars; empty: not given
  std::optional<std::string> glob;     // policy/glob.h
  std::optional<std::string> inside;   // a folder in normal form
  std::optional<json::Json> min, max;  // numbers, inclusive
};

struct Rule {
  std::string id;
  Verdict verdict = Verdict::kDeny;
  std::string server;                // empty: any
  std::string tool = "*";            // a glob
  std::vector<std::string> effects;  // empty: any
  std::vector<Condition> when;
  std::string reason;  // may be empty
};

// A call with its path arguments in normal form.
struct CallView {
  const ProposedCall* call = nullptr;               // borrowed
  std::map<std::string, std::string> normal_paths;  // argument name -> normal form
};

enum class Match {
  kNo,
  kYes,
  kTightens,  // may make the decision stricter, never looser
};

struct MatchResult {
  Match match = Match::kNo;
  std::string why;  // what did not match, or what only tightens; filled when asked for
};

// A stranger's effect, and an argument of a type the condition can not judge, never help an allow
// rule, and let ask and deny rules tighten only.
MatchResult MatchRule(const Rule& rule, const CallView& view, bool want_why);

// The rule's content as canonical-ready JSON, for hashing; strings only hold what was given.
json::Json RuleContent(const Rule& rule);

}  // namespace weir::policy
