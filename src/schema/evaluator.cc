// The walk itself: nodes, subschemas applied to the same value, limits. Keywords of a single kind
// of value are in evaluator_kinds.cc.

#include "schema/evaluator.h"

#include <fmt/format.h>

#include "schema/json_shape.h"
#include "schema/messages.h"
#include "schema/pointer.h"

namespace weir::schema {
namespace {

constexpr size_t kMaxViolations = 8;
constexpr int64_t kPartsAStep = 32;  // of Evaluated, which are bits

// The kinds of value that a branch takes, seen through references.
KindSet KindsOfBranch(const ValidatorGraph& graph, int index) {
  constexpr int kMaxHops = 8;
  KindSet kinds = kAnyKind;
  for (int hop = 0; index != kNoNode && hop < kMaxHops; ++hop) {
    const ValidatorNode& node = graph.node(index);
    kinds &= node.never ? KindSet{0} : node.kinds;
    index = node.ref;
  }
  return kinds;
}

}  // namespace

Result<std::vector<Violation>> Evaluator::Run(const Json& value) {
  ASSIGN_OR_RETURN(const int64_t n_values, CountValues(value));
  if (Spend(n_values / 8)) Check(graph_.root, value, nullptr);
  if (!gave_up_.empty()) return MakeError(ErrorCode::kResourceExhausted, "{}", gave_up_);
  return std::move(violations_);
}

bool Evaluator::full() const { return violations_.size() >= kMaxViolations; }

bool Evaluator::Spend(int64_t steps) {
  if (steps_left_ < steps) {
    return GiveUp(
        fmt::format("validation takes more than {} steps; the schema or the value is too "
                    "large",
                    graph_.max_steps));
  }
  steps_left_ -= steps;
  return true;
}

bool Evaluator::GiveUp(std::string why) {
  if (gave_up_.empty()) gave_up_ = std::move(why);
  steps_left_ = -1;  // every Check from here on returns at once
  return false;
}

std::string Evaluator::InstancePlace() const {
  std::string place;
  for (const Segment& segment : path_) {
    place = segment.key != nullptr ? Append(place, *segment.key) : Append(place, segment.item);
  }
  return place;
}

bool Evaluator::Check(int index, const Json& value, Evaluated* seen) {
  if (!Spend(1)) return false;
  const Node& node = graph_.node(index);
  if (node.never) {
    return Fail(node, "", [] { return std::string("no value is allowed here"); });
  }
  if (depth_ >= graph_.max_depth) {
    return GiveUp(fmt::format("validation applies more than {} subschemas inside one another at {}",
                              graph_.max_depth, Place(PlaceOf(graph_, node))));
  }
  ++depth_;
  const bool enters = scope_.empty() || scope_.back() != node.resource;
  if (enters) scope_.push_back(node.resource);
  const bool ok = CheckNode(node, value, seen);
  if (enters) scope_.pop_back();
  --depth_;
  return ok;
}

bool Evaluator::CheckNode(const Node& node, const Json& value, Evaluated* seen) {
  const KindSet kind = KindOf(value);
  const bool wants_rest = (kind == kArray && node.unevaluated_items != kNoNode) ||
                          (kind == kObject && node.unevaluated_properties != kNoNode);
  if (!wants_rest) {
    const bool ok = CheckKind(node, value, kind, seen);
    return !Settled(ok) && CheckSameValue(node, value, seen) && ok;
  }
  if (!Spend(static_cast<int64_t>(value.size()) / kPartsAStep)) return false;
  Evaluated own(value.size());
  bool ok = CheckKind(node, value, kind, &own);
  if (Settled(ok)) return false;
  ok = CheckSameValue(node, value, &own) && ok;
  // Where something failed, what it looked at is not known.
  if (!ok || !CheckUnevaluated(node, value, own)) return false;
  if (seen != nullptr) {
    for (size_t i = 0; i < value.size(); ++i) seen->Add(i);
  }
  return true;
}

bool Evaluator::CheckMember(int index, const std::string& key, const Json& value) {
  path_.push_back({&key, 0});
  const bool ok = Check(index, value, nullptr);
  path_.pop_back();
  return ok;
}

bool Evaluator::CheckItem(int index, size_t item, const Json& value) {
  path_.push_back({nullptr, item});
  const bool ok = Check(index, value, nullptr);
  path_.pop_back();
  return ok;
}

bool Evaluator::Fits(int index, const Json& value, Evaluated* seen) {
  const bool collecting = std::exchange(collecting_, false);
  bool fits = false;
  if (seen == nullptr) {
    fits = Check(index, value, nullptr);
  } else if (Spend(static_cast<int64_t>(seen->size()) / kPartsAStep)) {
    Evaluated looked_at(seen->size());
    fits = Check(index, value, &looked_at);
    if (fits) seen->Add(looked_at);
  }
  collecting_ = collecting;
  return fits;
}

bool Evaluator::CheckSameValue(const Node& node, const Json& value, Evaluated* seen) {
  bool ok = true;
  if (node.ref != kNoNode) ok = Check(node.ref, value, seen);
  if (Settled(ok)) return false;
  if (node.dynamic_ref != kNoNode) ok = Check(DynamicTarget(node), value, seen) && ok;
  for (const int part : node.all_of) {
    if (Settled(ok)) return false;
    ok = Check(part, value, seen) && ok;
  }
  if (Settled(ok)) return false;
  if (!node.any_of.empty()) ok = CheckAnyOf(node, value, seen) && ok;
  if (Settled(ok)) return false;
  if (!node.one_of.empty()) ok = CheckOneOf(node, value, seen) && ok;
  if (Settled(ok)) return false;
  if (node.negated != kNoNode && Fits(node.negated, value, nullptr)) {
    ok = Fail(node, "not", [&] { return "found " + Show(value) + ", which is excluded"; });
  }
  if (Settled(ok)) return false;
  if (node.condition != kNoNode) ok = CheckCondition(node, value, seen) && ok;
  if (!value.is_object()) return ok;
  for (const auto& [name, dependent] : node.dependent_schemas) {
    if (Settled(ok)) return false;
    if (HasMember(value, name)) ok = Check(dependent, value, seen) && ok;
  }
  return ok;
}

// Where nobody asks which parts were looked at, one branch that fits is enough.
bool Evaluator::CheckAnyOf(const Node& node, const Json& value, Evaluated* seen) {
  bool any = false;
  for (const int branch : node.any_of) {
    any = Fits(branch, value, seen) || any;
    if (any && seen == nullptr) return true;
  }
  return any || ExplainBranches(node, "anyOf", node.any_of, value);
}

bool Evaluator::CheckOneOf(const Node& node, const Json& value, Evaluated* seen) {
  int first = kNoNode;
  for (size_t i = 0; i < node.one_of.size(); ++i) {
    if (!Fits(node.one_of[i], value, seen)) continue;
    if (first != kNoNode) {
      return Fail(node, "oneOf", [&] {
        return fmt::format("{} fits alternatives {} and {}, expected exactly one", Show(value),
                           first, i);
      });
    }
    first = static_cast<int>(i);
  }
  return first != kNoNode || ExplainBranches(node, "oneOf", node.one_of, value);
}

// No branch fits. Where one alone has the right kind, its violations say more than "none of them".
bool Evaluator::ExplainBranches(const Node& node, std::string_view keyword,
                                const std::vector<int>& branches, const Json& value) {
  if (!collecting_ || full()) return false;
  const KindSet kind = KindOf(value);
  std::vector<int> likely;
  for (const int branch : branches) {
    if ((KindsOfBranch(graph_, branch) & kind) != 0) likely.push_back(branch);
  }
  if (likely.size() == 1) return Check(likely[0], value, nullptr) && false;
  return Fail(node, keyword, [&] {
    return fmt::format("{} fits none of the {} alternatives", Show(value), branches.size());
  });
}

bool Evaluator::CheckCondition(const Node& node, const Json& value, Evaluated* seen) {
  const int branch = Fits(node.condition, value, seen) ? node.then_branch : node.else_branch;
  return branch == kNoNode || Check(branch, value, seen);
}

bool Evaluator::CheckUnevaluated(const Node& node, const Json& value, const Evaluated& seen) {
  const bool is_array = value.is_array();
  const int rest = is_array ? node.unevaluated_items : node.unevaluated_properties;
  bool ok = true;
  size_t i = 0;
  for (auto part = value.begin(); part != value.end() && !Settled(ok); ++part, ++i) {
    if (seen.Has(i)) continue;
    if (is_array) {
      ok = CheckItem(rest, i, *part) && ok;
    } else {
      ok = CheckMember(rest, part.key(), *part) && ok;
    }
  }
  return ok;
}

// The outermost resource on the way here that has the anchor (draft 2020-12, section 8.2.3.2).
int Evaluator::DynamicTarget(const Node& node) {
  if (node.dynamic_anchor.empty()) return node.dynamic_ref;
  Spend(static_cast<int64_t>(scope_.size()) / 4);
  for (const int resource : scope_) {
    const NodeMap& anchors = graph_.dynamic_anchors[static_cast<size_t>(resource)];
    if (const auto it = anchors.find(node.dynamic_anchor); it != anchors.end()) return it->second;
  }
  return node.dynamic_ref;
}

}  // namespace weir::schema
