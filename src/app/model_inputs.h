#pragma once
// What the commands below `weir model` read beside the model.

#include <string>
#include <vector>

#include "base/result.h"
#include "base/token_id.h"

namespace weir::app {

// A file of little-endian int32 token ids. Errors: those of reading; kCorruptData when it is empty
// or no whole number of ids.
Result<std::vector<TokenId>> ReadTokenFile(const std::string& path);

}  // namespace weir::app
