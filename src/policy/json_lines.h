#pragma once
// A text of one JSON object a line. Pure; any thread.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/json.h"

namespace weir::policy {

// Calls `take` with each object and its line number, counted from 1; empty lines are skipped. Error
// "FILE: line N: ...": no JSON object, or the first error of `take`.
Status ForEachJsonLine(std::string_view text, std::string_view file,
                       const std::function<Status(const json::Json&, size_t)>& take);

// Error, with the nearest name, when the object has a member that is not in `keys`.
Status CheckMembers(const json::Json& object, const std::vector<std::string>& keys);

}  // namespace weir::policy
