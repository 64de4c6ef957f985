#include "config/values.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "config/nearest.h"

namespace weir::config {
namespace {

bool IsListed(const std::string& word, const std::vector<std::string>& list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace

void Values::CheckKeys(const TomlNode& table, const std::vector<std::string>& known,
                       std::string_view where) {
  for (const TomlNode::Member& member : table.members) {
    if (IsListed(member.key, known)) continue;
    problems_.Say(member.at, "unknown key '{}'{}{}", member.key, where,
                  DidYouMean(member.key, known));
  }
}

const TomlNode* Values::Table(const TomlNode& node, std::string_view key,
                              std::string_view example) {
  if (node.is_table()) return &node;
  problems_.Say(node.at, "'{}' must be a table such as {}, not {}", key, example, TypeName(node));
  return nullptr;
}

const TomlNode* Values::List(const TomlNode& node, std::string_view key, std::string_view example) {
  if (node.is_list() && !node.items.empty()) return &node;
  problems_.Say(node.at, "'{}' must be a list of at least one, such as {}, not {}", key, example,
                node.is_list() ? "an empty list" : TypeName(node));
  return nullptr;
}

std::optional<std::string> Values::Text(const TomlNode& node, std::string_view key) {
  if (!node.is_text()) {
    problems_.Say(node.at, "'{}' must be a text in quotes, not {}", key, TypeName(node));
    return std::nullopt;
  }
  auto text = node.value.get<std::string>();
  if (!text.empty()) return text;
  problems_.Say(node.at, "'{}' is empty", key);
  return std::nullopt;
}

std::optional<std::string> Values::Word(const TomlNode& node, std::string_view key,
                                        const std::vector<std::string>& words) {
  std::optional<std::string> word = Text(node, key);
  if (!word || IsListed(*word, words)) return word;
  problems_.Say(node.at, "unknown {} '{}'{}", key, *word, DidYouMean(*word, words));
  return std::nullopt;
}

std::vector<std::string> Values::Words(const TomlNode& node, std::string_view key,
                                       const std::vector<std::string>& words) {
  std::vector<std::string> read;
  if (!node.is_list()) {
    if (std::optional<std::string> word = Word(node, key, words)) read.push_back(*word);
    return read;
  }
  if (node.items.empty()) {
    problems_.Say(node.at, "'{}' is an empty list; name at least one of {}", key,
                  fmt::join(words, ", "));
  }
  for (const TomlNode& item : node.items) {
    const std::optional<std::string> word = Word(item, key, words);
    if (!word) continue;
    if (IsListed(*word, read)) problems_.Say(item.at, "'{}' is listed twice", *word);
    read.push_back(*word);
  }
  return read;
}

std::optional<json::Json> Values::Number(const TomlNode& node, std::string_view key) {
  const bool is_number =
      node.kind == TomlNode::Kind::kInteger ||
      (node.kind == TomlNode::Kind::kNumber && std::isfinite(node.value.get<double>()));
  if (is_number) return node.value;
  problems_.Say(node.at, "'{}' must be a finite number, not {}", key,
                node.kind == TomlNode::Kind::kNumber ? "an infinite one" : TypeName(node));
  return std::nullopt;
}

std::optional<int64_t> Values::Count(const TomlNode& node, std::string_view key) {
  if (node.kind == TomlNode::Kind::kInteger && node.value.get<int64_t>() >= 0) {
    return node.value.get<int64_t>();
  }
  problems_.Say(
      node.at, "'{}' must be a whole number from 0 on, not {}", key,
      node.kind == TomlNode::Kind::kInteger ? json::Dump(node.value) : std::string(TypeName(node)));
  return std::nullopt;
}

std::optional<double> Values::Share(const TomlNode& node, std::string_view key) {
  const std::optional<json::Json> number = Number(node, key);
  if (!number) return std::nullopt;
  const auto share = number->get<double>();
  if (share >= 0 && share <= 1) return share;
  problems_.Say(node.at, "'{}' must be from 0 to 1, not {}", key, json::Dump(*number));
  return std::nullopt;
}

std::optional<json::Json> Values::Scalar(const TomlNode& node, std::string_view key) {
  switch (node.kind) {
    case TomlNode::Kind::kText:
    case TomlNode::Kind::kBoolean:
      return node.value;
    case TomlNode::Kind::kInteger:
    case TomlNode::Kind::kNumber:
      return Number(node, key);
    default:
      problems_.Say(node.at, "'{}' must be a text, a number, true or false, not {}", key,
                    TypeName(node));
      return std::nullopt;
  }
}

json::Json Values::Value(const TomlNode& node, std::string_view key) {
  if (node.is_list()) {
    json::Json list = json::Json::array();
    for (const TomlNode& item : node.items) list.push_back(Value(item, key));
    return list;
  }
  if (node.is_table()) {
    json::Json object = json::Json::object();
    for (const TomlNode::Member& member : node.members) {
      object[member.key] = Value(member.node, member.key);
    }
    return object;
  }
  return Scalar(node, key).value_or(json::Json());
}

}  // namespace weir::config
