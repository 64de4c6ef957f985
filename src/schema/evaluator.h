#pragma once
// One validation of a value against a compiled schema. Recursive over both, within the graph's
// limits of depth and steps; a step is some tens of nanoseconds. Internal to schema/; one use, one
// thread.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/validator.h"
#include "schema/validator_graph.h"

namespace weir::schema {

// Which items of an array, or members of an object by their position, a subschema has looked at;
// unevaluatedItems and unevaluatedProperties get the others.
class Evaluated {
 public:
  explicit Evaluated(size_t n_parts) : parts_(n_parts, false) {}

  size_t size() const { return parts_.size(); }
  bool Has(size_t part) const { return parts_[part]; }
  void Add(size_t part) { parts_[part] = true; }
  void Add(const Evaluated& other) {
    for (size_t i = 0; i < parts_.size(); ++i) parts_[i] = parts_[i] || other.parts_[i];
  }

 private:
  std::vector<bool> parts_;
};

class Evaluator {
 public:
  explicit Evaluator(const ValidatorGraph& graph) : graph_(graph), steps_left_(graph.max_steps) {}

  Result<std::vector<Violation>> Run(const json::Json& value);

 private:
  using Json = json::Json;
  using Node = ValidatorNode;

  struct Segment {
    const std::string* key;  // null for an item
    size_t item;
  };

  // Whether `value` is valid against a node. `seen` collects the looked-at parts of the value if
  // somebody wants them (null: nobody does); after `false` it holds anything.
  bool Check(int index, const Json& value, Evaluated* seen);
  bool CheckNode(const Node& node, const Json& value, Evaluated* seen);
  // As Check for a part of the current value.
  bool CheckMember(int index, const std::string& key, const Json& value);
  bool CheckItem(int index, size_t item, const Json& value);
  // As Check, without violations, and `seen` is left alone after `false`.
  bool Fits(int index, const Json& value, Evaluated* seen);

  bool CheckKind(const Node& node, const Json& value, KindSet kind, Evaluated* seen);
  bool CheckListed(const Node& node, const Json& value, KindSet kind);
  bool CheckNumber(const Node& node, const Json& value);
  bool CheckString(const Node& node, const Json& value);
  bool CheckCount(const Node& node, const CountRange& range, size_t count, std::string_view what);

  bool CheckArray(const Node& node, const Json& value, Evaluated* seen);
  bool CheckContains(const Node& node, const Json& value, Evaluated* seen);
  bool CheckUnique(const Node& node, const Json& value);

  bool CheckObject(const Node& node, const Json& value, Evaluated* seen);
  bool CheckRequired(const Node& node, const Json& value);
  bool CheckMembers(const Node& node, const Json& value, Evaluated* seen);
  bool CheckOneMember(const Node& node, const std::string& key, const Json& value, bool* known);

  bool CheckSameValue(const Node& node, const Json& value, Evaluated* seen);
  bool CheckAnyOf(const Node& node, const Json& value, Evaluated* seen);
  bool CheckOneOf(const Node& node, const Json& value, Evaluated* seen);
  bool CheckCondition(const Node& node, const Json& value, Evaluated* seen);
  bool CheckUnevaluated(const Node& node, const Json& value, const Evaluated& seen);
  bool ExplainBranches(const Node& node, std::string_view keyword, const std::vector<int>& branches,
                       const Json& value);

  int DynamicTarget(const Node& node);
  bool HasMember(const Json& object, const std::string& name);
  bool Matches(const Pattern& pattern, std::string_view text);

  // Takes `steps` from what is left; false when there are none, and then everything is invalid and
  // Run() reports why.
  bool Spend(int64_t steps);
  bool GiveUp(std::string why);

  // Records that `keyword` of `node` is broken here. `message` makes the text, which is not needed
  // while a branch is only tried. Always false.
  template <class Message>
  bool Fail(const Node& node, std::string_view keyword, Message message) {
    if (collecting_ && !full()) {
      violations_.push_back({InstancePlace(), PlaceOf(graph_, node, keyword), message()});
    }
    return false;
  }
  std::string InstancePlace() const;
  bool full() const;
  // Whether nothing more is to be learned after `ok`.
  bool Settled(bool ok) const { return !ok && (!collecting_ || full()); }

  const ValidatorGraph& graph_;
  int64_t steps_left_;
  int depth_ = 0;
  bool collecting_ = true;
  std::string gave_up_;        // why, once the limits are reached
  std::vector<Segment> path_;  // from the root to the current value
  std::vector<int> scope_;     // the resources entered, outermost first
  std::vector<Violation> violations_;
};

}  // namespace weir::schema
