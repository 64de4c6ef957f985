#pragma once
// A file system that a child process mounts over one folder before it starts its program, such as a
// copy-on-write view of a workspace. Who prepares it (changes/) and who runs it (sandbox/) need not
// know each other.

#include <string>

#include "base/result.h"

namespace weir::platform {

// All that Mount needs is prepared before the fork. Borrowed for the time of a spawn.
class MountHook {
 public:
  MountHook() = default;
  MountHook(const MountHook&) = delete;
  MountHook& operator=(const MountHook&) = delete;
  virtual ~MountHook() = default;

  // What it covers: an existing folder by its absolute path without links.
  virtual const std::string& path() const = 0;
  // In the child, in a user namespace in which its user and group keep their numbers and it has all
  // capabilities, and in a mount namespace whose mounts nobody else sees. Only async-signal-safe
  // calls; no allocation. May change the current folder. Returns 0, or a number of 1 to kMaxStep
  // for what did not work, with errno set.
  virtual int Mount() const noexcept = 0;
  // The error for such a number.
  virtual Error Explain(int step, int error_number) const = 0;

  static constexpr int kMaxStep = 99;
};

}  // namespace weir::platform
