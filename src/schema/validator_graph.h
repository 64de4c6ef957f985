#pragma once
// A schema of any form, compiled: what ValidatorCompiler makes and Evaluator walks. Internal to
// schema/.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "schema/pattern.h"
#include "schema/schema.h"

namespace weir::schema {

inline constexpr int kNoNode = -1;

// The values of an enum or const, as keys of equality (equality_key.h).
struct ListedValues {
  KindSet kinds = 0;  // of any of them
  std::set<std::string, std::less<>> keys;
  std::string shown;  // for messages
};

struct PatternProperty {
  std::shared_ptr<const Pattern> pattern;
  int node = kNoNode;
};

using NodeMap = std::map<std::string, int, std::less<>>;

// One subschema. A member that is kNoNode, empty or at its default says nothing.
struct ValidatorNode {
  // Where it stands: below another node, or at a fragment of its resource (above = kNoNode).
  int resource = 0;
  int above = kNoNode;
  std::string token;

  bool never = false;  // the schema `false`

  // Applied to the same value.
  int ref = kNoNode;
  int dynamic_ref = kNoNode;   // where $dynamicRef leads in its own resource
  std::string dynamic_anchor;  // not empty: the outermost resource with this anchor comes first
  std::vector<int> all_of;
  std::vector<int> any_of;
  std::vector<int> one_of;
  int negated = kNoNode;
  int condition = kNoNode;
  int then_branch = kNoNode;
  int else_branch = kNoNode;
  NodeMap dependent_schemas;

  KindSet kinds = kAnyKind;
  std::optional<ListedValues> listed;    // enum
  std::optional<ListedValues> constant;  // const

  // Numbers.
  std::optional<Bound> minimum;
  std::optional<Bound> maximum;
  std::optional<Decimal> multiple_of;

  // Strings.
  CountRange length;
  std::shared_ptr<const Pattern> pattern;
  std::string format;  // only where it is enforced

  // Arrays.
  std::vector<int> prefix_items;
  int items = kNoNode;  // those after prefix_items
  int contains = kNoNode;
  CountRange n_contains = {1, kNoLimit};
  CountRange n_items;
  bool unique_items = false;
  int unevaluated_items = kNoNode;

  // Objects.
  NodeMap properties;
  std::vector<PatternProperty> pattern_properties;
  int additional = kNoNode;
  int property_names = kNoNode;
  std::vector<std::string> required;
  std::map<std::string, std::vector<std::string>> dependent_required;
  CountRange n_properties;
  int unevaluated_properties = kNoNode;
};

struct ValidatorGraph {
  std::deque<ValidatorNode> nodes;  // a deque: nodes stay where they are while more are added
  std::vector<std::string> resource_uris;
  std::vector<NodeMap> dynamic_anchors;  // by resource, only those that a $dynamicRef asks for
  int root = 0;
  int max_depth = 0;
  int64_t max_steps = 0;

  const ValidatorNode& node(int index) const { return nodes[static_cast<size_t>(index)]; }
};

// "uri#/properties/a", and with a keyword "uri#/properties/a/type".
std::string PlaceOf(const ValidatorGraph& graph, const ValidatorNode& node,
                    std::string_view keyword = "");

}  // namespace weir::schema
