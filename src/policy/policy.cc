#include "policy/policy.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>

#include "base/crypto.h"
#include "json/json.h"
#include "policy/explain.h"
#include "policy/standard_rules.h"

namespace weir::policy {
namespace {

// Part of the hash: a change of how rules are judged changes it too.
constexpr int kSemantics = 2;

constexpr std::array<std::string_view, 5> kEffects = {"none", "read", "write", "delete", "network"};

std::string HashOf(const std::vector<Rule>& rules, DefaultRules default_rules,
                   const std::vector<Mode>& modes) {
  json::Json content = {{"semantics", kSemantics}, {"rules", json::Json::array()}};
  for (const Rule& rule : rules) content["rules"].push_back(RuleContent(rule));
  content["default"] = json::Json::array();
  if (default_rules == DefaultRules::kStandard) {
    for (const Rule& rule : StandardRules()) content["default"].push_back(RuleContent(rule));
  }
  content["modes"] = json::Json::array();
  for (const Mode mode : modes) content["modes"].push_back(std::string(ModeName(mode)));
  // Values of a policy file always have a canonical form; the plain one keeps the hash total.
  const Result<std::string> canonical = json::Canonical(content);
  return Sha256Hex(canonical ? *canonical : json::Dump(content));
}

// How often this process and those before it forked: a stock of nonces must not be used on both
// sides of a fork.
std::atomic<unsigned> n_forks{0};
const int fork_is_counted = ::pthread_atfork(nullptr, nullptr, [] { n_forks.fetch_add(1); });

// Unpredictable and never the same twice. The system is asked for many at once, because asking
// takes longer than deciding.
std::string NextNonce() {
  constexpr size_t kDigits = 32;
  constexpr size_t kAtOnce = 64;
  thread_local std::string stock;
  thread_local unsigned stocked_after = 0;
  if (stock.empty() || stocked_after != n_forks || fork_is_counted != 0) {
    stock = RandomHex(kDigits / 2 * kAtOnce);
    stocked_after = n_forks;
  }
  std::string nonce = stock.substr(stock.size() - kDigits);
  stock.resize(stock.size() - kDigits);
  return nonce;
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

// Every rule in turn; `trace`, where it is not null, gets what each says of the call.
Matches MatchAll(const std::vector<Rule>& rules, const CallView& view,
                 std::vector<RuleTrace>* trace) {
  Matches matches;
  for (const Rule& rule : rules) {
    MatchResult result = MatchRule(rule, view, trace != nullptr);
    matches.Offer(rule, trace == nullptr ? 0 : trace->size(), result.match);
    if (trace == nullptr) continue;
    trace->push_back({rule.id, rule.verdict, result.match != Match::kNo,
                      result.match == Match::kTightens, false, std::move(result.why)});
  }
  return matches;
}

}  // namespace

Policy::Policy(PolicyFile content, std::span<const KnownTool> known, std::optional<Mode> mode)
    : rules_(std::move(content.rules)),
      default_rules_(content.default_rules),
      known_(known.begin(), known.end()) {
  for (const std::optional<Mode> one : {content.mode, mode}) {
    if (one) modes_.push_back(*one);
  }
  std::sort(modes_.begin(), modes_.end());
  modes_.erase(std::unique(modes_.begin(), modes_.end()), modes_.end());
  for (const KnownTool& tool : known_) {
    by_name_[tool.name].push_back(static_cast<uint32_t>(rules_about_.size()));
    std::vector<uint32_t>& rules = rules_about_.emplace_back();
    for (size_t i = 0; i < rules_.size(); ++i) {
      if (!IsAbout(rules_[i], tool.server, tool.name, tool.effect)) continue;
      rules.push_back(static_cast<uint32_t>(i));
    }
  }
  hash_ = HashOf(rules_, default_rules_, modes_);
}

Result<Policy> Policy::Parse(std::string_view toml, std::string_view file,
                             std::span<const KnownTool> known, std::optional<Mode> mode) {
  ASSIGN_OR_RETURN(PolicyFile content, ReadPolicyFile(toml, file, known));
  return Policy(std::move(content), known, mode);
}

Policy Policy::Default(std::span<const KnownTool> known, std::optional<Mode> mode) {
  return Policy({.rules = {}, .default_rules = DefaultRules::kStandard, .mode = {}}, known, mode);
}

Policy Policy::FromRules(PolicyFile content, std::span<const KnownTool> known,
                         std::optional<Mode> mode) {
  return Policy(std::move(content), known, mode);
}

// ---- floors ----

Policy::Judgement Policy::Floor(std::string_view name, std::string reason) {
  return {Verdict::kDeny, fmt::format("floor:{}", name), std::move(reason), std::nullopt};
}

std::optional<size_t> Policy::FindKnown(const ProposedCall& call) const {
  const auto found = by_name_.find(call.tool);
  if (found == by_name_.end()) return std::nullopt;
  for (const uint32_t index : found->second) {
    if (known_[index].server == call.server) return index;
  }
  return std::nullopt;
}

std::optional<Policy::Judgement> Policy::CheckAgainst(const KnownTool& tool,
                                                      const ProposedCall& call) {
  if (tool.effect != call.effect) {
    return Floor("contradiction", fmt::format("'{}' has the effect {}, the call says {}", call.tool,
                                              tool.effect, call.effect));
  }
  if (call.server != kBuiltinServer) return std::nullopt;
  for (const auto& [name, value] : call.arguments.items()) {
    if (std::find(tool.arguments.begin(), tool.arguments.end(), name) != tool.arguments.end()) {
      continue;
    }
    return Floor("unknown-argument", fmt::format("'{}' has no argument '{}'", call.tool, name));
  }
  return std::nullopt;
}

// What denies a call whatever the rules say; otherwise fills the view, and the tool where tools are
// known.
std::optional<Policy::Judgement> Policy::CheckFloors(const ProposedCall& call, CallView* view,
                                                     std::optional<size_t>* tool) const {
  view->call = &call;
  if (call.tool.empty() || call.server.empty() || !call.arguments.is_object()) {
    return Floor("malformed", "the call has no tool, no server or no arguments object");
  }
  if (std::find(kEffects.begin(), kEffects.end(), call.effect) == kEffects.end()) {
    return Floor("effect", fmt::format("'{}' has the unknown effect '{}'", call.tool, call.effect));
  }
  if (!known_.empty()) {
    *tool = FindKnown(call);
    if (!tool->has_value()) {
      return Floor("unknown-tool",
                   fmt::format("server '{}' has no tool '{}'", call.server, call.tool));
    }
    const KnownTool& known = known_[**tool];
    view->is_effect_given = known.is_effect_given;
    if (auto floor = CheckAgainst(known, call)) return floor;
    if (Status good = AddPaths(known.path_arguments, view); !good) {
      return Floor("path", good.error().message);
    }
  }
  if (Status good = AddPaths(call.path_arguments, view); !good) {
    return Floor("path", good.error().message);
  }
  return std::nullopt;
}

// ---- rules ----

// The rules of the file. Where tools are known, only those about this one are looked at.
Matches Policy::MatchFile(const CallView& view, std::optional<size_t> tool,
                          const Wishes& wishes) const {
  if (wishes.trace != nullptr) return MatchAll(rules_, view, wishes.trace);
  Matches matches;
  const auto offer = [&](size_t index, Match match) {
    matches.Offer(rules_[index], index, match);
    if (match != Match::kNo && wishes.matched != nullptr) wishes.matched->push_back(index);
  };
  if (tool) {
    for (const uint32_t i : rules_about_[*tool]) {
      offer(i, MatchConditions(rules_[i], view, false).match);
    }
  } else {
    for (size_t i = 0; i < rules_.size(); ++i) offer(i, MatchRule(rules_[i], view, false).match);
  }
  return matches;
}

Policy::Judgement Policy::JudgeRules(const CallView& view, std::optional<size_t> tool,
                                     const Wishes& wishes) const {
  const Matches matches = MatchFile(view, tool, wishes);
  Strongest strongest = matches.full;
  bool is_of_file = true;
  if (strongest.rule == nullptr && default_rules_ == DefaultRules::kStandard) {
    strongest = MatchAll(StandardRules(), view, wishes.trace).full;
    is_of_file = false;
  }
  if (strongest.rule == nullptr) {
    return {Verdict::kDeny, "default:deny", DefaultDenyReason(*view.call, default_rules_), {}};
  }
  if (matches.tightening.rule != nullptr &&
      matches.tightening.rule->verdict > strongest.rule->verdict) {
    strongest = matches.tightening;
    is_of_file = true;
  }
  if (wishes.trace != nullptr) (*wishes.trace)[strongest.index].decided = true;
  Judgement judgement{strongest.rule->verdict, strongest.rule->id, ReasonOf(*strongest.rule), {}};
  if (is_of_file) judgement.rule = strongest.index;
  return judgement;
}

void Policy::ApplyModes(const ProposedCall& call, const Wishes& wishes,
                        Judgement* judgement) const {
  for (const Mode mode : modes_) {
    Verdict least = LoosestVerdict(mode, call);
    const bool is_allowed_by_rule =
        judgement->verdict == Verdict::kAllow && judgement->rule.has_value();
    if (mode == Mode::kLocked && !is_allowed_by_rule) least = Verdict::kDeny;
    const bool tightens = least > judgement->verdict;
    if (wishes.modes != nullptr) {
      wishes.modes->push_back(tightens
                                  ? fmt::format("mode {}: {} becomes {}", ModeName(mode),
                                                VerdictName(judgement->verdict), VerdictName(least))
                                  : fmt::format("mode {}: no change", ModeName(mode)));
    }
    if (!tightens) continue;
    *judgement = {least, fmt::format("mode:{}", ModeName(mode)), ModeReason(mode), {}};
  }
}

Policy::Judgement Policy::Judge(const ProposedCall& call, const Wishes& wishes) const {
  CallView view;
  std::optional<size_t> tool;
  if (std::optional<Judgement> floor = CheckFloors(call, &view, &tool)) return *floor;
  Judgement judgement = JudgeRules(view, tool, wishes);
  ApplyModes(call, wishes, &judgement);
  return judgement;
}

// ---- what callers see ----

Decision Policy::Decide(const ProposedCall& call) const {
  Judgement judgement = Judge(call, {});
  const Result<std::string> digest = CallDigest(call);
  if (!digest && judgement.verdict != Verdict::kDeny) {
    judgement = Floor("malformed", digest.error().message);
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
  decision.nonce_ = NextNonce();
  decision.spent_ = std::make_shared<std::atomic<bool>>(false);
  return decision;
}

Trial Policy::Try(const ProposedCall& call) const {
  Trial trial;
  Judgement judgement =
      Judge(call, {.trace = nullptr, .matched = &trial.matched, .modes = nullptr});
  const Result<std::string> arguments = CanonicalArguments(call);
  if (!arguments && judgement.verdict != Verdict::kDeny) {
    judgement = Floor("malformed", arguments.error().message);
  }
  trial.verdict = judgement.verdict;
  trial.rule_id = std::move(judgement.rule_id);
  trial.reason = std::move(judgement.reason);
  trial.decided = judgement.rule;
  return trial;
}

Explanation Policy::Explain(const ProposedCall& call) const {
  Explanation explanation;
  explanation.decision = Decide(call);
  (void)Judge(call, {.trace = &explanation.rules, .matched = nullptr, .modes = &explanation.modes});
  explanation.text = ExplanationText(call, explanation);
  return explanation;
}

}  // namespace weir::policy
