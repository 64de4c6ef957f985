#include "policy/examples.h"

#include <fmt/format.h>

#include "policy/call_json.h"
#include "policy/json_lines.h"

namespace weir::policy {
namespace {

const std::vector<std::string> kExpectKeys = {"call", "expect"};
constexpr size_t kMaxCallText = 120;

}  // namespace

std::string CallText(const ProposedCall& call) {
  std::string text = fmt::format("{} {}", call.tool, json::Dump(call.arguments));
  if (text.size() <= kMaxCallText) return text;
  size_t end = kMaxCallText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // whole UTF-8
  return text.substr(0, end) + "...";
}

std::vector<RuleExamples> TellExamples(const Policy& policy) {
  std::vector<RuleExamples> all;
  for (size_t i = 0; i < policy.rules().size(); ++i) {
    const Rule& rule = policy.rules()[i];
    RuleExamples& told = all.emplace_back();
    told.rule_id = rule.id;
    told.verdict = rule.verdict;
    for (const RuleExample& example : rule.examples) {
      (example.matches ? told.n_match : told.n_no_match) += 1;
      const Trial trial = policy.Try(example.call);
      if (!example.matches || trial.decided == i) continue;
      told.overruled.push_back(fmt::format("{}: {} by {}", CallText(example.call),
                                           VerdictName(trial.verdict), trial.rule_id));
    }
  }
  return all;
}

Result<CallsReport> CheckCalls(const Policy& policy, std::string_view jsonl,
                               std::string_view file) {
  CallsReport report;
  const auto check = [&](const json::Json& object, size_t line) -> Status {
    RETURN_IF_ERROR(CheckMembers(object, kExpectKeys));
    const auto call = object.find("call");
    const auto expect = object.find("expect");
    const std::optional<Verdict> expected =
        expect != object.end() && expect->is_string()
            ? VerdictFromName(expect->get_ref<const std::string&>())
            : std::nullopt;
    if (call == object.end() || !expected) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "expected {{\"call\": {{...}}, \"expect\": allow, ask, preview, ask-typed "
                       "or deny}}");
    }
    ASSIGN_OR_RETURN(const ProposedCall proposed, CallFromJson(*call, policy.known()));
    ++report.n_calls;
    Trial trial = policy.Try(proposed);
    if (trial.verdict == *expected) return {};
    report.mismatches.push_back({line, CallText(proposed), *expected, std::move(trial)});
    return {};
  };
  RETURN_IF_ERROR(ForEachJsonLine(jsonl, file, check));
  return report;
}

}  // namespace weir::policy
