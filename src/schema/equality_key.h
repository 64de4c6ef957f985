#pragma once
// Values that JSON Schema calls equal (numbers by value, objects without order) have the same key,
// others have different ones. Comparing keys makes enum and uniqueItems cheap for large values.
// Internal to schema/. Pure; any thread.

#include <string>

#include "json/json.h"

namespace weir::schema {

// Numbers in `value` are finite. Recursive: the caller bounds the depth.
std::string EqualityKey(const json::Json& value);

}  // namespace weir::schema
