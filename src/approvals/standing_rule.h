#pragma once
// "Calls like this one": a rule that a person grants, as text in the language of the policy file
// (docs/formats/policy.md), with one example that it matches and one that it does not.
//
// The text is read by policy::Policy alone, so that it means here what it means there, examples
// included. Pure; any thread.

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "json/json.h"
#include "policy/call.h"
#include "policy/policy.h"

namespace weir::approvals {

struct StandingRule {
  std::string text;        // exactly one [[rule]] with decision = "allow"
  json::Json matches;      // arguments of a call of the tool that the rule matches
  json::Json matches_not;  // and of one that it does not
};

// The rule for calls like `call`: the same server and tool; path arguments of a reading or writing
// tool inside the same folder, equal otherwise; where there is no path argument, every argument
// equal. Error kUnsupported when no rule would be narrower than the whole tool (no argument to
// hold on to), kInvalidArgument when a value can not be written in TOML.
Result<StandingRule> SuggestRule(const policy::ProposedCall& call,
                                 std::span<const policy::KnownTool> known);

// Reads and checks a rule for calls of `like`'s server and tool: one rule, deciding allow, matching
// `rule.matches` and not `rule.matches_not`. `name` is what errors call it. Error kInvalidArgument.
Result<policy::Policy> CompileRule(const StandingRule& rule, std::string_view name,
                                   const policy::ProposedCall& like,
                                   std::span<const policy::KnownTool> known);

// True when a compiled rule matches; otherwise `why` (not null) says what did not fit.
bool RuleMatches(const policy::Policy& compiled, const policy::ProposedCall& call,
                 std::string* why);

}  // namespace weir::approvals
