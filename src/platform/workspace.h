#pragma once
// The folder a person lets tools work in, as an open directory. Everything is opened beneath it by
// openat2(RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS): the kernel itself refuses `..` above the root,
// absolute paths and symlinks that lead out, also when another process swaps a folder for a symlink
// while the path is being walked. Symlinks that stay inside are followed.
//
// Paths are bytes, not text: any byte but NUL and '/' may occur in a name. They are relative to the
// workspace; "." is the workspace itself. Common errors of all functions:
//   kInvalidArgument   empty, holds a NUL byte, absolute, longer than the system allows, not a
//   folder kPermissionDenied  leads out of the workspace, is a magic link, or the system says no
//   kNotFound          is not there
//   kUnavailable       a race with renames lasted too long; trying again may help
//   kUnsupported       the kernel has no openat2 (older than Linux 5.6): there is no fallback
//
// Thread rule: immutable after Open; any thread.

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::platform {

class Workspace {
 public:
  // Opens `folder` (absolute or relative to the current one; symlinks are followed here, since the
  // person names it). Error kNotFound or kInvalidArgument when it is no folder.
  static Result<Workspace> Open(const std::string& folder);
  // Takes over an open directory, as the tool worker gets it. Error kInvalidArgument when it is not
  // one.
  static Result<Workspace> FromFd(UniqueFd fd);

  // The open directory; owned by this object.
  int fd() const { return fd_.get(); }

  // Opens with `flags` of open(2); O_CLOEXEC and O_NOCTTY are added. `mode` counts with O_CREAT
  // only. Opening a FIFO without O_NONBLOCK can block: use OpenRegularFile for reading and writing.
  Result<UniqueFd> OpenBeneath(std::string_view relative, int flags, mode_t mode = 0600) const;

  // As OpenBeneath, but follows no symlink at all, wherever it leads (kPermissionDenied; with
  // O_PATH | O_NOFOLLOW a link at the leaf is opened itself).
  Result<UniqueFd> OpenWithoutLinks(std::string_view relative, int flags) const;

  // As OpenBeneath, but refuses everything except a regular file (kInvalidArgument), without ever
  // blocking on a FIFO. With O_TRUNC the file is cut only after that check.
  Result<UniqueFd> OpenRegularFile(std::string_view relative, int flags, mode_t mode = 0600) const;

  // Opens the folder that holds the last name of `relative` and stores that name in `leaf`: for
  // unlinkat, renameat, mkdirat and the like, which do not follow a symlink at the leaf. Trailing
  // slashes are dropped. Error kInvalidArgument when the last name is "." or "..".
  Result<UniqueFd> OpenParent(std::string_view relative, std::string* leaf) const;

  // What is there; a symlink at the leaf is not followed.
  Result<struct stat> Stat(std::string_view relative) const;

 private:
  Result<UniqueFd> OpenHow(std::string_view relative, int flags, mode_t mode,
                           uint64_t resolve) const;

  explicit Workspace(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace weir::platform
