#pragma once
// A small file that nobody but its owner may write, and the lock beside it. Any thread.

#include <cstddef>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::platform {

// The whole file; empty optional when there is none. Error kPermissionDenied when it belongs to
// somebody else or others may write to it, kInvalidArgument when it is a symlink or no regular
// file, kResourceExhausted when it holds more than `max_bytes`.
Result<std::optional<std::string>> ReadPrivateFile(const std::string& path, size_t max_bytes);

// Exclusive among threads and processes until the descriptor is closed. Makes the file 0600.
// Error kUnavailable when another holds it for `wait_ms`.
Result<UniqueFd> LockFile(const std::string& path, int wait_ms);

}  // namespace weir::platform
