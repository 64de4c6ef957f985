#pragma once
// Bytes of the log and of the files beside it, through FileOps, with errors as values.

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "platform/file_ops.h"

namespace weir::audit {

// `name` is for the error message.
tl::unexpected<Error> FileError(std::string_view name, std::string_view doing);

Result<std::string> ReadRange(platform::FileOps& ops, int fd, int64_t offset, size_t n_bytes);
// Goes on after short writes; nothing is known about the range after an error.
Status WriteRange(platform::FileOps& ops, int fd, int64_t offset, std::string_view bytes,
                  std::string_view name = "log.jsonl");
// Opens a file of the log's folder, not following a symlink, close-on-exec.
Result<UniqueFd> OpenFile(platform::FileOps& ops, int folder_fd, const std::string& name,
                          int flags);

}  // namespace weir::audit
