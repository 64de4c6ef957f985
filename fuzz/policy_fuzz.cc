// Any bytes as a policy file: reading it never crashes, every error is told with its line and
// column, and what can be read decides every call, says why, and says the same twice.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "json/json.h"
#include "policy/call.h"
#include "policy/policy.h"

namespace {

using weir::json::Json;
using weir::policy::Decision;
using weir::policy::Explanation;
using weir::policy::KnownTool;
using weir::policy::Origin;
using weir::policy::Policy;
using weir::policy::ProposedCall;

constexpr std::string_view kFile = "policy.toml";

const std::vector<KnownTool>& Known() {
  static const Json text = {{"type", "string"}};
  static const std::vector<KnownTool> known = {
      {.name = "read_file",
       .effect = "read",
       .arguments = {"path"},
       .path_arguments = {"path"},
       .parameters = {{"type", "object"}, {"properties", {{"path", text}}}}},
      {.name = "write_file",
       .effect = "write",
       .arguments = {"path", "text", "times"},
       .path_arguments = {"path"},
       .parameters = {{"type", "object"},
                      {"properties",
                       {{"path", text}, {"text", text}, {"times", {{"type", "integer"}}}}}}},
      {.server = "mail",
       .name = "send_mail",
       .effect = "network",
       .arguments = {"to", "url"},
       .path_arguments = {}}};
  return known;
}

std::vector<ProposedCall> Calls() {
  ProposedCall read;
  read.tool = "read_file";
  read.effect = "read";
  read.arguments = {{"path", "notes/a.md"}};
  read.path_arguments = {"path"};
  read.origins["path"] = {Origin::kPerson};
  read.confidence = 0.4;
  ProposedCall write;
  write.tool = "write_file";
  write.effect = "write";
  write.arguments = {{"path", "notes/../b.csv"}, {"text", "two\nlines"}, {"times", 3}};
  write.path_arguments = {"path"};
  write.calls_so_far = 2;
  write.minute_of_day = 23 * 60;
  ProposedCall mail;
  mail.server = "mail";
  mail.tool = "send_mail";
  mail.effect = "network";
  mail.arguments = {{"to", Json::array({{{"address", "a@example.org"}}, {{"address", 7}}})},
                    {"url", "https://a.example.org:8443/x"}};
  mail.origins["to"] = {Origin::kModel, Origin::kToolResult};
  ProposedCall unknown;
  unknown.tool = "fly";
  return {read, write, mail, unknown};
}

std::string_view DropDigits(std::string_view text) {
  const size_t n = text.find_first_not_of("0123456789");
  return n == 0 || n == std::string_view::npos ? std::string_view() : text.substr(n);
}

// "policy.toml: line 7, column 3: what is wrong"; or the note that there are more.
bool IsErrorLine(std::string_view line) {
  if (!line.starts_with(kFile)) return false;
  line.remove_prefix(kFile.size());
  if (line.starts_with(": and ") && line.ends_with(" more")) return true;
  constexpr std::string_view kLine = ": line ";
  constexpr std::string_view kColumn = ", column ";
  if (!line.starts_with(kLine)) return false;
  line = DropDigits(line.substr(kLine.size()));
  if (!line.starts_with(kColumn)) return false;
  line = DropDigits(line.substr(kColumn.size()));
  return line.starts_with(": ") && line.size() > 2;
}

void CheckError(std::string_view message) {
  CHECK(!message.empty());
  while (!message.empty()) {
    const size_t end = std::min(message.find('\n'), message.size());
    CHECK(IsErrorLine(message.substr(0, end)));
    message.remove_prefix(std::min(end + 1, message.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const weir::Result<Policy> policy = Policy::Parse(text, kFile, Known());
  if (!policy) {
    CheckError(policy.error().message);
    return 0;
  }
  const weir::Result<Policy> again = Policy::Parse(text, kFile, Known());
  CHECK(again.has_value() && again->hash() == policy->hash());
  for (const ProposedCall& call : Calls()) {
    const Decision decision = policy->Decide(call);
    const Explanation explanation = policy->Explain(call);
    CHECK(explanation.decision.verdict == decision.verdict);
    CHECK(explanation.decision.rule_id == decision.rule_id && !decision.rule_id.empty());
    CHECK(explanation.decision.policy_hash == policy->hash());
    CHECK(!explanation.text.empty());
    // Before a floor no rule is asked.
    const bool is_floor = decision.rule_id.starts_with("floor:");
    CHECK(is_floor || explanation.rules.size() >= policy->n_rules());
    CHECK(policy->Try(call).verdict == decision.verdict);
  }
  return 0;
}
