#pragma once
// What policy files hold beside plain values: origins of arguments, times of day. One thread.

#include <optional>
#include <string_view>
#include <vector>

#include "config/values.h"
#include "policy/call.h"

namespace weir::policy {

class FileValues : public config::Values {
 public:
  using config::Values::Values;

  // Empty after a report.
  std::vector<Origin> Origins(const config::TomlNode& node, std::string_view key);
  // Minutes since midnight.
  std::optional<int> Time(const config::TomlNode& node, std::string_view key);
};

}  // namespace weir::policy
