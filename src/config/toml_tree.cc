#include "config/toml_tree.h"

#include <algorithm>

// toml++ 3.3 asserts, and in release builds lets clang assume, what a malformed file can break
// (such as "[[["); left to itself it goes on to a proper error. So neither is wanted, and it comes
// last.
#undef NDEBUG
#define TOML_ASSERT(expr) static_assert(true)
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

namespace weir::config {
namespace {

Place PlaceOf(const toml::source_position& position) { return {position.line, position.column}; }

// The depth is bounded by toml++ itself (TOML_MAX_NESTED_VALUES).
TomlNode NodeOf(const toml::node& from) {
  TomlNode node;
  node.at = PlaceOf(from.source().begin);
  if (const toml::table* table = from.as_table()) {
    for (const auto& [key, item] : *table) {
      node.members.push_back({std::string(key.str()), PlaceOf(key.source().begin), NodeOf(item)});
    }
  } else if (const toml::array* array = from.as_array()) {
    node.kind = TomlNode::Kind::kList;
    for (const toml::node& item : *array) node.items.push_back(NodeOf(item));
  } else if (from.is_string()) {
    node.kind = TomlNode::Kind::kText;
    node.value = from.as_string()->get();
  } else if (from.is_integer()) {
    node.kind = TomlNode::Kind::kInteger;
    node.value = from.as_integer()->get();
  } else if (from.is_floating_point()) {
    node.kind = TomlNode::Kind::kNumber;
    node.value = from.as_floating_point()->get();
  } else if (from.is_boolean()) {
    node.kind = TomlNode::Kind::kBoolean;
    node.value = from.as_boolean()->get();
  } else {
    node.kind = TomlNode::Kind::kTime;
  }
  return node;
}

}  // namespace

const TomlNode* TomlNode::Find(std::string_view key) const {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const Member& member) { return member.key == key; });
  return found == members.end() ? nullptr : &found->node;
}

std::string_view TypeName(const TomlNode& node) {
  switch (node.kind) {
    case TomlNode::Kind::kTable:
      return "a table";
    case TomlNode::Kind::kList:
      return "a list";
    case TomlNode::Kind::kText:
      return "a text";
    case TomlNode::Kind::kInteger:
      return "a whole number";
    case TomlNode::Kind::kNumber:
      return "a number";
    case TomlNode::Kind::kBoolean:
      return "true or false";
    case TomlNode::Kind::kTime:
      return "a date or time";
  }
  return "a value";
}

bool ParseToml(std::string_view text, std::string_view file, TomlNode* top, Problems& problems) {
  const toml::parse_result parsed = toml::parse(text, file);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    problems.Say(PlaceOf(error.source().begin), "no valid TOML: {}", error.description());
    return false;
  }
  *top = NodeOf(parsed.table());
  return true;
}

}  // namespace weir::config
