#include "policy/replay.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "policy/examples.h"
#include "policy/explain.h"

namespace weir::policy {
namespace {

// The rules that matched nothing, or that matched and decided nothing.
std::vector<std::string> IdleRules(const ReplayReport& report, bool matched) {
  std::vector<std::string> ids;
  for (const RuleUse& use : report.rules) {
    if (use.n_decided == 0 && (use.n_matched > 0) == matched) ids.push_back(use.rule_id);
  }
  return ids;
}

std::string ByRule(const std::string& rule_id) {
  return rule_id.empty() ? std::string() : " by " + rule_id;
}

std::string Listed(std::string_view title, const std::vector<std::string>& ids) {
  return Wrapped(
      fmt::format("{} {}", title, ids.empty() ? "none" : fmt::format("{}", fmt::join(ids, ", "))),
      4);
}

}  // namespace

ReplayReport Replay(const Recording& recording, const Policy& policy) {
  ReplayReport report;
  report.n_calls = recording.calls.size();
  report.n_without_arguments = recording.n_without_arguments;
  for (const Rule& rule : policy.rules()) report.rules.push_back({rule.id, 0, 0});
  for (const PastCall& past : recording.calls) {
    Trial trial = policy.Try(past.call);
    for (const size_t rule : trial.matched) ++report.rules[rule].n_matched;
    if (trial.decided) ++report.rules[*trial.decided].n_decided;
    if (trial.verdict == past.verdict) continue;
    report.changes.push_back({past.number, CallText(past.call), past.verdict, past.rule_id,
                              trial.verdict, std::move(trial.rule_id), std::move(trial.reason)});
  }
  return report;
}

std::string ReplayText(const ReplayReport& report) {
  std::string text;
  for (const ChangedDecision& change : report.changes) {
    text += Wrapped(fmt::format("{}: {}", change.number, change.call), 4);
    text += Wrapped(
        fmt::format("    {}{} -> {} by {}: {}", VerdictName(change.was), ByRule(change.was_rule),
                    VerdictName(change.now), change.now_rule, change.reason),
        6);
  }
  text += fmt::format("{} calls, {} decisions change\n", report.n_calls, report.changes.size());
  if (report.n_without_arguments > 0) {
    text += fmt::format("{} decisions without recorded arguments were left out\n",
                        report.n_without_arguments);
  }
  text += Listed("matched but never decided:", IdleRules(report, true));
  return text + Listed("never matched:", IdleRules(report, false));
}

json::Json ReplayJson(const ReplayReport& report) {
  json::Json changes = json::Json::array();
  for (const ChangedDecision& change : report.changes) {
    changes.push_back({{"number", change.number},
                       {"call", change.call},
                       {"was", std::string(VerdictName(change.was))},
                       {"was_rule", change.was_rule},
                       {"now", std::string(VerdictName(change.now))},
                       {"now_rule", change.now_rule},
                       {"reason", change.reason}});
  }
  json::Json rules = json::Json::array();
  for (const RuleUse& use : report.rules) {
    rules.push_back(
        {{"rule", use.rule_id}, {"matched", use.n_matched}, {"decided", use.n_decided}});
  }
  return {{"calls", report.n_calls},         {"without_arguments", report.n_without_arguments},
          {"changes", std::move(changes)},   {"rules", std::move(rules)},
          {"dead", IdleRules(report, true)}, {"never_matched", IdleRules(report, false)}};
}

}  // namespace weir::policy
