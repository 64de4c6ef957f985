#include "policy/schema_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "policy/truth.h"

namespace weir::policy {
namespace {

// A schema with one of these says more than is read here.
constexpr auto kUnread = std::to_array<const char*>(
    {"$ref", "$dynamicRef", "anyOf", "oneOf", "allOf", "if", "not", "dependentSchemas"});
constexpr size_t kMaxListedValues = 8;

bool IsRead(const json::Json& schema) {
  if (!schema.is_object()) return false;
  return std::none_of(kUnread.begin(), kUnread.end(),
                      [&](const char* key) { return schema.contains(key); });
}

const json::Json* Member(const json::Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::optional<int64_t> CountMember(const json::Json& schema, const char* key) {
  const json::Json* value = Member(schema, key);
  if (value == nullptr || !value->is_number_integer()) return std::nullopt;
  return value->get<int64_t>();
}

void ReadType(const json::Json& type, ValueFacts& facts) {
  std::vector<std::string> names;
  if (type.is_string()) names.push_back(type.get<std::string>());
  if (type.is_array()) {
    for (const json::Json& name : type) {
      if (name.is_string()) names.push_back(name.get<std::string>());
    }
  }
  if (names.empty()) return;
  const auto has = [&](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  facts.may_be_text = has("string");
  facts.may_be_number = has("number") || has("integer");
  facts.may_be_fraction = has("number");
  facts.may_be_boolean = has("boolean");
  facts.may_be_list = has("array");
  facts.may_be_object = has("object");
}

ValueFacts FactsOf(const json::Json& schema) {
  ValueFacts facts;
  if (!IsRead(schema)) return facts;
  if (const json::Json* type = Member(schema, "type")) ReadType(*type, facts);
  const json::Json* values = Member(schema, "enum");
  if (values != nullptr && values->is_array()) facts.values = values;
  // An exclusive bound is read as an inclusive one: less certain, never wrong.
  for (const char* key : {"minimum", "exclusiveMinimum"}) {
    const json::Json* bound = Member(schema, key);
    if (bound != nullptr && bound->is_number()) facts.min = *bound;
  }
  for (const char* key : {"maximum", "exclusiveMaximum"}) {
    const json::Json* bound = Member(schema, key);
    if (bound != nullptr && bound->is_number()) facts.max = *bound;
  }
  facts.min_length = CountMember(schema, "minLength");
  facts.max_length = CountMember(schema, "maxLength");
  facts.min_items = CountMember(schema, "minItems");
  facts.max_items = CountMember(schema, "maxItems");
  return facts;
}

// One step of a lookup: the schema of `part` below `schema`. Null: anything is possible there.
const json::Json* Step(const json::Json& schema, const std::string& part, Lookup& lookup) {
  const ValueFacts facts = FactsOf(schema);
  const bool is_index = part == "*" || ListIndex(part) >= 0;
  if (is_index && facts.may_be_list && !facts.may_be_object) {
    const json::Json* items = Member(schema, "items");
    return items != nullptr && !schema.contains("prefixItems") ? items : nullptr;
  }
  if (facts.may_be_list && is_index) return nullptr;
  const json::Json* properties = Member(schema, "properties");
  const bool is_object = facts.may_be_object && part != "*";
  if (is_object && properties != nullptr && properties->is_object()) {
    if (const json::Json* property = Member(*properties, part.c_str())) return property;
    for (const auto& [name, value] : properties->items()) lookup.instead.push_back(name);
  }
  const json::Json* others = Member(schema, "additionalProperties");
  const bool is_closed = others != nullptr && others->is_boolean() && !others->get<bool>();
  if (is_object && (!is_closed || schema.contains("patternProperties"))) return nullptr;
  lookup.exists = false;
  lookup.missing = part;
  return nullptr;
}

std::string Joined(const json::Json& values) {
  std::string text;
  for (size_t i = 0; i < std::min(values.size(), kMaxListedValues); ++i) {
    const json::Json& value = values[i];
    text +=
        (i == 0 ? "" : ", ") + (value.is_string() ? value.get<std::string>() : json::Dump(value));
  }
  return values.size() > kMaxListedValues ? text + ", ..." : text;
}

bool SameScalar(const json::Json& a, const json::Json& b) {
  if (a.is_number() && b.is_number()) return NumberOf(a) == NumberOf(b);
  return a == b;
}

// Whether `condition` without its lengths and origins, held against every value of the `enum`, is
// met by none.
bool FitsNoValue(const Condition& condition, const json::Json& values) {
  return std::none_of(values.begin(), values.end(), [&](const json::Json& value) {
    return JudgeTests(condition, {value, nullptr}) == Truth::kMet;
  });
}

// What the value is, where a text test needs a text.
std::optional<std::string> TextTest(const Condition& condition) {
  if (condition.glob) return "glob";
  if (condition.regex) return "regex";
  if (condition.inside) return "inside";
  if (!condition.hosts.empty()) return "host-in";
  if (!condition.recipients.empty()) return "recipient-in";
  return std::nullopt;
}

std::optional<Impossible> ImpossibleNumber(const Condition& condition, const ValueFacts& facts,
                                           const std::string& subject) {
  if (!condition.min && !condition.max) return std::nullopt;
  const char* test = condition.min ? "min" : "max";
  if (!facts.may_be_number) return Impossible{test, subject + " is " + facts.Text()};
  if (condition.min && facts.max && NumberOf(*condition.min) > NumberOf(*facts.max)) {
    return Impossible{"min", fmt::format("{} is at most {}", subject, json::Dump(*facts.max))};
  }
  if (condition.max && facts.min && NumberOf(*condition.max) < NumberOf(*facts.min)) {
    return Impossible{"max", fmt::format("{} is at least {}", subject, json::Dump(*facts.min))};
  }
  return std::nullopt;
}

std::optional<Impossible> ImpossibleLength(const Condition& condition, const ValueFacts& facts,
                                           const std::string& subject) {
  if (!condition.min_length && !condition.max_length) return std::nullopt;
  const char* test = condition.min_length ? "min-length" : "max-length";
  if (!facts.may_be_text && !facts.may_be_list) {
    return Impossible{test, subject + " is " + facts.Text()};
  }
  // A bound is certain only where the value is one of the two.
  if (facts.may_be_text && facts.may_be_list) return std::nullopt;
  const std::optional<int64_t> most = facts.may_be_text ? facts.max_length : facts.max_items;
  const std::optional<int64_t> least = facts.may_be_text ? facts.min_length : facts.min_items;
  if (condition.min_length && most && *condition.min_length > *most) {
    return Impossible{"min-length", fmt::format("{} has at most {}", subject, *most)};
  }
  if (condition.max_length && least && *condition.max_length < *least) {
    return Impossible{"max-length", fmt::format("{} has at least {}", subject, *least)};
  }
  return std::nullopt;
}

}  // namespace

std::string ValueFacts::Text() const {
  if (values != nullptr) return "one of " + Joined(*values);
  const std::array<std::pair<bool, const char*>, 5> kinds = {{
      {may_be_text, "a text"},
      {may_be_number, may_be_fraction ? "a number" : "a whole number"},
      {may_be_boolean, "true or false"},
      {may_be_list, "a list"},
      {may_be_object, "an object"},
  }};
  std::string text;
  for (const auto& [is_possible, name] : kinds) {
    if (is_possible) text += (text.empty() ? "" : " or ") + std::string(name);
  }
  return text.empty() ? "null" : text;
}

Lookup LookUp(const KnownTool& tool, const ArgumentPointer& pointer) {
  Lookup lookup;
  const std::vector<std::string>& parts = pointer.parts();
  const bool is_named =
      std::find(tool.arguments.begin(), tool.arguments.end(), parts[0]) != tool.arguments.end();
  if (!is_named) {
    lookup.exists = false;
    lookup.missing = parts[0];
    lookup.instead = tool.arguments;
    return lookup;
  }
  const json::Json* schema = &tool.parameters;
  for (const std::string& part : parts) {
    if (!IsRead(*schema)) return lookup;
    schema = Step(*schema, part, lookup);
    if (schema == nullptr) return lookup;
  }
  lookup.facts = FactsOf(*schema);
  // Paths are compared in their normal form, which an `enum` need not be written in.
  const auto& paths = tool.path_arguments;
  const bool is_path = std::find(paths.begin(), paths.end(), pointer.Text()) != paths.end();
  if (is_path) lookup.facts.values = nullptr;
  return lookup;
}

bool IsPossible(const Wanted& wanted, const ValueFacts& facts) {
  const json::Json& value = wanted.value;
  if (value.is_string() && !facts.may_be_text) return false;
  if (value.is_boolean() && !facts.may_be_boolean) return false;
  if (value.is_number()) {
    const long double number = NumberOf(value);
    const bool is_whole = std::floor(number) == number;
    if (!facts.may_be_number || (!facts.may_be_fraction && !is_whole)) return false;
    if (facts.min && number < NumberOf(*facts.min)) return false;
    if (facts.max && number > NumberOf(*facts.max)) return false;
  }
  if (facts.values == nullptr) return true;
  return std::any_of(facts.values->begin(), facts.values->end(),
                     [&](const json::Json& one) { return SameScalar(one, value); });
}

std::optional<Impossible> FindImpossible(const Condition& condition, const KnownTool& tool) {
  const Lookup lookup = LookUp(tool, condition.pointer);
  const std::string subject =
      fmt::format("argument '{}' of tool '{}'", condition.pointer.Text(), tool.name);
  if (!lookup.exists) {
    return Impossible{"", fmt::format("{} has no part '{}'", subject, lookup.missing)};
  }
  const ValueFacts& facts = lookup.facts;
  if (condition.equals && !IsPossible(*condition.equals, facts)) {
    return Impossible{"equals", subject + " is " + facts.Text()};
  }
  if (!condition.one_of.empty() &&
      std::none_of(condition.one_of.begin(), condition.one_of.end(),
                   [&](const Wanted& wanted) { return IsPossible(wanted, facts); })) {
    return Impossible{"one-of", subject + " is " + facts.Text()};
  }
  const std::optional<std::string> text_test = TextTest(condition);
  if (text_test && !facts.may_be_text)
    return Impossible{*text_test, subject + " is " + facts.Text()};
  if (auto impossible = ImpossibleNumber(condition, facts, subject)) return impossible;
  if (auto impossible = ImpossibleLength(condition, facts, subject)) return impossible;
  if (text_test && facts.values != nullptr && FitsNoValue(condition, *facts.values)) {
    return Impossible{*text_test, subject + " is " + facts.Text()};
  }
  return std::nullopt;
}

}  // namespace weir::policy
