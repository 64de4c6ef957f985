#pragma once
// What programs may build but no text of JSON holds, or holds only in malice: refused before
// anything recursive sees it. Internal to schema/. Pure; any thread.

#include <cstdint>

#include "base/result.h"
#include "json/json.h"

namespace weir::schema {

// The number of values inside `json`, itself included. Errors: kInvalidArgument for a number that
// is not finite, kResourceExhausted where it nests deeper than 200.
Result<int64_t> CountValues(const json::Json& json);

}  // namespace weir::schema
