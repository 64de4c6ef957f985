// Validation. Compilation is in compiler.cc.

#include "schema/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "schema/compiler.h"
#include "schema/format.h"
#include "schema/messages.h"
#include "schema/pointer.h"

namespace weir::schema {
namespace {

using json::Json;

constexpr size_t kMaxErrors = 8;

// One walk over a value. Collects at most kMaxErrors errors.
class SubsetCheck {
 public:
  SubsetCheck(const Schema& schema, size_t max_errors) : schema_(schema), max_errors_(max_errors) {}

  void Check(int index, const Json& value, const std::string& at);
  bool full() const { return errors_.size() >= max_errors_; }
  std::vector<ValidationError>& errors() { return errors_; }

 private:
  void Add(const std::string& at, std::string message) {
    if (!full()) errors_.push_back({at, std::move(message)});
  }
  void CheckAlternatives(const Node& node, const Json& value, const std::string& at);
  void CheckValues(const Node& node, const Json& value, const std::string& at);
  void CheckNumber(const Node& node, const Json& value, const std::string& at);
  void CheckString(const Node& node, const Json& value, const std::string& at);
  void CheckArray(const Node& node, const Json& value, const std::string& at);
  void CheckObject(const Node& node, const Json& value, const std::string& at);
  void CheckCount(const CountRange& range, int64_t count, std::string_view unit,
                  const std::string& at);

  const Schema& schema_;
  const size_t max_errors_;
  std::vector<ValidationError> errors_;
};

void SubsetCheck::Check(int index, const Json& value, const std::string& at) {
  if (full()) return;
  const Node& node = schema_.node(index);
  if (!node.any_of.empty()) return CheckAlternatives(node, value, at);
  const KindSet kind = KindOf(value);
  if ((node.kinds & kind) == 0) {
    if (node.kinds == 0) return Add(at, "is not allowed here");
    return Add(at, fmt::format("expected {}, found {}", KindNames(node.kinds), Show(value)));
  }
  if (node.values) CheckValues(node, value, at);
  if (kind == kInteger || kind == kFraction) CheckNumber(node, value, at);
  if (kind == kString) CheckString(node, value, at);
  if (kind == kArray) CheckArray(node, value, at);
  if (kind == kObject) CheckObject(node, value, at);
}

// Where one alternative alone has the right kind, its errors say more than "none of them".
void SubsetCheck::CheckAlternatives(const Node& node, const Json& value, const std::string& at) {
  const KindSet kind = KindOf(value);
  std::vector<int> likely;
  for (const int alternative : node.any_of) {
    if (schema_.IsValid(alternative, value)) return;
    const Node& other = schema_.node(alternative);
    if (!other.any_of.empty() || (other.kinds & kind) != 0) likely.push_back(alternative);
  }
  if (likely.size() == 1) return Check(likely[0], value, at);
  Add(at, fmt::format("{} fits none of the {} alternatives", Show(value), node.any_of.size()));
}

void SubsetCheck::CheckValues(const Node& node, const Json& value, const std::string& at) {
  const std::vector<Json>& values = *node.values;
  if (std::any_of(values.begin(), values.end(), [&](const Json& v) { return Equal(v, value); })) {
    return;
  }
  Add(at, fmt::format("expected one of {}, found {}", ShowList(values), Show(value)));
}

void SubsetCheck::CheckNumber(const Node& node, const Json& value, const std::string& at) {
  const Decimal number = ToDecimal(value);
  if (node.minimum) {
    const int order = Compare(number, node.minimum->value);
    if (order < 0 || (order == 0 && node.minimum->exclusive)) {
      Add(at, fmt::format("expected {} {}, found {}",
                          node.minimum->exclusive ? "more than" : "at least",
                          ToString(node.minimum->value), Show(value)));
    }
  }
  if (node.maximum) {
    const int order = Compare(number, node.maximum->value);
    if (order > 0 || (order == 0 && node.maximum->exclusive)) {
      Add(at,
          fmt::format("expected {} {}, found {}", node.maximum->exclusive ? "less than" : "at most",
                      ToString(node.maximum->value), Show(value)));
    }
  }
  if (node.multiple_of && !IsMultiple(number, *node.multiple_of)) {
    Add(at, fmt::format("expected a multiple of {}, found {}", ToString(*node.multiple_of),
                        Show(value)));
  }
}

void SubsetCheck::CheckCount(const CountRange& range, int64_t count, std::string_view unit,
                             const std::string& at) {
  if (count < range.min) {
    Add(at, fmt::format("expected at least {} {}, found {}", range.min, unit, count));
  }
  if (count > range.max) {
    Add(at, fmt::format("expected at most {} {}, found {}", range.max, unit, count));
  }
}

void SubsetCheck::CheckString(const Node& node, const Json& value, const std::string& at) {
  const auto& text = value.get_ref<const std::string&>();
  CheckCount(node.length, CountChars(text), "characters", at);
  if (node.pattern && !node.pattern->Matches(text)) {
    Add(at, fmt::format("expected a text that matches '{}', found {}", node.pattern->source(),
                        Show(value)));
  }
  if (!MatchesFormat(node.format, text)) {
    Add(at, fmt::format("expected the format '{}', found {}", node.format, Show(value)));
  }
}

void SubsetCheck::CheckArray(const Node& node, const Json& value, const std::string& at) {
  CheckCount(node.n_items, static_cast<int64_t>(value.size()), "items", at);
  for (size_t i = 0; i < value.size() && !full(); ++i) {
    Check(i < node.prefix_items.size() ? node.prefix_items[i] : node.items, value[i],
          Append(at, i));
    if (!node.unique_items) continue;
    const auto begin = value.begin();
    const auto end = begin + static_cast<std::ptrdiff_t>(i);
    if (std::any_of(begin, end, [&](const Json& other) { return Equal(other, value[i]); })) {
      Add(Append(at, i), "repeats an earlier item; items must differ");
    }
  }
}

void SubsetCheck::CheckObject(const Node& node, const Json& value, const std::string& at) {
  CheckCount(node.n_properties, static_cast<int64_t>(value.size()), "properties", at);
  for (const Property& property : node.properties) {
    if (property.required && !value.contains(property.name)) {
      Add(at, fmt::format("'{}' is missing", property.name));
    }
  }
  for (const auto& item : value.items()) {
    if (full()) return;
    const auto it = std::find_if(node.properties.begin(), node.properties.end(),
                                 [&](const Property& p) { return p.name == item.key(); });
    const bool declared = it != node.properties.end();
    const int child = declared ? it->node : node.additional;
    if (!declared && schema_.node(child).kinds == 0) {
      Add(at, fmt::format("'{}' is not a known property", item.key()));
    } else {
      Check(child, item.value(), Append(at, item.key()));
    }
  }
}

}  // namespace

KindSet KindOf(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return kNull;
    case Json::value_t::boolean:
      return kBoolean;
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return kInteger;
    case Json::value_t::number_float:
      if (!std::isfinite(value.get<double>())) return 0;
      return ToDecimal(value).IsInteger() ? kInteger : kFraction;
    case Json::value_t::string:
      return kString;
    case Json::value_t::array:
      return kArray;
    default:
      return kObject;
  }
}

bool Equal(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) {
    return KindOf(a) != 0 && KindOf(a) == KindOf(b) && ToDecimal(a) == ToDecimal(b);
  }
  if (a.type() != b.type()) return false;
  if (a.is_array()) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), Equal);
  }
  if (!a.is_object()) return a == b;
  if (a.size() != b.size()) return false;
  const auto items = a.items();
  return std::all_of(items.begin(), items.end(), [&](const auto& item) {
    const auto it = b.find(item.key());
    return it != b.end() && Equal(item.value(), *it);
  });
}

Result<Schema> Schema::Compile(const Json& document) { return Compiler(document).Run(); }

std::vector<ValidationError> Schema::Validate(const Json& value) const {
  SubsetCheck check(*this, kMaxErrors);
  check.Check(root_, value, "");
  return std::move(check.errors());
}

bool Schema::IsValid(int node, const Json& value) const {
  SubsetCheck check(*this, 1);
  check.Check(node, value, "");
  return check.errors().empty();
}

}  // namespace weir::schema
