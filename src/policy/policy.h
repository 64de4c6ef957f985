#pragma once
// From rules to decisions. The file format is docs/formats/policy.md.
//
//   1. Floors, which no rule can lower: a call that is malformed, unknown, or whose path arguments
//      leave the workspace is denied.
//   2. The rules of the file that match: the strictest wins (deny > ask > allow), in any order.
//   3. No rule matches: deny, or with `default = "standard"` (and with no file at all) the built-in
//      rules: built-in tools may read, writing and deleting asks, everything else is denied.
//
// Paths are judged by their names (policy/path.h). Pure, total, no I/O; immutable after Parse; any
// thread. An error anywhere is a denial.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/call.h"
#include "policy/decision.h"
#include "policy/rule.h"

namespace weir::policy {

// One rule's part in a decision.
struct RuleTrace {
  std::string rule_id;
  Verdict verdict = Verdict::kDeny;
  bool matched = false;
  bool tightens_only = false;  // matched through a stranger's claim or an argument it can not judge
  bool decided = false;
  std::string why;  // the first thing that did not match, or what did
};

struct Explanation {
  Decision decision;
  std::vector<RuleTrace> rules;  // in file order, then the built-in ones if they were asked
  std::string text;              // the same for a person, several lines
};

class Policy {
 public:
  // Reads a policy file's text; `file` names it in errors. Every rule is checked against `known`:
  // error kInvalidArgument "FILE: line 7, column 3: unknown key 'tol'; did you mean 'tool'?".
  static Result<Policy> Parse(std::string_view toml, std::string_view file,
                              std::span<const KnownTool> known);

  // The built-in rules alone: what holds when there is no file. With `known`, calls of other tools,
  // or that contradict it, are denied.
  static Policy Default(std::span<const KnownTool> known = {});

  // Never fails; what can not be judged is denied.
  Decision Decide(const ProposedCall& call) const;
  Explanation Explain(const ProposedCall& call) const;

  // SHA-256 (hex) over the canonical content: changes with meaning or wording of any rule, not with
  // comments, layout or examples.
  const std::string& hash() const { return hash_; }
  size_t n_rules() const { return rules_.size(); }

 private:
  struct Judgement {
    Verdict verdict = Verdict::kDeny;
    std::string rule_id;
    std::string reason;
  };

  Policy(std::vector<Rule> rules, DefaultRules default_rules, std::span<const KnownTool> known);
  Judgement Judge(const ProposedCall& call, std::vector<RuleTrace>* trace) const;
  std::optional<Judgement> CheckFloors(const ProposedCall& call, CallView* view) const;
  const KnownTool* FindKnown(const ProposedCall& call) const;

  std::vector<Rule> rules_;
  DefaultRules default_rules_;
  std::vector<KnownTool> known_;
  std::string hash_;
};

}  // namespace weir::policy
