#pragma once
// From rules to decisions. The file format is docs/formats/policy.md.
//
//   1. Floors, which no rule can lower: a call that is malformed, unknown, or whose path arguments
//      leave the workspace is denied.
//   2. The rules of the file that match: the strictest wins (deny > ask-typed > preview > ask >
//      allow), in any order.
//   3. No rule matches: deny, or with `default = "standard"` (and with no file at all) the built-in
//      rules: built-in tools may read, writing and deleting asks, everything else is denied.
//   4. Modes, the file's and the caller's, only tighten what came out.
//
// Paths are judged by their names (policy/path.h). Pure, total, no I/O; immutable after Parse; any
// thread. An error anywhere is a denial.

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/call.h"
#include "policy/decision.h"
#include "policy/match.h"
#include "policy/mode.h"
#include "policy/policy_file.h"
#include "policy/rule.h"

namespace weir::policy {

// One rule's part in a decision.
struct RuleTrace {
  std::string rule_id;
  Verdict verdict = Verdict::kDeny;
  bool matched = false;
  bool tightens_only = false;  // matched through a stranger's claim or a condition in doubt
  bool decided = false;
  std::string why;  // the first thing that did not match, or what did
};

struct Explanation {
  Decision decision;
  std::vector<RuleTrace> rules;    // in file order, then the built-in ones if they were asked
  std::vector<std::string> modes;  // what each mode in force did, a sentence each
  std::string text;                // the same for a person, lines of at most 80 columns
};

// A decision that approves nothing, with the rules of the file that had a part in it.
struct Trial {
  Verdict verdict = Verdict::kDeny;
  std::string rule_id;
  std::string reason;
  std::vector<size_t> matched;    // indices into rules()
  std::optional<size_t> decided;  // the same; empty: a floor, a default or a mode
};

class Policy {
 public:
  // Reads a policy file's text; `file` names it in errors. Every rule is checked against `known`:
  // error kInvalidArgument "FILE: line 7, column 3: unknown key 'tol'; did you mean 'tool'?".
  // `mode` tightens on top of the file's own.
  static Result<Policy> Parse(std::string_view toml, std::string_view file,
                              std::span<const KnownTool> known, std::optional<Mode> mode = {});

  // The built-in rules alone: what holds when there is no file. With `known`, calls of other tools,
  // or that contradict it, are denied.
  static Policy Default(std::span<const KnownTool> known = {}, std::optional<Mode> mode = {});

  // From rules that are checked already, or made by a program.
  static Policy FromRules(PolicyFile content, std::span<const KnownTool> known,
                          std::optional<Mode> mode = {});

  // Never fails; what can not be judged is denied.
  Decision Decide(const ProposedCall& call) const;
  // What Decide says, for what-if runs over many calls.
  Trial Try(const ProposedCall& call) const;
  Explanation Explain(const ProposedCall& call) const;

  // SHA-256 (hex) over the canonical content: changes with meaning or wording of any rule and with
  // the modes, not with comments, layout or examples.
  const std::string& hash() const { return hash_; }
  size_t n_rules() const { return rules_.size(); }
  const std::vector<Rule>& rules() const { return rules_; }  // in file order
  const std::vector<Mode>& modes() const { return modes_; }  // in force, each once
  std::span<const KnownTool> known() const { return known_; }

 private:
  struct Judgement {
    Verdict verdict = Verdict::kDeny;
    std::string rule_id;
    std::string reason;
    std::optional<size_t> rule;  // index of the deciding rule of the file
  };
  // What a caller wants to know beside the judgement; null members are not filled.
  struct Wishes {
    std::vector<RuleTrace>* trace = nullptr;
    std::vector<size_t>* matched = nullptr;
    std::vector<std::string>* modes = nullptr;
  };

  Policy(PolicyFile content, std::span<const KnownTool> known, std::optional<Mode> mode);
  static Judgement Floor(std::string_view name, std::string reason);
  static std::optional<Judgement> CheckAgainst(const KnownTool& tool, const ProposedCall& call);
  Judgement Judge(const ProposedCall& call, const Wishes& wishes) const;
  std::optional<Judgement> CheckFloors(const ProposedCall& call, CallView* view,
                                       std::optional<size_t>* tool) const;
  Matches MatchFile(const CallView& view, std::optional<size_t> tool, const Wishes& wishes) const;
  Judgement JudgeRules(const CallView& view, std::optional<size_t> tool,
                       const Wishes& wishes) const;
  void ApplyModes(const ProposedCall& call, const Wishes& wishes, Judgement* judgement) const;
  std::optional<size_t> FindKnown(const ProposedCall& call) const;

  std::vector<Rule> rules_;
  DefaultRules default_rules_;
  std::vector<Mode> modes_;  // in the order of the enumerators
  std::vector<KnownTool> known_;
  std::vector<std::vector<uint32_t>> rules_about_;  // beside known_: indices into rules_
  std::map<std::string, std::vector<uint32_t>, std::less<>> by_name_;  // indices into known_
  std::string hash_;
};

}  // namespace weir::policy
