#pragma once
// The [retention] table of weir.toml: docs/formats/retention.md. Any thread.

#include <string_view>

#include "base/result.h"
#include "vault/retention.h"

namespace weir::vault {

// Classes that the file does not name keep their default; other tables of the file are left to
// their readers. Error kInvalidArgument with one line a problem, in file order, each "FILE: line L,
// column C: what is wrong; the way out".
Result<RetentionTable> ReadRetention(std::string_view toml, std::string_view file);

}  // namespace weir::vault
