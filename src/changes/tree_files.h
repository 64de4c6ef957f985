#pragma once
// Small operations on folders by (open folder, name) that preview, commit and undo share. Nothing
// here follows a link, and no name holds a '/'. Any thread; the caller keeps descriptors open.

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "platform/workspace.h"

namespace weir::changes {

// The names in a folder but "." and "..", in byte order.
Result<std::vector<std::string>> ListFolder(int folder_fd);

// Opens a folder right in `folder_fd`; a link there is an error.
Result<UniqueFd> OpenFolderAt(int folder_fd, const std::string& name);

// The folder that holds the last name of `path`, with no link on the way, and that name. `path` is
// a path that CheckChangePath accepts.
Result<UniqueFd> OpenParentOf(const platform::Workspace& root, const std::string& path,
                              std::string* leaf);

// "a/b" for "a/b/c", "." for "c".
std::string ParentPath(std::string_view path);

// Copies `bytes` bytes between two files from their offsets. Blocks of zeros become holes, so a
// sparse file stays one. Error kCorruptData when the SHA-256 of what was read is not `digest` or
// the length differs; the target holds part of it then.
Status CopyVerified(int from_fd, int to_fd, uint64_t bytes, const std::string& digest);

// SHA-256 of the rest of the file; *n_bytes its length.
Result<std::string> DigestOfFile(int fd, uint64_t* n_bytes);

// Removes a file, link or whole folder, however deep and whatever its modes; nothing there is fine.
// For things of our own only: folders without permissions are made accessible on the way.
Status RemoveTree(int folder_fd, const std::string& name);

// Makes everything written to the file system of `fd` durable.
Status SyncFileSystem(int fd);

// Waits for the only lock on the file (made with mode 0600 when it is not there), which the
// returned descriptor holds; it ends with the process, however that ends.
Result<UniqueFd> LockFile(const std::string& path);
// The same without waiting: kUnavailable when somebody else holds it.
Result<UniqueFd> TryLockFile(const std::string& path);

}  // namespace weir::changes
