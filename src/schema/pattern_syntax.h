#pragma once
// Regular expressions of ECMA-262 (Unicode mode), which JSON Schema prescribes, in RE2's spelling.
// Internal to schema/. Pure; any thread.

#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::schema {

// An expression for RE2 that matches the same texts as `source`. Error kUnsupported names what can
// not be matched in linear time (look-around, back references) or is no ECMA-262. RE2 finds the
// rest, such as an unclosed group.
Result<std::string> ToRe2(std::string_view source);

}  // namespace weir::schema
