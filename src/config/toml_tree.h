#pragma once
// A TOML text as a tree in which every value and key knows its place. Hides toml++. Any thread.

#include <string>
#include <string_view>
#include <vector>

#include "config/problems.h"
#include "json/json.h"

namespace weir::config {

struct TomlNode {
  enum class Kind { kTable, kList, kText, kInteger, kNumber, kBoolean, kTime };
  struct Member;

  Kind kind = Kind::kTable;
  Place at;
  json::Json value;             // of a text, number or boolean
  std::vector<TomlNode> items;  // of a list
  std::vector<Member> members;  // of a table, sorted by key

  bool is_table() const { return kind == Kind::kTable; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_text() const { return kind == Kind::kText; }
  // The member's value, or null. Borrowed.
  const TomlNode* Find(std::string_view key) const;
};

struct TomlNode::Member {
  std::string key;
  Place at;  // of the key
  TomlNode node;
};

// "a table", "a whole number", ...
std::string_view TypeName(const TomlNode& node);

// False after a report: no TOML 1.0.
bool ParseToml(std::string_view text, std::string_view file, TomlNode* top, Problems& problems);

}  // namespace weir::config
