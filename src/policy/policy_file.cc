#include "policy/policy_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "json/json.h"
#include "policy/glob.h"
#include "policy/nearest.h"
#include "policy/path.h"

// toml++ 3.3 asserts, and in release builds lets clang assume, what a malformed file can break
// (such as "[[["); left to itself it goes on to a proper error. So neither is wanted, and it comes
// last.
#undef NDEBUG
#define TOML_ASSERT(expr) static_assert(true)
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

namespace weir::policy {
namespace {

constexpr size_t kMaxFileBytes = 1u << 20;
constexpr size_t kMaxRules = 10'000;
constexpr size_t kMaxProblems = 20;
constexpr size_t kMaxIdBytes = 64;

const std::vector<std::string> kTopKeys = {"default", "rule"};
const std::vector<std::string> kRuleKeys = {"id",   "decision", "tool",  "server",  "effect",
                                            "when", "reason",   "match", "no-match"};
const std::vector<std::string> kWhenKeys = {"argument"};
const std::vector<std::string> kTestKeys = {"equals", "one-of", "glob", "inside", "min", "max"};
const std::vector<std::string> kExampleKeys = {"tool", "server", "arguments"};
const std::vector<std::string> kDecisions = {"allow", "ask", "deny"};
const std::vector<std::string> kEffectNames = {"none", "read", "write", "delete", "network"};
const std::vector<std::string> kDefaults = {"deny", "standard"};

std::string_view TypeName(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

struct Problem {
  toml::source_position at;
  std::string text;
};

// Reads one file. Goes on after a problem, so that all are reported at once; what was read then is
// dropped.
class Reader {
 public:
  explicit Reader(std::span<const KnownTool> known) : known_(known) {
    for (const KnownTool& tool : known) {
      Add(tool_names_, tool.name);
      Add(servers_, tool.server);
    }
  }

  PolicyFile ReadTop(const toml::table& top) {
    PolicyFile file;
    CheckKeys(top, kTopKeys, "");
    if (top.empty()) {
      Report({1, 1},
             "the policy is empty; remove the file to get the built-in rules, or write "
             "default = \"standard\"");
    }
    const toml::node* fallback = top.get("default");
    if (fallback != nullptr && ReadWord(*fallback, "default", kDefaults) == "standard") {
      file.default_rules = DefaultRules::kStandard;
    }
    if (const toml::node* rules = top.get("rule")) ReadRules(*rules, file);
    return file;
  }

  void Report(toml::source_position at, std::string text) {
    problems_.push_back({at, std::move(text)});
  }

  // All problems in file order, one a line.
  std::string Problems(std::string_view file) {
    std::stable_sort(problems_.begin(), problems_.end(),
                     [](const Problem& a, const Problem& b) { return a.at < b.at; });
    std::string text;
    for (size_t i = 0; i < std::min(problems_.size(), kMaxProblems); ++i) {
      const Problem& problem = problems_[i];
      text += fmt::format("{}{}: line {}, column {}: {}", i == 0 ? "" : "\n", file, problem.at.line,
                          problem.at.column, problem.text);
    }
    if (problems_.size() > kMaxProblems) {
      text += fmt::format("\n{}: and {} more", file, problems_.size() - kMaxProblems);
    }
    return text;
  }
  bool ok() const { return problems_.empty(); }

 private:
  static void Add(std::vector<std::string>& list, const std::string& name) {
    if (std::find(list.begin(), list.end(), name) == list.end()) list.push_back(name);
  }

  template <class... Args>
  void Say(const toml::node& at, fmt::format_string<Args...> format, Args&&... args) {
    Report(at.source().begin, fmt::format(format, std::forward<Args>(args)...));
  }

  // ---- values ----

  void CheckKeys(const toml::table& table, const std::vector<std::string>& known,
                 std::string_view where) {
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      Report(key.source().begin,
             fmt::format("unknown key '{}'{}{}", name, where, DidYouMean(name, known)));
    }
  }

  const toml::table* ReadTable(const toml::node& node, std::string_view key,
                               std::string_view example) {
    if (node.is_table()) return node.as_table();
    Say(node, "'{}' must be a table such as {}, not {}", key, example, TypeName(node));
    return nullptr;
  }

  std::optional<std::string> ReadText(const toml::node& node, std::string_view key) {
    if (!node.is_string()) {
      Say(node, "'{}' must be a text in quotes, not {}", key, TypeName(node));
      return std::nullopt;
    }
    std::string text = node.as_string()->get();
    if (!text.empty()) return text;
    Say(node, "'{}' is empty", key);
    return std::nullopt;
  }

  // A word of a fixed list; empty after a report.
  std::string ReadWord(const toml::node& node, std::string_view key,
                       const std::vector<std::string>& words) {
    const std::optional<std::string> word = ReadText(node, key);
    if (!word) return "";
    if (std::find(words.begin(), words.end(), *word) != words.end()) return *word;
    Say(node, "unknown {} '{}'{}", key, *word, DidYouMean(*word, words));
    return "";
  }

  std::optional<json::Json> ReadNumber(const toml::node& node, std::string_view key) {
    if (node.is_integer()) return json::Json(node.as_integer()->get());
    if (node.is_floating_point() && std::isfinite(node.as_floating_point()->get())) {
      return json::Json(node.as_floating_point()->get());
    }
    Say(node, "'{}' must be a finite number, not {}", key, TypeName(node));
    return std::nullopt;
  }

  std::optional<json::Json> ReadScalar(const toml::node& node, std::string_view key) {
    if (node.is_string()) return json::Json(node.as_string()->get());
    if (node.is_boolean()) return json::Json(node.as_boolean()->get());
    if (node.is_number()) return ReadNumber(node, key);
    Say(node, "'{}' must be a text, a number, true or false, not {}", key, TypeName(node));
    return std::nullopt;
  }

  // A value of an example's arguments; null after a report.
  json::Json ReadValue(const toml::node& node, std::string_view key) {
    if (const toml::array* array = node.as_array()) {
      json::Json list = json::Json::array();
      for (const toml::node& item : *array) list.push_back(ReadValue(item, key));
      return list;
    }
    if (const toml::table* table = node.as_table()) {
      json::Json object = json::Json::object();
      for (const auto& [name, item] : *table) {
        object[std::string(name.str())] = ReadValue(item, name.str());
      }
      return object;
    }
    return ReadScalar(node, key).value_or(json::Json());
  }

  // ---- rules ----

  void ReadRules(const toml::node& node, PolicyFile& file) {
    const toml::array* list = node.as_array();
    if (list == nullptr) {
      return Say(node, "rules are written as [[rule]] with doubled brackets");
    }
    if (list->size() > kMaxRules) {
      return Say(node, "{} rules; at most {} are possible", list->size(), kMaxRules);
    }
    for (const toml::node& item : *list) {
      if (const toml::table* table = ReadTable(item, "rule", "[[rule]]")) {
        file.rules.push_back(ReadRule(*table));
      }
    }
  }

  Rule ReadRule(const toml::table& table) {
    Rule rule;
    CheckKeys(table, kRuleKeys, "");
    ReadId(table, rule);
    if (const toml::node* decision = table.get("decision")) {
      const std::string word = ReadWord(*decision, "decision", kDecisions);
      rule.verdict = word == "allow" ? Verdict::kAllow
                     : word == "ask" ? Verdict::kAsk
                                     : Verdict::kDeny;
    } else {
      Say(table, "rule '{}' has no decision; add decision = \"allow\", \"ask\" or \"deny\"",
          rule.id);
    }
    if (const toml::node* reason = table.get("reason")) {
      rule.reason = ReadText(*reason, "reason").value_or("");
    }
    ReadScope(table, rule);
    const std::vector<const KnownTool*> covered = Covered(rule);
    if (const toml::node* when = table.get("when")) ReadWhen(*when, covered, rule);
    if (!scope_ok_) return rule;
    if (covered.empty()) {
      Say(table, "rule '{}' can never match: no tool has this name, server and effect", rule.id);
    }
    ReadExamples(table, "match", true, rule);
    ReadExamples(table, "no-match", false, rule);
    return rule;
  }

  void ReadId(const toml::table& table, Rule& rule) {
    const toml::node* node = table.get("id");
    if (node == nullptr) return Say(table, "a rule without id; add id = \"some-name\"");
    const std::optional<std::string> id = ReadText(*node, "id");
    if (!id) return;
    rule.id = *id;
    constexpr std::string_view kAllowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    if (id->size() > kMaxIdBytes || id->find_first_not_of(kAllowed) != std::string::npos) {
      Say(*node, "id '{}' must be up to {} letters, digits, '.', '_' or '-'", *id, kMaxIdBytes);
    }
    const auto [first, is_new] = ids_.emplace(*id, node->source().begin.line);
    if (!is_new) Say(*node, "id '{}' is taken by the rule in line {}", *id, first->second);
  }

  // Which calls the rule is about, before its conditions. Sets scope_ok_.
  void ReadScope(const toml::table& table, Rule& rule) {
    const size_t before = problems_.size();
    const toml::node* tool = table.get("tool");
    const toml::node* server = table.get("server");
    const toml::node* effect = table.get("effect");
    if (tool == nullptr && server == nullptr && effect == nullptr) {
      Say(table,
          "rule '{}' does not say which calls it is about; add tool, server or effect "
          "(tool = \"*\" for all)",
          rule.id);
    }
    if (server != nullptr) ReadServer(*server, rule);
    if (tool != nullptr) ReadTool(*tool, rule);
    if (effect != nullptr) ReadEffects(*effect, rule);
    scope_ok_ = problems_.size() == before;
  }

  void ReadServer(const toml::node& node, Rule& rule) {
    const std::optional<std::string> server = ReadText(node, "server");
    if (!server) return;
    rule.server = *server;
    if (std::find(servers_.begin(), servers_.end(), *server) != servers_.end()) return;
    Say(node, "unknown server '{}'{}", *server, DidYouMean(*server, servers_));
  }

  void ReadTool(const toml::node& node, Rule& rule) {
    const std::optional<std::string> tool = ReadText(node, "tool");
    if (!tool) return;
    rule.tool = *tool;
    if (Status good = CheckGlob(*tool); !good) return Say(node, "tool: {}", good.error().message);
    for (const KnownTool& known : known_) {
      if (GlobMatch(*tool, known.name, GlobKind::kText)) return;
    }
    Say(node, "unknown tool '{}'{}", *tool, DidYouMean(*tool, tool_names_));
  }

  void ReadEffects(const toml::node& node, Rule& rule) {
    const toml::array* list = node.as_array();
    if (list == nullptr) {
      rule.effects = {ReadWord(node, "effect", kEffectNames)};
      return;
    }
    for (const toml::node& item : *list) {
      rule.effects.push_back(ReadWord(item, "effect", kEffectNames));
    }
    if (list->empty()) Say(node, "'effect' is an empty list; name at least one effect");
  }

  std::vector<const KnownTool*> Covered(const Rule& rule) const {
    std::vector<const KnownTool*> covered;
    for (const KnownTool& tool : known_) {
      const bool effect_fits =
          rule.effects.empty() ||
          std::find(rule.effects.begin(), rule.effects.end(), tool.effect) != rule.effects.end();
      const bool server_fits = rule.server.empty() || rule.server == tool.server;
      if (effect_fits && server_fits && GlobMatch(rule.tool, tool.name, GlobKind::kText)) {
        covered.push_back(&tool);
      }
    }
    return covered;
  }

  // ---- conditions ----

  void ReadWhen(const toml::node& node, const std::vector<const KnownTool*>& covered, Rule& rule) {
    const toml::table* when = ReadTable(node, "when", "[rule.when]");
    if (when == nullptr) return;
    CheckKeys(*when, kWhenKeys, " in [rule.when]; conditions are written argument.NAME = { ... }");
    const toml::node* arguments = when->get("argument");
    if (arguments == nullptr) {
      if (when->empty()) Say(node, "an empty [rule.when]; remove it or add a condition");
      return;
    }
    const toml::table* table = ReadTable(*arguments, "argument", "argument.NAME = { equals = 1 }");
    if (table == nullptr) return;
    for (const auto& [key, tests] : *table) {
      const std::string name(key.str());
      if (scope_ok_ && !covered.empty()) CheckArgumentName(key, covered, rule);
      ReadCondition(tests, name, covered, rule);
    }
  }

  void CheckArgumentName(const toml::key& key, const std::vector<const KnownTool*>& covered,
                         const Rule& rule) {
    const std::string name(key.str());
    std::vector<std::string> names;
    for (const KnownTool* tool : covered) {
      for (const std::string& argument : tool->arguments) Add(names, argument);
    }
    if (std::find(names.begin(), names.end(), name) != names.end()) return;
    const std::string subject = covered.size() == 1
                                    ? fmt::format("tool '{}' has", covered[0]->name)
                                    : fmt::format("no tool that rule '{}' is about has", rule.id);
    Report(key.source().begin,
           fmt::format("{} {} argument '{}'{}", subject, covered.size() == 1 ? "no" : "an", name,
                       DidYouMean(name, names)));
  }

  void ReadCondition(const toml::node& node, const std::string& name,
                     const std::vector<const KnownTool*>& covered, Rule& rule) {
    const toml::table* tests = ReadTable(node, name, "{ equals = \"x\" }");
    if (tests == nullptr) return;
    CheckKeys(*tests, kTestKeys, fmt::format(" in the condition on argument '{}'", name));
    if (tests->empty()) Say(node, "the condition on argument '{}' is empty; add a test", name);
    Condition condition;
    condition.argument = name;
    if (const toml::node* equals = tests->get("equals")) {
      condition.equals = ReadScalar(*equals, "equals");
    }
    if (const toml::node* options = tests->get("one-of")) ReadOptions(*options, condition);
    if (const toml::node* glob = tests->get("glob")) ReadGlob(*glob, condition);
    if (const toml::node* folder = tests->get("inside")) ReadInside(*folder, covered, condition);
    ReadRange(*tests, condition);
    rule.when.push_back(std::move(condition));
  }

  void ReadOptions(const toml::node& node, Condition& condition) {
    const toml::array* list = node.as_array();
    if (list == nullptr || list->empty()) {
      return Say(node, "'one-of' must be a list of at least one value, not {}",
                 list == nullptr ? TypeName(node) : "an empty one");
    }
    for (const toml::node& item : *list) {
      if (std::optional<json::Json> value = ReadScalar(item, "one-of")) {
        condition.one_of.push_back(std::move(*value));
      }
    }
  }

  void ReadGlob(const toml::node& node, Condition& condition) {
    condition.glob = ReadText(node, "glob");
    if (!condition.glob) return;
    if (Status good = CheckGlob(*condition.glob); !good) Say(node, "{}", good.error().message);
  }

  void ReadInside(const toml::node& node, const std::vector<const KnownTool*>& covered,
                  Condition& condition) {
    const std::optional<std::string> folder = ReadText(node, "inside");
    if (!folder) return;
    Result<std::string> normal = NormalPath(*folder);
    if (!normal) return Say(node, "inside: {}", normal.error().message);
    condition.inside = std::move(*normal);
    // Strangers do not declare their paths, so only our own tools can be told apart here.
    for (const KnownTool* tool : covered) {
      if (tool->server != kBuiltinServer) return;
      const auto& paths = tool->path_arguments;
      if (std::find(paths.begin(), paths.end(), condition.argument) != paths.end()) return;
    }
    if (scope_ok_ && !covered.empty()) {
      Say(node,
          "argument '{}' is no path, so nothing can be inside a folder; use equals, one-of or "
          "glob",
          condition.argument);
    }
  }

  void ReadRange(const toml::table& tests, Condition& condition) {
    const toml::node* min = tests.get("min");
    const toml::node* max = tests.get("max");
    if (min != nullptr) condition.min = ReadNumber(*min, "min");
    if (max != nullptr) condition.max = ReadNumber(*max, "max");
    if (condition.min && condition.max && *condition.min > *condition.max) {
      Say(*min, "min {} is larger than max {}, so no number fits", json::Dump(*condition.min),
          json::Dump(*condition.max));
    }
  }

  // ---- examples ----

  void ReadExamples(const toml::table& rule_table, std::string_view key, bool matches,
                    const Rule& rule) {
    const toml::node* node = rule_table.get(key);
    if (node == nullptr) return;
    const toml::array* list = node->as_array();
    if (list == nullptr) {
      return Say(*node,
                 "'{}' must be a list of calls such as [{{ tool = \"x\", arguments = {{}} }}]",
                 key);
    }
    for (const toml::node& item : *list) CheckExample(item, key, matches, rule);
  }

  void CheckExample(const toml::node& node, std::string_view key, bool matches, const Rule& rule) {
    const toml::table* table = ReadTable(node, key, "{ tool = \"x\", arguments = {} }");
    if (table == nullptr) return;
    const size_t before = problems_.size();
    CheckKeys(*table, kExampleKeys, " in an example");
    const std::string tool = ReadOr(*table, "tool", rule.tool);
    const std::string server =
        ReadOr(*table, "server", rule.server.empty() ? std::string(kBuiltinServer) : rule.server);
    ProposedCall call;
    if (const toml::node* arguments = table->get("arguments")) {
      if (ReadTable(*arguments, "arguments", "{ path = \"x\" }") != nullptr) {
        call.arguments = ReadValue(*arguments, "arguments");
      }
    }
    if (problems_.size() != before) return;
    const KnownTool* known = Find(server, tool);
    if (known == nullptr) {
      return Say(node, "the example is about the unknown tool '{}' of server '{}'{}", tool, server,
                 DidYouMean(tool, tool_names_));
    }
    call.server = server;
    call.tool = tool;
    call.effect = known->effect;
    CompareExample(node, call, *known, matches, rule);
  }

  void CompareExample(const toml::node& node, const ProposedCall& call, const KnownTool& known,
                      bool matches, const Rule& rule) {
    CallView view;
    view.call = &call;
    for (const std::string& name : known.path_arguments) {
      const auto found = call.arguments.find(name);
      if (found == call.arguments.end() || !found->is_string()) continue;
      Result<std::string> normal = NormalPath(found->get_ref<const std::string&>());
      if (!normal) return Say(node, "argument '{}': {}", name, normal.error().message);
      view.normal_paths[name] = std::move(*normal);
    }
    const MatchResult result = MatchRule(rule, view, true);
    if (matches && result.match == Match::kNo) {
      Say(node, "rule '{}' does not match this example of a match: {}", rule.id, result.why);
    }
    if (!matches && result.match != Match::kNo) {
      Say(node, "rule '{}' matches this example of no match", rule.id);
    }
  }

  std::string ReadOr(const toml::table& table, std::string_view key, std::string fallback) {
    const toml::node* node = table.get(key);
    return node == nullptr ? std::move(fallback) : ReadText(*node, key).value_or("");
  }

  const KnownTool* Find(const std::string& server, const std::string& name) const {
    for (const KnownTool& tool : known_) {
      if (tool.server == server && tool.name == name) return &tool;
    }
    return nullptr;
  }

  std::span<const KnownTool> known_;
  std::vector<std::string> tool_names_, servers_;
  std::map<std::string, toml::source_index> ids_;  // id -> line
  bool scope_ok_ = true;                           // of the rule being read
  std::vector<Problem> problems_;
};

}  // namespace

Result<PolicyFile> ReadPolicyFile(std::string_view toml, std::string_view file,
                                  std::span<const KnownTool> known) {
  if (toml.size() > kMaxFileBytes) {
    return MakeError(ErrorCode::kInvalidArgument, "{}: {} bytes; a policy has at most {}", file,
                     toml.size(), kMaxFileBytes);
  }
  Reader reader(known);
  const toml::parse_result parsed = toml::parse(toml, file);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    reader.Report(error.source().begin, fmt::format("no valid TOML: {}", error.description()));
    return MakeError(ErrorCode::kInvalidArgument, "{}", reader.Problems(file));
  }
  PolicyFile content = reader.ReadTop(parsed.table());
  if (!reader.ok()) return MakeError(ErrorCode::kInvalidArgument, "{}", reader.Problems(file));
  return content;
}

}  // namespace weir::policy
