#include "policy/file_values.h"

#include <string>

#include "policy/rule.h"

namespace weir::policy {
namespace {

const std::vector<std::string>& OriginWords() {
  static const std::vector<std::string> words = {"person", "model", "tool-result", "file",
                                                 "unknown"};
  return words;
}

}  // namespace

std::vector<Origin> FileValues::Origins(const config::TomlNode& node, std::string_view key) {
  std::vector<Origin> origins;
  for (const std::string& word : Words(node, key, OriginWords())) {
    origins.push_back(OriginFromName(word).value_or(Origin::kUnknown));
  }
  return origins;
}

std::optional<int> FileValues::Time(const config::TomlNode& node, std::string_view key) {
  const std::optional<std::string> text = Text(node, key);
  if (!text) return std::nullopt;
  const std::optional<int> time = TimeFromText(*text);
  if (!time) {
    problems().Say(node.at, "'{}' is '{}'; expected a time from \"00:00\" to \"24:00\"", key,
                   *text);
  }
  return time;
}

}  // namespace weir::policy
