#include "policy/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/crypto.h"
#include "json/json.h"
#include "policy/path.h"
#include "policy/policy_file.h"

namespace weir::policy {
namespace {

// Part of the hash: a change of how rules are judged changes it too.
constexpr int kSemantics = 1;

constexpr std::array<std::string_view, 5> kEffects = {"none", "read", "write", "delete", "network"};

Rule StandardRule(std::string id, Verdict verdict, std::vector<std::string> effects,
                  std::string reason) {
  Rule rule;
  rule.id = std::move(id);
  rule.verdict = verdict;
  rule.server = std::string(kBuiltinServer);
  rule.effects = std::move(effects);
  rule.reason = std::move(reason);
  return rule;
}

const std::vector<Rule>& StandardRules() {
  static const std::vector<Rule> rules = {
      StandardRule("default:read", Verdict::kAllow, {"none", "read"},
                   "reading inside the workspace is allowed"),
      StandardRule("default:write", Verdict::kAsk, {"write"}, "writing is asked before it happens"),
      StandardRule("default:delete", Verdict::kAsk, {"delete"},
                   "deleting is asked before it happens"),
  };
  return rules;
}

std::string HashOf(const std::vector<Rule>& rules, DefaultRules default_rules) {
  json::Json content = {{"semantics", kSemantics}, {"rules", json::Json::array()}};
  for (const Rule& rule : rules) content["rules"].push_back(RuleContent(rule));
  content["default"] = json::Json::array();
  if (default_rules == DefaultRules::kStandard) {
    for (const Rule& rule : StandardRules()) content["default"].push_back(RuleContent(rule));
  }
  // Values of a policy file always have a canonical form; the plain one keeps the hash total.
  const Result<std::string> canonical = json::Canonical(content);
  return Sha256Hex(canonical ? *canonical : json::Dump(content));
}

bool IsIn(const std::string& word, const std::vector<std::string>& list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// The strictest of the rules that match so far, the first in file order among equals.
struct Strongest {
  const Rule* rule = nullptr;
  size_t trace_index = 0;

  void Offer(const Rule& candidate, size_t index) {
    if (rule != nullptr && candidate.verdict <= rule->verdict) return;
    rule = &candidate;
    trace_index = index;
  }
};

// Both ways of matching, over one list of rules.
struct Matches {
  Strongest full;
  Strongest tightening;
};

Matches MatchAll(const std::vector<Rule>& rules, const CallView& view,
                 std::vector<RuleTrace>* trace) {
  Matches matches;
  for (const Rule& rule : rules) {
    MatchResult result = MatchRule(rule, view, trace != nullptr);
    const size_t index = trace == nullptr ? 0 : trace->size();
    if (trace != nullptr) {
      trace->push_back({rule.id, rule.verdict, result.match != Match::kNo,
                        result.match == Match::kTightens, false, std::move(result.why)});
    }
    if (result.match == Match::kYes) matches.full.Offer(rule, index);
    if (result.match == Match::kTightens) matches.tightening.Offer(rule, index);
  }
  return matches;
}

std::string ReasonOf(const Rule& rule) {
  if (!rule.reason.empty()) return rule.reason;
  return fmt::format("rule '{}' says {}", rule.id, VerdictName(rule.verdict));
}

std::string DefaultDenyReason(const ProposedCall& call, DefaultRules default_rules) {
  if (default_rules == DefaultRules::kDeny) {
    return "no rule of the policy matches; without one everything is denied";
  }
  if (call.server != kBuiltinServer) {
    return fmt::format("tools of MCP server '{}' need a rule that names them", call.server);
  }
  if (call.effect == "network") return "reaching the network needs a rule that allows it";
  return "no rule matches; what is not allowed is denied";
}

std::string ExplanationText(const ProposedCall& call, const Explanation& explanation) {
  const Decision& decision = explanation.decision;
  std::string text =
      fmt::format("{}: {} of server '{}' (effect {})\n", VerdictName(decision.verdict), call.tool,
                  call.server, call.effect);
  text += fmt::format("decided by {}: {}\n", decision.rule_id, decision.reason);
  for (const RuleTrace& rule : explanation.rules) {
    const char* mark = rule.decided ? "=>" : rule.matched ? " +" : " -";
    text +=
        fmt::format("{} {} ({}): {}\n", mark, rule.rule_id, VerdictName(rule.verdict), rule.why);
  }
  return text + fmt::format("policy {}\n", decision.policy_hash);
}

}  // namespace

Policy::Policy(std::vector<Rule> rules, DefaultRules default_rules,
               std::span<const KnownTool> known)
    : rules_(std::move(rules)),
      default_rules_(default_rules),
      known_(known.begin(), known.end()),
      hash_(HashOf(rules_, default_rules)) {}

Result<Policy> Policy::Parse(std::string_view toml, std::string_view file,
                             std::span<const KnownTool> known) {
  ASSIGN_OR_RETURN(PolicyFile content, ReadPolicyFile(toml, file, known));
  return Policy(std::move(content.rules), content.default_rules, known);
}

Policy Policy::Default(std::span<const KnownTool> known) {
  return Policy({}, DefaultRules::kStandard, known);
}

const KnownTool* Policy::FindKnown(const ProposedCall& call) const {
  for (const KnownTool& tool : known_) {
    if (tool.server == call.server && tool.name == call.tool) return &tool;
  }
  return nullptr;
}

// What denies a call whatever the rules say; otherwise fills the view.
std::optional<Policy::Judgement> Policy::CheckFloors(const ProposedCall& call,
                                                     CallView* view) const {
  const auto deny = [](std::string_view floor, std::string reason) {
    return Judgement{Verdict::kDeny, fmt::format("floor:{}", floor), std::move(reason)};
  };
  if (call.tool.empty() || call.server.empty() || !call.arguments.is_object()) {
    return deny("malformed", "the call has no tool, no server or no arguments object");
  }
  if (std::find(kEffects.begin(), kEffects.end(), call.effect) == kEffects.end()) {
    return deny("effect", fmt::format("'{}' has the unknown effect '{}'", call.tool, call.effect));
  }
  std::vector<std::string> path_arguments = call.path_arguments;
  if (!known_.empty()) {
    const KnownTool* tool = FindKnown(call);
    if (tool == nullptr) {
      return deny("unknown-tool",
                  fmt::format("server '{}' has no tool '{}'", call.server, call.tool));
    }
    if (tool->effect != call.effect) {
      return deny("contradiction", fmt::format("'{}' has the effect {}, the call says {}",
                                               call.tool, tool->effect, call.effect));
    }
    for (const auto& [name, value] : call.arguments.items()) {
      if (call.server != kBuiltinServer || IsIn(name, tool->arguments)) continue;
      return deny("unknown-argument", fmt::format("'{}' has no argument '{}'", call.tool, name));
    }
    path_arguments.insert(path_arguments.end(), tool->path_arguments.begin(),
                          tool->path_arguments.end());
  }
  view->call = &call;
  for (const std::string& name : path_arguments) {
    const auto found = call.arguments.find(name);
    if (found == call.arguments.end()) continue;
    if (!found->is_string()) {
      return deny("path", fmt::format("argument '{}' is a path and must be a text", name));
    }
    Result<std::string> normal = NormalPath(found->get_ref<const std::string&>());
    if (!normal) {
      return deny("path", fmt::format("argument '{}': {}", name, normal.error().message));
    }
    view->normal_paths[name] = std::move(*normal);
  }
  return std::nullopt;
}

Policy::Judgement Policy::Judge(const ProposedCall& call, std::vector<RuleTrace>* trace) const {
  CallView view;
  if (std::optional<Judgement> floor = CheckFloors(call, &view)) return *floor;

  Matches matches = MatchAll(rules_, view, trace);
  const bool ask_default =
      matches.full.rule == nullptr && default_rules_ == DefaultRules::kStandard;
  if (ask_default) matches.full = MatchAll(StandardRules(), view, trace).full;

  Judgement judgement{Verdict::kDeny, "default:deny", DefaultDenyReason(call, default_rules_)};
  const Strongest* strongest = nullptr;
  if (matches.full.rule != nullptr) strongest = &matches.full;
  const bool tightens = strongest != nullptr && matches.tightening.rule != nullptr &&
                        matches.tightening.rule->verdict > strongest->rule->verdict;
  if (tightens) strongest = &matches.tightening;
  if (strongest == nullptr) return judgement;
  if (trace != nullptr) (*trace)[strongest->trace_index].decided = true;
  return {strongest->rule->verdict, strongest->rule->id, ReasonOf(*strongest->rule)};
}

Decision Policy::Decide(const ProposedCall& call) const {
  Judgement judgement = Judge(call, nullptr);
  const Result<std::string> digest = CallDigest(call);
  if (!digest && judgement.verdict != Verdict::kDeny) {
    judgement = {Verdict::kDeny, "floor:malformed", digest.error().message};
  }
  Decision decision;
  decision.verdict = judgement.verdict;
  decision.rule_id = std::move(judgement.rule_id);
  decision.reason = std::move(judgement.reason);
  decision.policy_hash = hash_;
  if (!digest) return decision;  // unsealed: approves nothing
  decision.sealed_verdict_ = decision.verdict;
  decision.sealed_rule_id_ = decision.rule_id;
  decision.sealed_policy_hash_ = hash_;
  decision.call_digest_ = *digest;
  decision.nonce_ = RandomHex(16);
  decision.spent_ = std::make_shared<std::atomic<bool>>(false);
  return decision;
}

Explanation Policy::Explain(const ProposedCall& call) const {
  Explanation explanation;
  explanation.decision = Decide(call);
  (void)Judge(call, &explanation.rules);
  explanation.text = ExplanationText(call, explanation);
  return explanation;
}

}  // namespace weir::policy
