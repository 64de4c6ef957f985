#include "policy/json_lines.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/nearest.h"

namespace weir::policy {

Status ForEachJsonLine(std::string_view text, std::string_view file,
                       const std::function<Status(const json::Json&, size_t)>& take) {
  for (size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const Result<json::Json> object = json::Parse(line);
    const auto at = [&](const Error& error) {
      return MakeError(error.WithContext(fmt::format("{}: line {}", file, number)));
    };
    if (!object) return at(object.error());
    if (!object->is_object()) {
      return at({ErrorCode::kInvalidArgument,
                 fmt::format("expected a JSON object, not {}", object->type_name())});
    }
    if (Status taken = take(*object, number); !taken) return at(taken.error());
  }
  return {};
}

Status CheckMembers(const json::Json& object, const std::vector<std::string>& keys) {
  for (const auto& [key, value] : object.items()) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    return MakeError(ErrorCode::kInvalidArgument, "unknown key '{}'{}", key,
                     config::DidYouMean(key, keys));
  }
  return {};
}

}  // namespace weir::policy
