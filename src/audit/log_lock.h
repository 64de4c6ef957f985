#pragma once
// One writer a log: the file `lock` beside it.

#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "platform/file_ops.h"

namespace weir::audit {

// Takes the lock of the folder and writes our process id into it; it is held as long as the
// descriptor is open. Error kUnavailable, naming the holder where known, when another one holds it
// for longer than `wait_ms`.
Result<UniqueFd> TakeLogLock(platform::FileOps& ops, int folder_fd, const std::string& folder,
                             int64_t wait_ms);

}  // namespace weir::audit
