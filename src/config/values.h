#pragma once
// Typed values of a configuration file; what does not fit is reported at its place. One thread.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/problems.h"
#include "config/toml_tree.h"
#include "json/json.h"

namespace weir::config {

class Values {
 public:
  explicit Values(Problems& problems) : problems_(problems) {}

  // Reports every key of the table that is not in `known`; `where` follows the key in the message.
  void CheckKeys(const TomlNode& table, const std::vector<std::string>& known,
                 std::string_view where);

  // Each is empty after a report.
  const TomlNode* Table(const TomlNode& node, std::string_view key, std::string_view example);
  const TomlNode* List(const TomlNode& node, std::string_view key, std::string_view example);
  std::optional<std::string> Text(const TomlNode& node, std::string_view key);
  std::optional<std::string> Word(const TomlNode& node, std::string_view key,
                                  const std::vector<std::string>& words);
  // One word or a list of at least one; each word once.
  std::vector<std::string> Words(const TomlNode& node, std::string_view key,
                                 const std::vector<std::string>& words);
  std::optional<json::Json> Number(const TomlNode& node, std::string_view key);
  std::optional<int64_t> Count(const TomlNode& node, std::string_view key);
  std::optional<double> Share(const TomlNode& node, std::string_view key);
  std::optional<json::Json> Scalar(const TomlNode& node, std::string_view key);

  // The node as JSON: tables, lists and scalars. Reports dates and numbers that are not finite.
  json::Json Value(const TomlNode& node, std::string_view key);

  Problems& problems() { return problems_; }

 private:
  Problems& problems_;
};

}  // namespace weir::config
