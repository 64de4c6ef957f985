// Keywords about one kind of value: type, enum and const, numbers, strings, arrays, objects.

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "schema/equality_key.h"
#include "schema/evaluator.h"
#include "schema/format.h"
#include "schema/messages.h"

namespace weir::schema {
namespace {

// What one step pays for, so that a step always costs about the same.
constexpr int64_t kKeyBytesAStep = 16;
constexpr int64_t kTextBytesAStep = 64;
constexpr int64_t kMembersAStep = 8;
constexpr int64_t kPatternStepsAStep = 16;  // bytes of a text times instructions of a pattern

int64_t TextSteps(std::string_view text) {
  return static_cast<int64_t>(text.size()) / kTextBytesAStep;
}

}  // namespace

bool Evaluator::CheckKind(const Node& node, const Json& value, KindSet kind, Evaluated* seen) {
  if ((node.kinds & kind) == 0) {
    return Fail(node, "type", [&] {
      return fmt::format("expected {}, found {}", KindNames(node.kinds), Show(value));
    });
  }
  bool ok = true;
  if (node.listed || node.constant) ok = CheckListed(node, value, kind);
  if (Settled(ok)) return false;
  if (kind == kInteger || kind == kFraction) return CheckNumber(node, value) && ok;
  if (kind == kString) return CheckString(node, value) && ok;
  if (kind == kArray) return CheckArray(node, value, seen) && ok;
  if (kind == kObject) return CheckObject(node, value, seen) && ok;
  return ok;
}

bool Evaluator::CheckListed(const Node& node, const Json& value, KindSet kind) {
  std::string key;
  bool ok = true;
  for (const auto* values : {&node.listed, &node.constant}) {
    if (!*values) continue;
    if (((*values)->kinds & kind) != 0 && key.empty()) {
      key = EqualityKey(value);
      if (!Spend(static_cast<int64_t>(key.size()) / kKeyBytesAStep)) return false;
    }
    if (((*values)->kinds & kind) != 0 && (*values)->keys.contains(key)) continue;
    ok = Fail(node, values == &node.listed ? "enum" : "const", [&] {
      return fmt::format("expected one of {}, found {}", (*values)->shown, Show(value));
    });
  }
  return ok;
}

bool Evaluator::CheckNumber(const Node& node, const Json& value) {
  if (!node.minimum && !node.maximum && !node.multiple_of) return true;
  const Decimal number = ToDecimal(value);
  bool ok = true;
  if (node.minimum) {
    const auto& [bound, exclusive] = *node.minimum;
    const int order = Compare(number, bound);
    if (order < 0 || (order == 0 && exclusive)) {
      ok = Fail(node, exclusive ? "exclusiveMinimum" : "minimum", [&] {
        return fmt::format("expected {} {}, found {}", exclusive ? "more than" : "at least",
                           ToString(bound), Show(value));
      });
    }
  }
  if (node.maximum) {
    const auto& [bound, exclusive] = *node.maximum;
    const int order = Compare(number, bound);
    if (order > 0 || (order == 0 && exclusive)) {
      ok = Fail(node, exclusive ? "exclusiveMaximum" : "maximum", [&] {
        return fmt::format("expected {} {}, found {}", exclusive ? "less than" : "at most",
                           ToString(bound), Show(value));
      });
    }
  }
  if (!node.multiple_of) return ok;
  // Longhand division, a digit at a time.
  if (!Spend(std::max(0, number.exponent - node.multiple_of->exponent) / 4)) return false;
  if (IsMultiple(number, *node.multiple_of)) return ok;
  return Fail(node, "multipleOf", [&] {
    return fmt::format("expected a multiple of {}, found {}", ToString(*node.multiple_of),
                       Show(value));
  });
}

bool Evaluator::CheckCount(const Node& node, const CountRange& range, size_t count,
                           std::string_view what) {
  const auto n = static_cast<int64_t>(count);
  const auto words = [&] { return what == "Length" ? "characters" : "elements"; };
  if (n < range.min) {
    return Fail(node, "min" + std::string(what), [&] {
      return fmt::format("expected at least {} {}, found {}", range.min, words(), n);
    });
  }
  if (n > range.max) {
    return Fail(node, "max" + std::string(what), [&] {
      return fmt::format("expected at most {} {}, found {}", range.max, words(), n);
    });
  }
  return true;
}

bool Evaluator::CheckString(const Node& node, const Json& value) {
  const auto& text = value.get_ref<const std::string&>();
  if (!Spend(TextSteps(text))) return false;
  bool ok = true;
  if (node.length.min > 0 || node.length.max != kNoLimit) {
    ok = CheckCount(node, node.length, static_cast<size_t>(CountChars(text)), "Length");
  }
  if (node.pattern != nullptr && !Matches(*node.pattern, text)) {
    ok = Fail(node, "pattern", [&] {
      return fmt::format("expected a text that matches '{}', found {}", node.pattern->source(),
                         Show(value));
    });
  }
  if (!node.format.empty() && !MatchesFormat(node.format, text)) {
    ok = Fail(node, "format", [&] {
      return fmt::format("expected the format '{}', found {}", node.format, Show(value));
    });
  }
  return ok;
}

bool Evaluator::Matches(const Pattern& pattern, std::string_view text) {
  const int64_t work = static_cast<int64_t>(text.size() + 1) * pattern.program_size();
  return Spend(1 + work / kPatternStepsAStep) && pattern.Matches(text);
}

bool Evaluator::CheckArray(const Node& node, const Json& value, Evaluated* seen) {
  bool ok = CheckCount(node, node.n_items, value.size(), "Items");
  for (size_t i = 0; i < value.size() && !Settled(ok); ++i) {
    const int item = i < node.prefix_items.size() ? node.prefix_items[i] : node.items;
    if (item == kNoNode) break;
    ok = CheckItem(item, i, value[i]) && ok;
    if (seen != nullptr) seen->Add(i);
  }
  if (!Settled(ok) && node.contains != kNoNode) ok = CheckContains(node, value, seen) && ok;
  if (!Settled(ok) && node.unique_items) ok = CheckUnique(node, value) && ok;
  return ok;
}

bool Evaluator::CheckContains(const Node& node, const Json& value, Evaluated* seen) {
  const CountRange& range = node.n_contains;
  int64_t n = 0;
  for (size_t i = 0; i < value.size(); ++i) {
    const bool decided = n >= range.min && (range.max == kNoLimit || n > range.max);
    if (decided && seen == nullptr) break;
    if (!Fits(node.contains, value[i], nullptr)) continue;
    ++n;
    if (seen != nullptr) seen->Add(i);
  }
  if (n < range.min) {
    return Fail(node, range.min == 1 ? "contains" : "minContains", [&] {
      return fmt::format("expected at least {} items that fit 'contains', found {}", range.min, n);
    });
  }
  if (n <= range.max) return true;
  return Fail(node, "maxContains", [&] {
    return fmt::format("expected at most {} items that fit 'contains', found more", range.max);
  });
}

bool Evaluator::CheckUnique(const Node& node, const Json& value) {
  std::unordered_set<std::string> keys;
  for (size_t i = 0; i < value.size(); ++i) {
    std::string key = EqualityKey(value[i]);
    if (!Spend(1 + static_cast<int64_t>(key.size()) / kKeyBytesAStep)) return false;
    if (keys.insert(std::move(key)).second) continue;
    path_.push_back({nullptr, i});
    Fail(node, "uniqueItems",
         [] { return std::string("repeats an earlier item; items must differ"); });
    path_.pop_back();
    return false;
  }
  return true;
}

// Members are found by looking through them all, which large objects pay for.
bool Evaluator::HasMember(const Json& object, const std::string& name) {
  return Spend(1 + static_cast<int64_t>(object.size()) / kMembersAStep) && object.contains(name);
}

bool Evaluator::CheckObject(const Node& node, const Json& value, Evaluated* seen) {
  bool ok = CheckCount(node, node.n_properties, value.size(), "Properties");
  if (!Settled(ok)) ok = CheckRequired(node, value) && ok;
  if (!Settled(ok)) ok = CheckMembers(node, value, seen) && ok;
  return ok;
}

bool Evaluator::CheckRequired(const Node& node, const Json& value) {
  bool ok = true;
  for (const std::string& name : node.required) {
    if (Settled(ok)) return false;
    if (HasMember(value, name)) continue;
    ok = Fail(node, "required", [&] { return fmt::format("'{}' is missing", name); });
  }
  for (const auto& [present, names] : node.dependent_required) {
    if (!HasMember(value, present)) continue;
    for (const std::string& name : names) {
      if (Settled(ok)) return false;
      if (HasMember(value, name)) continue;
      ok = Fail(node, "dependentRequired",
                [&] { return fmt::format("'{}' is missing, which '{}' needs", name, present); });
    }
  }
  return ok;
}

bool Evaluator::CheckMembers(const Node& node, const Json& value, Evaluated* seen) {
  const bool any_wish = !node.properties.empty() || !node.pattern_properties.empty() ||
                        node.additional != kNoNode || node.property_names != kNoNode;
  if (!any_wish) return true;
  bool ok = true;
  size_t i = 0;
  for (auto member = value.begin(); member != value.end() && !Settled(ok); ++member, ++i) {
    const std::string& key = member.key();
    if (!Spend(1 + TextSteps(key))) return false;
    bool known = false;
    ok = CheckOneMember(node, key, *member, &known) && ok;
    if (known && seen != nullptr) seen->Add(i);
  }
  return ok;
}

// `known`: whether some keyword speaks about this member.
bool Evaluator::CheckOneMember(const Node& node, const std::string& key, const Json& value,
                               bool* known) {
  bool ok = true;
  if (node.property_names != kNoNode && !Fits(node.property_names, Json(key), nullptr)) {
    ok = Fail(node, "propertyNames",
              [&] { return fmt::format("the property name {} is not allowed", Show(Json(key))); });
  }
  if (const auto it = node.properties.find(key); it != node.properties.end()) {
    *known = true;
    ok = CheckMember(it->second, key, value) && ok;
  }
  for (const PatternProperty& property : node.pattern_properties) {
    if (Settled(ok)) return false;
    if (!Matches(*property.pattern, key)) continue;
    *known = true;
    ok = CheckMember(property.node, key, value) && ok;
  }
  if (*known || node.additional == kNoNode) return ok;
  *known = true;
  if (!graph_.node(node.additional).never) return CheckMember(node.additional, key, value) && ok;
  return Fail(node, "additionalProperties",
              [&] { return fmt::format("'{}' is not a known property", key); });
}

}  // namespace weir::schema
