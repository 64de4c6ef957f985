#pragma once
// How long data is kept here: the [retention] table of the configuration, or the defaults.

#include "base/result.h"
#include "vault/retention.h"

namespace weir::app {

// Errors carry file, line and column; nothing may be put or expired with a file that has one.
Result<vault::RetentionTable> LoadRetention();

}  // namespace weir::app
