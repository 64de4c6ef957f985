#include "policy/policy_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "config/nearest.h"
#include "policy/call_json.h"
#include "policy/condition_reader.h"
#include "policy/file_values.h"
#include "policy/match.h"
#include "policy/schema_facts.h"
#include "policy/unreachable.h"

namespace weir::policy {
namespace {

constexpr size_t kMaxFileBytes = 1u << 20;
constexpr size_t kMaxRules = 2'000;  // each is held against each other
constexpr size_t kMaxIdBytes = 64;

const std::vector<std::string> kTopKeys = {"default", "mode", "rule"};
const std::vector<std::string> kRuleKeys = {"id",   "decision", "tool",  "server",  "effect",
                                            "when", "reason",   "match", "no-match"};
const std::vector<std::string> kExampleKeys = {"tool",  "server",     "arguments", "origins",
                                               "calls", "confidence", "time"};
const std::vector<std::string> kDecisions = {"allow", "ask", "ask-typed", "preview", "deny"};
const std::vector<std::string> kEffectNames = {"none", "read", "write", "delete", "network"};
const std::vector<std::string> kDefaults = {"deny", "standard"};

void AddName(std::vector<std::string>& list, const std::string& name) {
  if (std::find(list.begin(), list.end(), name) == list.end()) list.push_back(name);
}

// Reads one file. Goes on after a problem, so that all are reported at once; what was read then is
// dropped.
class Reader {
 public:
  Reader(std::span<const KnownTool> known, config::Problems& problems)
      : known_(known), values_(problems), problems_(problems) {
    for (const KnownTool& tool : known) {
      AddName(tool_names_, tool.name);
      AddName(servers_, tool.server);
    }
  }

  PolicyFile ReadTop(const config::TomlNode& top) {
    PolicyFile file;
    values_.CheckKeys(top, kTopKeys, "");
    if (top.members.empty()) {
      problems_.Say({1, 1},
                    "the policy is empty; remove the file to get the built-in rules, or write "
                    "default = \"standard\"");
    }
    const config::TomlNode* fallback = top.Find("default");
    if (fallback != nullptr && values_.Word(*fallback, "default", kDefaults) == "standard") {
      file.default_rules = DefaultRules::kStandard;
    }
    if (const config::TomlNode* mode = top.Find("mode")) {
      file.mode = ModeFromName(values_.Word(*mode, "mode", ModeNames()).value_or(""));
    }
    if (const config::TomlNode* rules = top.Find("rule")) ReadRules(*rules, file);
    return file;
  }

 private:
  // ---- rules ----

  void ReadRules(const config::TomlNode& node, PolicyFile& file) {
    if (!node.is_list()) {
      return problems_.Say(node.at, "rules are written as [[rule]] with doubled brackets");
    }
    if (node.items.size() > kMaxRules) {
      return problems_.Say(node.at, "{} rules; at most {} are possible", node.items.size(),
                           kMaxRules);
    }
    const size_t before = problems_.size();
    for (const config::TomlNode& item : node.items) {
      if (values_.Table(item, "rule", "[[rule]]") != nullptr) file.rules.push_back(ReadRule(item));
    }
    if (problems_.size() == before) CheckReach(file.rules);
  }

  Rule ReadRule(const config::TomlNode& table) {
    Rule rule;
    rule.at = table.at;
    values_.CheckKeys(table, kRuleKeys, "");
    ReadId(table, rule);
    if (const config::TomlNode* decision = table.Find("decision")) {
      const std::optional<std::string> word = values_.Word(*decision, "decision", kDecisions);
      rule.verdict = VerdictFromName(word.value_or("deny")).value_or(Verdict::kDeny);
    } else {
      problems_.Say(table.at,
                    "rule '{}' has no decision; add decision = \"allow\", \"ask\", \"ask-typed\", "
                    "\"preview\" or \"deny\"",
                    rule.id);
    }
    if (const config::TomlNode* reason = table.Find("reason")) {
      rule.reason = values_.Text(*reason, "reason").value_or("");
    }
    const size_t before = problems_.size();
    ReadScope(table, rule);
    const bool is_scope_good = problems_.size() == before;
    const std::vector<const KnownTool*> covered =
        is_scope_good ? Covered(rule) : std::vector<const KnownTool*>();
    if (const config::TomlNode* when = table.Find("when")) ReadWhen(*when, covered, values_, rule);
    if (!is_scope_good) return rule;
    if (covered.empty()) {
      problems_.Say(table.at, "rule '{}' can never match: no tool has this name, server and effect",
                    rule.id);
    } else if (problems_.size() == before) {
      CheckFits(covered, rule);
    }
    ReadExamples(table, "match", true, rule);
    ReadExamples(table, "no-match", false, rule);
    return rule;
  }

  void ReadId(const config::TomlNode& table, Rule& rule) {
    const config::TomlNode* node = table.Find("id");
    if (node == nullptr)
      return problems_.Say(table.at, "a rule without id; add id = \"some-name\"");
    const std::optional<std::string> id = values_.Text(*node, "id");
    if (!id) return;
    rule.id = *id;
    constexpr std::string_view kAllowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    if (id->size() > kMaxIdBytes || id->find_first_not_of(kAllowed) != std::string::npos) {
      problems_.Say(node->at, "id '{}' must be up to {} letters, digits, '.', '_' or '-'", *id,
                    kMaxIdBytes);
    }
    const auto [first, is_new] = ids_.emplace(*id, node->at.line);
    if (!is_new) {
      problems_.Say(node->at, "id '{}' is taken by the rule in line {}; choose another", *id,
                    first->second);
    }
  }

  // Which calls the rule is about, before its conditions.
  void ReadScope(const config::TomlNode& table, Rule& rule) {
    const config::TomlNode* tool = table.Find("tool");
    const config::TomlNode* server = table.Find("server");
    const config::TomlNode* effect = table.Find("effect");
    if (tool == nullptr && server == nullptr && effect == nullptr) {
      problems_.Say(table.at,
                    "rule '{}' does not say which calls it is about; add tool, server or effect "
                    "(tool = \"*\" for all)",
                    rule.id);
    }
    if (server != nullptr) {
      rule.server = values_.Word(*server, "server", servers_).value_or("");
    }
    if (tool != nullptr) ReadTool(*tool, rule);
    if (effect != nullptr) rule.effects = values_.Words(*effect, "effect", kEffectNames);
  }

  void ReadTool(const config::TomlNode& node, Rule& rule) {
    const std::optional<std::string> tool = values_.Text(node, "tool");
    if (!tool) return;
    Result<Glob> glob = Glob::Parse(*tool);
    if (!glob) return problems_.Say(node.at, "tool: {}", glob.error().message);
    rule.tool = std::move(*glob);
    const bool is_known = std::any_of(
        tool_names_.begin(), tool_names_.end(),
        [&](const std::string& name) { return rule.tool.Matches(name, GlobKind::kText); });
    if (!is_known) {
      problems_.Say(node.at, "unknown tool '{}'{}", *tool, config::DidYouMean(*tool, tool_names_));
    }
  }

  std::vector<const KnownTool*> Covered(const Rule& rule) const {
    std::vector<const KnownTool*> covered;
    for (const KnownTool& tool : known_) {
      if (IsAbout(rule, tool.server, tool.name, tool.effect)) covered.push_back(&tool);
    }
    return covered;
  }

  // Reports a rule whose conditions are each possible, but never together in one tool.
  void CheckFits(const std::vector<const KnownTool*>& covered, const Rule& rule) {
    const bool fits = std::any_of(covered.begin(), covered.end(), [&](const KnownTool* tool) {
      return std::none_of(rule.when.begin(), rule.when.end(), [&](const Condition& condition) {
        return FindImpossible(condition, *tool).has_value();
      });
    });
    if (fits) return;
    problems_.Say(rule.at,
                  "rule '{}' can never match: no tool that it is about fits all of its "
                  "conditions; split it",
                  rule.id);
  }

  // Reports rules that another one always overrules.
  void CheckReach(const std::vector<Rule>& rules) {
    for (size_t i = 0; i < rules.size(); ++i) {
      for (size_t j = 0; j < rules.size(); ++j) {
        const bool may_cover = j != i && (rules[j].verdict > rules[i].verdict ||
                                          (rules[j].verdict == rules[i].verdict && j < i));
        if (!may_cover || !Covers(rules[j], rules[i], known_)) continue;
        problems_.Say(rules[i].at,
                      "rule '{}' can never decide: rule '{}' in line {} says {} to every call that "
                      "it matches; remove or narrow one of them",
                      rules[i].id, rules[j].id, rules[j].at.line, VerdictName(rules[j].verdict));
        break;
      }
    }
  }

  // ---- examples ----

  void ReadExamples(const config::TomlNode& rule_table, std::string_view key, bool matches,
                    Rule& rule) {
    const config::TomlNode* node = rule_table.Find(key);
    if (node == nullptr) return;
    if (!node->is_list()) {
      return problems_.Say(
          node->at, "'{}' must be a list of calls such as [{{ tool = \"x\", arguments = {{}} }}]",
          key);
    }
    for (const config::TomlNode& item : node->items) ReadExample(item, key, matches, rule);
  }

  void ReadExample(const config::TomlNode& node, std::string_view key, bool matches, Rule& rule) {
    const config::TomlNode* table = values_.Table(node, key, "{ tool = \"x\", arguments = {} }");
    if (table == nullptr) return;
    const size_t before = problems_.size();
    values_.CheckKeys(*table, kExampleKeys, " in an example");
    json::Json object = values_.Value(*table, key);
    if (const config::TomlNode* arguments = table->Find("arguments")) {
      values_.Table(*arguments, "arguments", "{ path = \"x\" }");
    }
    if (problems_.size() != before) return;
    if (!object.contains("tool")) object["tool"] = rule.tool.pattern();
    if (!object.contains("server") && !rule.server.empty()) object["server"] = rule.server;
    const Result<ProposedCall> call = CallFromJson(object, known_);
    if (!call) return problems_.Say(node.at, "{}", call.error().message);
    const KnownTool* known = FindTool(known_, call->server, call->tool);
    if (known == nullptr) {
      const config::TomlNode* tool = table->Find("tool");
      return problems_.Say(tool == nullptr ? node.at : tool->at,
                           "the example is about the unknown tool '{}' of server '{}'{}",
                           call->tool, call->server, config::DidYouMean(call->tool, tool_names_));
    }
    if (CheckExampleArguments(*table, *known)) CompareExample(node, *call, matches, rule);
  }

  bool CheckExampleArguments(const config::TomlNode& example, const KnownTool& tool) {
    const config::TomlNode* arguments = example.Find("arguments");
    if (arguments == nullptr || tool.server != kBuiltinServer) return true;
    const size_t before = problems_.size();
    for (const config::TomlNode::Member& member : arguments->members) {
      const auto& names = tool.arguments;
      if (std::find(names.begin(), names.end(), member.key) != names.end()) continue;
      problems_.Say(member.at, "tool '{}' has no argument '{}'{}", tool.name, member.key,
                    config::DidYouMean(member.key, names));
    }
    return problems_.size() == before;
  }

  void CompareExample(const config::TomlNode& node, const ProposedCall& call, bool matches,
                      Rule& rule) {
    CallView view;
    view.call = &call;
    if (Status fits = AddPaths(call.path_arguments, &view); !fits) {
      return problems_.Say(node.at, "{}", fits.error().message);
    }
    const MatchResult result = MatchRule(rule, view, true);
    if (matches && result.match == Match::kNo) {
      problems_.Say(node.at, "rule '{}' does not match this example of a match: {}", rule.id,
                    result.why);
    }
    if (!matches && result.match != Match::kNo) {
      problems_.Say(node.at, "rule '{}' matches this example of no match", rule.id);
    }
    rule.examples.push_back({call, matches});
  }

  std::span<const KnownTool> known_;
  std::vector<std::string> tool_names_, servers_;
  std::map<std::string, uint32_t> ids_;  // id -> line
  FileValues values_;
  config::Problems& problems_;
};

}  // namespace

Result<PolicyFile> ReadPolicyFile(std::string_view toml, std::string_view file,
                                  std::span<const KnownTool> known) {
  if (toml.size() > kMaxFileBytes) {
    return MakeError(ErrorCode::kInvalidArgument, "{}: {} bytes; a policy has at most {}", file,
                     toml.size(), kMaxFileBytes);
  }
  config::Problems problems;
  config::TomlNode top;
  PolicyFile content;
  if (config::ParseToml(toml, file, &top, problems)) content = Reader(known, problems).ReadTop(top);
  if (!problems.empty()) {
    return MakeError(ErrorCode::kInvalidArgument, "{}", problems.Text(file));
  }
  return content;
}

}  // namespace weir::policy
