#pragma once
// Whether a rule matches a call. Used by Policy, its file reader and its examples.
//
// A condition is met, unmet, or in doubt: it can not be judged (a value of another type, a URL
// that two programs could read differently, a fact that is unknown), or it holds for some of
// several values and not for others. Pure; any thread.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "policy/call.h"
#include "policy/rule.h"

namespace weir::policy {

// A call with its path arguments in normal form.
struct CallView {
  const ProposedCall* call = nullptr;                                  // borrowed
  std::vector<std::pair<std::string_view, std::string>> normal_paths;  // names are borrowed
  bool is_effect_given = false;                                        // KnownTool's

  // Null when the argument is no path.
  const std::string* NormalPathOf(std::string_view argument) const;
};

// Adds the arguments in `names` to the view. Error, with the argument: one is no text or leaves the
// workspace. `names` outlives the view.
Status AddPaths(const std::vector<std::string>& names, CallView* view);

enum class Match {
  kNo,
  kYes,
  kTightens,  // may make the decision stricter, never looser
};

struct MatchResult {
  Match match = Match::kNo;
  std::string why;  // what did not match, or what only tightens; filled when asked for
};

// Whether the rule is about calls of this server, tool and effect, before its conditions.
bool IsAbout(const Rule& rule, std::string_view server, std::string_view tool,
             std::string_view effect);

// A stranger's effect and a condition in doubt never help an allow rule, and let the others tighten
// only.
MatchResult MatchRule(const Rule& rule, const CallView& view, bool want_why);

// The same for a rule that IsAbout the call.
MatchResult MatchConditions(const Rule& rule, const CallView& view, bool want_why);

// The strictest of the rules that match so far, the first in file order among equals.
struct Strongest {
  const Rule* rule = nullptr;
  size_t index = 0;

  void Offer(const Rule& candidate, size_t at) {
    if (rule != nullptr && candidate.verdict <= rule->verdict) return;
    rule = &candidate;
    index = at;
  }
};

// Both ways of matching, over one list of rules.
struct Matches {
  Strongest full;
  Strongest tightening;

  void Offer(const Rule& rule, size_t at, Match match) {
    if (match == Match::kYes) full.Offer(rule, at);
    if (match == Match::kTightens) tightening.Offer(rule, at);
  }
};

}  // namespace weir::policy
