#pragma once
// Typed access to members of JSON objects that came from outside: a wrong type is an Error, never
// an exception. Any thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "json/json.h"

namespace weir::tools {

Result<std::string> StringField(const json::Json& object, std::string_view key);
// `fallback` when the member is absent or null.
Result<std::string> StringFieldOr(const json::Json& object, std::string_view key,
                                  std::string_view fallback);
Result<int64_t> IntFieldOr(const json::Json& object, std::string_view key, int64_t fallback);

}  // namespace weir::tools
