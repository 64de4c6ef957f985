// The checks of a schema that need all of its nodes.

#include <algorithm>
#include <optional>
#include <utility>

#include "schema/compiler.h"
#include "schema/pointer.h"

namespace weir::schema {
namespace {

constexpr int kMaxExcludeDepth = 8;  // how deep two oneOf alternatives are told apart

}  // namespace

// Refuses alternatives that lead back to themselves: they would say nothing. `marks`: 0 new, 1 on
// the path, 2 done.
Status Compiler::CheckNoCycle(int index, std::vector<int>& marks) const {
  int& mark = marks[static_cast<size_t>(index)];
  if (mark == 2) return {};
  if (mark == 1) {
    return MakeError(ErrorCode::kInvalidArgument, "the alternatives at {} lead back to themselves",
                     Place(schema_.node(index).pointer));
  }
  mark = 1;
  for (const int alternative : schema_.node(index).any_of) {
    RETURN_IF_ERROR(CheckNoCycle(alternative, marks));
  }
  marks[static_cast<size_t>(index)] = 2;
  return {};
}

// Drops enum values that the rest of their node forbids.
void Compiler::FilterValues() {
  for (size_t i = 0; i < schema_.nodes_.size(); ++i) {
    std::optional<std::vector<Json>>& values = schema_.nodes_[i].values;
    if (!values) continue;
    std::vector<Json> kept;
    for (const Json& value : *values) {
      const bool repeated =
          std::any_of(kept.begin(), kept.end(), [&](const Json& k) { return Equal(k, value); });
      if (!repeated && schema_.IsValid(static_cast<int>(i), value)) kept.push_back(value);
    }
    values = std::move(kept);
  }
}

Status Compiler::CheckAlternatives() const {
  for (const Node& node : schema_.nodes_) {
    if (!node.exactly_one) continue;
    for (size_t a = 0; a < node.any_of.size(); ++a) {
      for (size_t b = a + 1; b < node.any_of.size(); ++b) {
        if (Exclude(node.any_of[a], node.any_of[b], kMaxExcludeDepth)) continue;
        return MakeError(ErrorCode::kUnsupported,
                         "alternatives {} and {} of 'oneOf' at {} may accept the same value; use "
                         "'anyOf', or tell them apart by type or by a required const property",
                         a, b, Place(node.pointer));
      }
    }
  }
  return {};
}

// Whether no value is valid against both nodes, as far as that is easily seen.
bool Compiler::Exclude(int a_index, int b_index, int depth) const {
  const Node& a = schema_.node(a_index);
  const Node& b = schema_.node(b_index);
  if (a_index == b_index || depth == 0) return false;
  if (!a.any_of.empty()) {
    return std::all_of(a.any_of.begin(), a.any_of.end(),
                       [&](int alternative) { return Exclude(alternative, b_index, depth - 1); });
  }
  if (!b.any_of.empty()) return Exclude(b_index, a_index, depth);
  const auto all_invalid = [&](const std::vector<Json>& values, int node) {
    return std::none_of(values.begin(), values.end(),
                        [&](const Json& value) { return schema_.IsValid(node, value); });
  };
  if (a.values) return all_invalid(*a.values, b_index);
  if (b.values) return all_invalid(*b.values, a_index);
  const KindSet common = a.kinds & b.kinds;
  if (common == 0) return true;
  return common == kObject && (ExcludeByProperty(a, b, depth) || ExcludeByProperty(b, a, depth));
}

// Whether a property that `a` requires can not be in `b` as `a` wants it.
bool Compiler::ExcludeByProperty(const Node& a, const Node& b, int depth) const {
  for (const Property& property : a.properties) {
    if (!property.required) continue;
    const auto it = std::find_if(b.properties.begin(), b.properties.end(),
                                 [&](const Property& p) { return p.name == property.name; });
    const int other = it == b.properties.end() ? b.additional : it->node;
    if (Exclude(property.node, other, depth - 1)) return true;
  }
  return false;
}

}  // namespace weir::schema
