#pragma once
// Landlock: what of the file system a process may touch, enforced by the kernel.
//
// Every right that the running kernel knows is taken away, then given back below the named paths.
// What Landlock leaves open (names and attributes of files can be looked at everywhere; changing
// modes, owners, times; sockets with a path) is closed by the system call filter or said in
// docs/sandbox.md. Any thread.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::sandbox {

// Older ones (before Linux 6.2) do not stop the truncation of files.
inline constexpr int kMinLandlockAbi = 3;
// From this one on signals and abstract unix sockets stop at the sandbox's border.
inline constexpr int kLandlockAbiScopes = 6;

enum class PathAccess { kRead, kReadExecute, kWrite };

struct PathRule {
  std::string path;  // for errors, and what is opened when fd is -1
  int fd = -1;       // borrowed
  PathAccess access = PathAccess::kRead;
};

// The kernel's ABI version. Errors: kUnsupported when it has no Landlock, when it is switched off,
// or when it is older than kMinLandlockAbi.
Result<int> LandlockAbi();

// A ruleset ready for EnterLandlock. Errors name the path.
Result<UniqueFd> MakeRuleset(int abi, const std::vector<PathRule>& rules, bool forbid_tcp);

// Adds a rule for what is at `path` now, which must be reached without any link. For a child
// between fork and exec: async-signal-safe. False: see errno.
bool AddPathRule(int ruleset_fd, int abi, const char* path, PathAccess access) noexcept;

// Restricts the calling thread and what it starts, for good. Needs no_new_privs. False: see errno.
// Async-signal-safe.
bool EnterLandlock(int ruleset_fd) noexcept;

}  // namespace weir::sandbox
