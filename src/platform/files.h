#pragma once
// Whole files of our own: configuration and state. Files of a person's workspace are opened through
// platform/workspace.h instead. Any thread.

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::platform {

// The whole file. Errors: kNotFound; kResourceExhausted when it holds more than max_bytes (nothing
// is returned then); kInvalidArgument when it is no regular file; kPermissionDenied.
Result<std::string> ReadFile(const std::string& path, size_t max_bytes);

// Replaces `path` by `bytes` so that after a crash at any point the file is whole: either the old
// or the new one. Writes "PATH.tmp-XXXXXX" beside it, fsyncs, renames, fsyncs the folder; the
// temporary file is removed on error. A symlink at `path` is replaced, not followed.
Status WriteFileDurably(const std::string& path, std::string_view bytes, mode_t mode = 0600);

// Makes the folder and its missing parents, each 0700 and durable. A folder that is there is left
// as it is; error kPermissionDenied when it belongs to another user or others may write to it.
Status EnsurePrivateFolder(const std::string& path);

// The folder that holds `path`, by its text alone: "." for a bare name.
std::string FolderOf(const std::string& path);

// fsync of a folder, which makes creations, renames and deletions in it durable.
Status SyncFolder(const std::string& path);

// An Error for errno as it stands: "'PATH': text of the system".
tl::unexpected<Error> FileError(std::string_view path);

// An Error for the errno value `error_number`: "CONTEXT: text of the system".
Error SystemError(int error_number, std::string_view context);

}  // namespace weir::platform
