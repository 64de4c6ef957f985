#pragma once
// Files and folder trees by (open folder, name): read, digest, copy, remove, rename without
// overwriting. Nothing here follows a link, and nothing takes a path with '/' in it, so a caller
// that holds an open folder of the workspace stays in it.
//
// All functions may be used from any thread; the caller keeps the descriptors open.

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::tools {

// Bounds of one walk through a tree. Counts down.
struct WalkBudget {
  const Clock* clock = nullptr;
  int64_t deadline_us = INT64_MAX;  // monotonic
  int64_t entries = 200'000;
  int64_t bytes = int64_t{4} << 30;  // of file content copied
  int depth = 100;

  // kDeadlineExceeded or kResourceExhausted when a bound is met.
  Status Spend(int64_t n_entries, int64_t n_bytes);
};

// "WHAT: no space left on device", with the code that fits `error_number`.
tl::unexpected<Error> SystemError(int error_number, std::string_view what);

enum class EntryKind { kFile, kFolder, kLink, kOther };
EntryKind KindOf(mode_t mode);
// "file", "folder", "link" or "special file".
std::string_view KindName(EntryKind kind);

struct FolderEntry {
  std::string name;
  EntryKind kind = EntryKind::kFile;
  int64_t bytes = 0;
  int64_t mtime_us = 0;
  mode_t mode = 0;
};

// Everything in the folder but "." and "..", in natural order, without our own temporary files.
// At most `max_entries`; *n_left_out says how many more there are.
Result<std::vector<FolderEntry>> ReadFolder(int folder_fd, size_t max_entries, size_t* n_left_out);

// The whole content; kResourceExhausted when there is more than max_bytes. From the fd's offset.
Result<std::string> ReadAll(int fd, size_t max_bytes);
Status WriteAll(int fd, std::string_view bytes);
Status SyncFd(int fd, std::string_view what);

// ".weir-0123456789ab.tmp": a name no person has. IsTemporaryName tells ours again.
std::string TemporaryName();
bool IsTemporaryName(std::string_view name);

// Opens a folder or regular file right in `folder_fd`, not following a link.
Result<UniqueFd> OpenChildFolder(int folder_fd, const std::string& name);
Result<UniqueFd> OpenChildFile(int folder_fd, const std::string& name);

// Atomic; kInvalidArgument when the target is there (told apart by `errno_out` EEXIST, EXDEV).
Status RenameNoReplace(int from_fd, const std::string& from, int to_fd, const std::string& to,
                       int* errno_out);

// SHA-256 over kinds, names, link targets and content of what is at `name`. Not over modes and
// times. Files count by content while their sum stays below 64 MiB (in natural walk order),
// beyond that by size alone, so a digest of something huge stays quick.
Result<std::string> DigestTree(int folder_fd, const std::string& name, WalkBudget& budget);

// What DigestTree gives for a regular file with this content.
std::string DigestOfContent(std::string_view content);

// Copies a file, link or folder to a name that is free, with modes and times, and makes it durable.
// Special files are refused. What was copied before an error is left for RemoveTree.
Status CopyTree(int from_fd, const std::string& from, int to_fd, const std::string& to,
                WalkBudget& budget);

// Removes a file or a whole folder; nothing there is fine.
Status RemoveTree(int folder_fd, const std::string& name, int depth = 100);

}  // namespace weir::tools
