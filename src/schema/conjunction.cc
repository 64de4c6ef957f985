#include "schema/conjunction.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "schema/equality_key.h"
#include "schema/json_shape.h"
#include "schema/keyword_readers.h"

namespace weir::schema {
namespace {

using json::Json;

constexpr int kMaxConjunctionDepth = 12;  // recursive schemas may be merged without end
constexpr int64_t kMaxConjunctionWork = 20'000;
constexpr int64_t kValuesAUnit = 64;  // of that work: values copied
constexpr size_t kMaxAlternatives = 32;

// The member of `object`, or `otherwise`.
const Json& MemberOr(const Json& object, const std::string& key, const Json& otherwise) {
  const auto it = object.find(key);
  return it == object.end() ? otherwise : *it;
}

// "anyOf" or "oneOf" if that is what the schema is; null else.
const char* AlternativesKey(const Json& schema) {
  if (schema.is_object() && schema.contains("anyOf")) return "anyOf";
  return schema.is_object() && schema.contains("oneOf") ? "oneOf" : nullptr;
}

Json TypeOf(KindSet kinds) {
  Json names = Json::array();
  if (kinds & kNull) names.push_back("null");
  if (kinds & kBoolean) names.push_back("boolean");
  if (kinds & kFraction) {
    names.push_back("number");
  } else if (kinds & kInteger) {
    names.push_back("integer");
  }
  if (kinds & kString) names.push_back("string");
  if (kinds & kArray) names.push_back("array");
  if (kinds & kObject) names.push_back("object");
  return names.size() == 1 ? names[0] : names;
}

// The values that enum and const leave; none where the schema has neither.
std::optional<std::vector<Json>> ListedOf(const Json& schema) {
  const auto constant = schema.find("const");
  const auto listed = schema.find("enum");
  if (constant == schema.end() && listed == schema.end()) return std::nullopt;
  std::vector<Json> values;
  if (listed == schema.end()) {
    values.push_back(*constant);
    return values;
  }
  for (const Json& value : *listed) {
    if (constant == schema.end() || Equal(value, *constant)) values.push_back(value);
  }
  return values;
}

// The numbers of two keywords that are both limits of the same kind.
Json Tighter(const std::string& key, const Json& a, const Json& b) {
  const bool is_low = key.starts_with("min") || key == "exclusiveMinimum";
  const int order = Compare(ToDecimal(a), ToDecimal(b));
  return (is_low ? order >= 0 : order <= 0) ? a : b;
}

bool IsLimit(std::string_view key) {
  return key.starts_with("min") || key.starts_with("max") || key.starts_with("exclusive");
}

// Whether the schema is of objects that must have a property without values.
bool NeedsTheImpossible(const Json& schema) {
  const Json none = Json::object();
  const Json all = true;
  if (MemberOr(schema, "type", all) != "object") return false;
  const Json& named = MemberOr(schema, "properties", none);
  const Json& rest = MemberOr(schema, "additionalProperties", all);
  const Json& required = MemberOr(schema, "required", none);
  return std::any_of(required.begin(), required.end(), [&](const Json& name) {
    return AcceptsNothing(MemberOr(named, name.get<std::string>(), rest));
  });
}

void Unite(Json& names, const Json& more) {
  for (const Json& name : more) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
}

}  // namespace

bool AcceptsAll(const Json& schema) {
  return schema.is_boolean() ? schema.get<bool>() : schema.empty();
}

bool AcceptsNothing(const Json& schema) { return schema.is_boolean() && !schema.get<bool>(); }

// Merging copies; a schema may be made to be copied without end.
bool Conjunction::Spend(const Json& copied) {
  const Result<int64_t> n_values = CountValues(copied);
  work_ += n_values ? 1 + *n_values / kValuesAUnit : kMaxConjunctionWork;
  return work_ <= kMaxConjunctionWork;
}

Json Conjunction::GiveUp(const Json& kept) {
  lost_ = true;
  return kept;
}

Json Conjunction::Both(const Json& a, const Json& b, bool* lost) {
  const bool outer_lost = std::exchange(lost_, false);
  const int outer_depth = std::exchange(depth_, 0);
  Json both = Merge(a, b);
  *lost = std::exchange(lost_, outer_lost);
  depth_ = outer_depth;
  return both;
}

Json Conjunction::Merge(const Json& a, const Json& b) {
  if (AcceptsNothing(a) || AcceptsAll(b)) return a;
  if (AcceptsNothing(b) || AcceptsAll(a)) return b;
  if (depth_ >= kMaxConjunctionDepth || !Spend(a) || !Spend(b)) return GiveUp(a);
  if (a == b) return a;
  ++depth_;
  Json both;
  if (a.contains("$ref") || b.contains("$ref")) {
    both = BothOfReferences(a, b);
  } else if (AlternativesKey(a) != nullptr || AlternativesKey(b) != nullptr) {
    both = BothOfAlternatives(a, b);
  } else {
    both = BothOfPlain(a, b);
  }
  --depth_;
  return both;
}

// A reference stands alone in the subset, so what it means is put in its place.
Json Conjunction::BothOfReferences(const Json& a, const Json& b) {
  const auto meant = [&](const Json& schema) -> const Json* {
    return schema.contains("$ref") ? lookup_(schema.at("$ref").get<std::string>()) : &schema;
  };
  const Json* const a_meant = meant(a);
  if (a_meant == nullptr) return GiveUp(a);
  const Json a_copy = *a_meant;  // looking up b may move what a means
  const Json* const b_meant = meant(b);
  return b_meant == nullptr ? GiveUp(a) : Merge(a_copy, Json(*b_meant));
}

// Alternatives stand alone too, so each gets the other schema's keywords.
Json Conjunction::BothOfAlternatives(const Json& a, const Json& b) {
  const char* const a_key = AlternativesKey(a);
  const char* const b_key = AlternativesKey(b);
  const std::vector<Json> a_parts =
      a_key == nullptr ? std::vector<Json>(1, a) : a.at(a_key).get<std::vector<Json>>();
  const std::vector<Json> b_parts =
      b_key == nullptr ? std::vector<Json>(1, b) : b.at(b_key).get<std::vector<Json>>();
  if (a_parts.size() * b_parts.size() > kMaxAlternatives) return GiveUp(a);
  const std::string key = a_key == nullptr ? b_key : b_key == nullptr ? a_key : "anyOf";
  if (a_key != nullptr && b_key != nullptr && (*a_key == 'o' || *b_key == 'o')) lost_ = true;
  Json parts = Json::array();
  for (const Json& a_part : a_parts) {
    for (const Json& b_part : b_parts) {
      Json part = Merge(a_part, b_part);
      if (!AcceptsNothing(part)) parts.push_back(std::move(part));
    }
  }
  if (parts.empty()) return false;
  if (parts.size() == 1) return parts[0];
  return Json{{key, std::move(parts)}};
}

Json Conjunction::BothOfPlain(const Json& a, const Json& b) {
  Json both = a;
  for (const auto& item : b.items()) {
    if (!MergeKeyword(both, item.key(), b)) return false;
  }
  MergeObjects(both, b);
  MergeArrays(both, b);
  if (NeedsTheImpossible(both)) return false;
  return both;
}

// False where nothing can fit both.
bool Conjunction::MergeKeyword(Json& into, const std::string& key, const Json& b) {
  const Json& value = b.at(key);
  if (key == "properties" || key == "additionalProperties" || key == "items" ||
      key == "prefixItems") {
    return true;  // MergeObjects, MergeArrays
  }
  if (key == "enum" || key == "const") {
    const std::vector<Json> allowed = *ListedOf(b);
    const std::vector<Json> present = ListedOf(into).value_or(allowed);
    std::set<std::string> wanted;
    for (const Json& listed : allowed) wanted.insert(EqualityKey(listed));
    Json values = Json::array();
    for (const Json& listed : present) {
      if (wanted.contains(EqualityKey(listed))) values.push_back(listed);
    }
    into.erase("const");
    into["enum"] = values;
    return !values.empty();
  }
  if (!into.contains(key)) {
    into[key] = value;
    return true;
  }
  Json& present = into[key];
  if (present == value) return true;
  if (key == "type") {
    const Result<KindSet> a_kinds = ReadKinds("", present);
    const Result<KindSet> b_kinds = ReadKinds("", value);
    if (!a_kinds || !b_kinds) return true;  // malformed, and refused when compiled
    present = TypeOf(*a_kinds & *b_kinds);
    return (*a_kinds & *b_kinds) != 0;
  }
  if (key == "required") {
    Unite(present, value);
  } else if (IsLimit(key)) {
    present = Tighter(key, present, value);
  } else if (key == "uniqueItems") {
    present = true;
  } else if (key == "multipleOf" && IsMultiple(ToDecimal(value), ToDecimal(present))) {
    present = value;
  } else if (key != "multipleOf" || !IsMultiple(ToDecimal(present), ToDecimal(value))) {
    lost_ = true;  // two patterns, formats or steps: the first stays
  }
  return true;
}

void Conjunction::MergeObjects(Json& into, const Json& b) {
  const Json none = Json::object();
  const Json all = true;
  if (!b.contains("properties") && !b.contains("additionalProperties")) return;
  const Json a_rest = MemberOr(into, "additionalProperties", all);
  const Json& b_rest = MemberOr(b, "additionalProperties", all);
  const Json& b_named = MemberOr(b, "properties", none);
  Json named = MemberOr(into, "properties", none);
  for (auto& item : named.items()) {
    item.value() = Merge(item.value(), MemberOr(b_named, item.key(), b_rest));
  }
  for (const auto& item : b_named.items()) {
    if (!named.contains(item.key())) named[item.key()] = Merge(a_rest, item.value());
  }
  const bool declared = into.contains("additionalProperties") || b.contains("additionalProperties");
  if (!named.empty()) into["properties"] = std::move(named);
  if (declared) into["additionalProperties"] = Merge(a_rest, b_rest);
}

void Conjunction::MergeArrays(Json& into, const Json& b) {
  const Json none = Json::array();
  const Json all = true;
  if (!b.contains("prefixItems") && !b.contains("items")) return;
  const Json a_rest = MemberOr(into, "items", all);
  const Json& b_rest = MemberOr(b, "items", all);
  const Json a_first = MemberOr(into, "prefixItems", none);
  const Json& b_first = MemberOr(b, "prefixItems", none);
  Json first = Json::array();
  for (size_t i = 0; i < std::max(a_first.size(), b_first.size()); ++i) {
    first.push_back(
        Merge(i < a_first.size() ? a_first[i] : a_rest, i < b_first.size() ? b_first[i] : b_rest));
  }
  if (!first.empty()) into["prefixItems"] = std::move(first);
  into["items"] = Merge(a_rest, b_rest);
}

}  // namespace weir::schema
