#include "policy/condition_reader.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "config/nearest.h"
#include "policy/path.h"
#include "policy/schema_facts.h"
#include "policy/truth.h"

namespace weir::policy {
namespace {

const std::vector<std::string> kWhenKeys = {"argument", "origin", "calls", "confidence", "time"};
const std::vector<std::string> kTestKeys = {"equals",     "one-of",  "glob",         "regex",
                                            "inside",     "min",     "max",          "min-length",
                                            "max-length", "host-in", "recipient-in", "origin"};
const std::vector<std::string> kRangeKeys = {"min", "max"};
const std::vector<std::string> kTimeKeys = {"from", "to"};

// Reads the conditions of one rule.
class WhenReader {
 public:
  WhenReader(const std::vector<const KnownTool*>& covered, FileValues& values, Rule& rule)
      : covered_(covered), values_(values), problems_(values.problems()), rule_(rule) {}

  void Read(const config::TomlNode& node) {
    const config::TomlNode* when = values_.Table(node, "when", "[rule.when]");
    if (when == nullptr) return;
    values_.CheckKeys(*when, kWhenKeys,
                      " in [rule.when]; conditions on arguments are written "
                      "argument.NAME = { ... }");
    if (when->members.empty()) {
      problems_.Say(node.at, "an empty [rule.when]; remove it or add a condition");
    }
    if (const config::TomlNode* arguments = when->Find("argument")) ReadArguments(*arguments);
    if (const config::TomlNode* origin = when->Find("origin")) {
      rule_.origins = values_.Origins(*origin, "origin");
    }
    if (const config::TomlNode* calls = when->Find("calls")) ReadCalls(*calls);
    if (const config::TomlNode* confidence = when->Find("confidence")) ReadConfidence(*confidence);
    if (const config::TomlNode* time = when->Find("time")) ReadTime(*time);
  }

 private:
  // ---- the moment ----

  void ReadCalls(const config::TomlNode& node) {
    const config::TomlNode* table = values_.Table(node, "calls", "{ max = 3 }");
    if (table == nullptr || !HasTests(*table, kRangeKeys, "calls")) return;
    CountRange range;
    if (const config::TomlNode* min = table->Find("min"))
      range.min = values_.Count(*min, "min").value_or(0);
    if (const config::TomlNode* max = table->Find("max")) {
      range.max = values_.Count(*max, "max").value_or(range.max);
    }
    CheckOrder(*table, range.min, range.max);
    rule_.calls = range;
  }

  void ReadConfidence(const config::TomlNode& node) {
    const config::TomlNode* table = values_.Table(node, "confidence", "{ min = 0.9 }");
    if (table == nullptr || !HasTests(*table, kRangeKeys, "confidence")) return;
    ShareRange range;
    if (const config::TomlNode* min = table->Find("min"))
      range.min = values_.Share(*min, "min").value_or(0);
    if (const config::TomlNode* max = table->Find("max"))
      range.max = values_.Share(*max, "max").value_or(1);
    CheckOrder(*table, range.min, range.max);
    rule_.confidence = range;
  }

  void ReadTime(const config::TomlNode& node) {
    const config::TomlNode* table =
        values_.Table(node, "time", "{ from = \"09:00\", to = \"17:00\" }");
    if (table == nullptr || !HasTests(*table, kTimeKeys, "time")) return;
    const config::TomlNode* from = table->Find("from");
    const config::TomlNode* to = table->Find("to");
    if (from == nullptr || to == nullptr) {
      return problems_.Say(node.at, "'time' needs both from and to");
    }
    const std::optional<int> begin = values_.Time(*from, "from");
    const std::optional<int> end = values_.Time(*to, "to");
    if (!begin || !end) return;
    if (*begin == *end || *begin == 1440) {
      problems_.Say(from->at, "no time is from {} to {}", TimeText(*begin), TimeText(*end));
    }
    rule_.time = TimeRange{*begin, *end};
  }

  bool HasTests(const config::TomlNode& table, const std::vector<std::string>& keys,
                std::string_view name) {
    values_.CheckKeys(table, keys, fmt::format(" in the condition on {}", name));
    if (!table.members.empty()) return true;
    problems_.Say(table.at, "the condition on {} is empty; add {}", name, fmt::join(keys, " or "));
    return false;
  }

  template <class T>
  void CheckOrder(const config::TomlNode& table, const T& min, const T& max) {
    const config::TomlNode* node = table.Find("min");
    if (node == nullptr || min <= max) return;
    problems_.Say(node->at, "min {} is larger than max {}, so no number fits", min, max);
  }

  // ---- arguments ----

  void ReadArguments(const config::TomlNode& node) {
    const config::TomlNode* table =
        values_.Table(node, "argument", "argument.NAME = { equals = 1 }");
    if (table == nullptr) return;
    if (table->members.empty()) {
      problems_.Say(node.at, "'argument' is empty; write argument.NAME = {{ ... }}");
    }
    for (const config::TomlNode::Member& member : table->members) ReadArgument(member);
  }

  void ReadArgument(const config::TomlNode::Member& member) {
    Result<ArgumentPointer> pointer = ArgumentPointer::Parse(member.key);
    if (!pointer) return problems_.Say(member.at, "{}", pointer.error().message);
    const std::string name = pointer->Text();
    const size_t before = problems_.size();
    CheckPlace(member, *pointer);
    const config::TomlNode* tests = values_.Table(member.node, member.key, "{ equals = \"x\" }");
    if (tests == nullptr) return;
    values_.CheckKeys(*tests, kTestKeys, fmt::format(" in the condition on argument '{}'", name));
    if (tests->members.empty()) {
      problems_.Say(member.node.at, "the condition on argument '{}' is empty; add a test", name);
    }
    Condition condition;
    condition.pointer = std::move(*pointer);
    ReadValues(*tests, condition);
    ReadTextTests(*tests, condition);
    ReadRanges(*tests, condition);
    if (const config::TomlNode* origin = tests->Find("origin")) {
      condition.origins = values_.Origins(*origin, "origin");
    }
    if (problems_.size() == before) CheckPossible(*tests, condition);
    rule_.when.push_back(std::move(condition));
  }

  // Reports a place that no tool of the rule has.
  void CheckPlace(const config::TomlNode::Member& member, const ArgumentPointer& pointer) {
    Lookup last;
    std::vector<std::string> names;
    for (const KnownTool* tool : covered_) {
      last = LookUp(*tool, pointer);
      if (last.exists) return;
      for (const std::string& name : last.instead) {
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
      }
    }
    if (covered_.empty()) return;
    const bool is_one = covered_.size() == 1;
    const std::string subject =
        is_one ? fmt::format("tool '{}' has no", covered_[0]->name)
               : fmt::format("no tool that rule '{}' is about has an", rule_.id);
    const std::string place = pointer.parts().size() > 1 && last.missing != pointer.parts()[0]
                                  ? fmt::format(" with a part '{}'", last.missing)
                                  : "";
    problems_.Say(member.at, "{} argument '{}'{}{}", subject, pointer.Text(), place,
                  config::DidYouMean(last.missing, names));
  }

  void ReadValues(const config::TomlNode& tests, Condition& condition) {
    if (const config::TomlNode* equals = tests.Find("equals")) {
      if (std::optional<json::Json> value = values_.Scalar(*equals, "equals")) {
        condition.equals = Wanted(std::move(*value));
      }
    }
    const config::TomlNode* one_of = tests.Find("one-of");
    const config::TomlNode* list =
        one_of == nullptr ? nullptr : values_.List(*one_of, "one-of", "[\"a\"]");
    if (list == nullptr) return;
    for (const config::TomlNode& item : list->items) {
      std::optional<json::Json> value = values_.Scalar(item, "one-of");
      if (!value) continue;
      condition.one_of.emplace_back(std::move(*value));
      CheckOption(item, condition);
    }
  }

  // Reports an option that the argument has in no tool of the rule.
  void CheckOption(const config::TomlNode& item, const Condition& condition) {
    const Wanted& option = condition.one_of.back();
    ValueFacts facts;
    for (const KnownTool* tool : covered_) {
      facts = LookUp(*tool, condition.pointer).facts;
      if (IsPossible(option, facts)) return;
    }
    if (covered_.empty()) return;
    std::vector<std::string> texts;
    if (facts.values != nullptr) {
      for (const json::Json& value : *facts.values) {
        if (value.is_string()) texts.push_back(value.get<std::string>());
      }
    }
    problems_.Say(
        item.at, "{} can never be: argument '{}' is {}{}", json::Dump(option.value),
        condition.pointer.Text(), facts.Text(),
        option.value.is_string() ? config::DidYouMean(option.value.get<std::string>(), texts) : "");
  }

  void ReadTextTests(const config::TomlNode& tests, Condition& condition) {
    if (const config::TomlNode* glob = tests.Find("glob")) {
      condition.glob = ReadWith(*glob, "glob", Glob::Parse);
    }
    if (const config::TomlNode* regex = tests.Find("regex")) {
      condition.regex = ReadWith(*regex, "regex", Regex::Compile);
    }
    if (const config::TomlNode* inside = tests.Find("inside")) {
      condition.inside = ReadWith(*inside, "inside", NormalPath);
      if (condition.inside) CheckIsPath(*inside, condition);
    }
    if (const config::TomlNode* hosts = tests.Find("host-in")) {
      condition.hosts = ReadListWith(*hosts, "host-in", HostPattern::Parse);
    }
    if (const config::TomlNode* recipients = tests.Find("recipient-in")) {
      condition.recipients = ReadListWith(*recipients, "recipient-in", RecipientPattern::Parse);
    }
  }

  // What `parse` makes of the text; its error is reported at the text.
  template <class T>
  std::optional<T> ReadWith(const config::TomlNode& node, std::string_view key,
                            Result<T> (*parse)(std::string_view)) {
    const std::optional<std::string> text = values_.Text(node, key);
    if (!text) return std::nullopt;
    Result<T> value = parse(*text);
    if (value) return std::move(*value);
    problems_.Say(node.at, "{}: {}", key, value.error().message);
    return std::nullopt;
  }

  template <class T>
  std::vector<T> ReadListWith(const config::TomlNode& node, std::string_view key,
                              Result<T> (*parse)(std::string_view)) {
    std::vector<T> read;
    const config::TomlNode* list = values_.List(node, key, "[\"example.org\"]");
    if (list == nullptr) return read;
    for (const config::TomlNode& item : list->items) {
      if (std::optional<T> value = ReadWith(item, key, parse)) read.push_back(std::move(*value));
    }
    return read;
  }

  // Strangers do not declare their paths, so only our own tools can be told apart here.
  void CheckIsPath(const config::TomlNode& node, const Condition& condition) {
    for (const KnownTool* tool : covered_) {
      if (tool->server != kBuiltinServer) return;
      const auto& paths = tool->path_arguments;
      if (std::find(paths.begin(), paths.end(), condition.pointer.Text()) != paths.end()) return;
    }
    if (covered_.empty()) return;
    problems_.Say(node.at,
                  "argument '{}' is no path, so nothing can be inside a folder; use equals, "
                  "one-of or glob",
                  condition.pointer.Text());
  }

  void ReadRanges(const config::TomlNode& tests, Condition& condition) {
    const config::TomlNode* min = tests.Find("min");
    const config::TomlNode* max = tests.Find("max");
    if (min != nullptr) condition.min = values_.Number(*min, "min");
    if (max != nullptr) condition.max = values_.Number(*max, "max");
    if (condition.min && condition.max && NumberOf(*condition.min) > NumberOf(*condition.max)) {
      problems_.Say(min->at, "min {} is larger than max {}, so no number fits",
                    json::Dump(*condition.min), json::Dump(*condition.max));
    }
    const config::TomlNode* shortest = tests.Find("min-length");
    const config::TomlNode* longest = tests.Find("max-length");
    if (shortest != nullptr) condition.min_length = values_.Count(*shortest, "min-length");
    if (longest != nullptr) condition.max_length = values_.Count(*longest, "max-length");
    if (condition.min_length && condition.max_length &&
        *condition.min_length > *condition.max_length) {
      problems_.Say(shortest->at, "min-length {} is larger than max-length {}, so nothing fits",
                    *condition.min_length, *condition.max_length);
    }
  }

  // Reports a test that no tool's schema lets anything meet.
  void CheckPossible(const config::TomlNode& tests, const Condition& condition) {
    std::optional<Impossible> first;
    for (const KnownTool* tool : covered_) {
      std::optional<Impossible> impossible = FindImpossible(condition, *tool);
      if (!impossible) return;
      // A test tells more than an argument that one of several tools has not.
      if (!first || first->test.empty()) first = std::move(impossible);
    }
    if (!first) return;
    const config::TomlNode* test = tests.Find(first->test);
    problems_.Say(test == nullptr ? tests.at : test->at, "{} can never be met: {}", first->test,
                  first->why);
  }

  const std::vector<const KnownTool*>& covered_;
  FileValues& values_;
  config::Problems& problems_;
  Rule& rule_;
};

}  // namespace

void ReadWhen(const config::TomlNode& node, const std::vector<const KnownTool*>& covered,
              FileValues& values, Rule& rule) {
  WhenReader(covered, values, rule).Read(node);
}

}  // namespace weir::policy
