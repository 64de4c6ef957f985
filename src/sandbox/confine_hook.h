#pragma once
// The child's way from the fork into the sandbox: namespaces, the view, mounts, capabilities, init,
// Landlock, seccomp, in this order. Everything is prepared before the fork; what runs in the child
// only makes system calls.
//
// With a process id namespace there are two processes: the direct child of Weir becomes the init of
// init_program.cc, and its first child becomes the tool.

#include <cstdint>
#include <string>
#include <vector>

#include "platform/mount_hook.h"
#include "platform/process.h"
#include "sandbox/landlock.h"
#include "sandbox/syscall_filter.h"

namespace weir::sandbox {

// Empty members are parts that are not wanted.
struct ConfinePlan {
  std::string profile;  // its name, for errors
  uint64_t namespaces = 0;
  std::string uid_map;                        // with a user namespace: "UID UID 1"
  std::string gid_map;                        // likewise
  const platform::MountHook* view = nullptr;  // borrowed; with a mount namespace
  bool read_only_mounts = false;              // all but these:
  std::vector<std::string> writable_mounts;
  std::string max_pid;  // highest number + 1 in the process id namespace
  std::string working_folder;
  int init_fd = -1;     // borrowed; with a process id namespace
  int ruleset_fd = -1;  // borrowed
  int landlock_abi = 0;
  // Of paths in the view, whose files are there only once it is mounted. Without links.
  std::vector<PathRule> view_rules;
  FilterProgram filter;
};

class ConfineHook : public platform::ChildHook {
 public:
  explicit ConfineHook(ConfinePlan plan) : plan_(std::move(plan)) {}

  uint64_t namespaces() const override { return plan_.namespaces; }
  std::vector<int> fds() const override;
  int Run(const int* fds, int error_fd) const noexcept override;
  // Names the part, what the kernel said, and the profile's key that does without it.
  Error Explain(int step, int error_number) const override;

 private:
  enum Step : int {
    kDone,
    kIdMap,
    kOwnMounts,
    kMounts,
    kMaxPid,
    kCapabilities,
    kFolder,
    kInit,
    kLandlock,
    kSeccomp,
    kView = 100,       // and the hook's number
    kViewRule = 1000,  // and the index of the rule
  };
  static_assert(kView + platform::MountHook::kMaxStep < kViewRule);

  // The part of Run with everything that is mounted.
  int Mount(int ruleset_fd) const noexcept;

  ConfinePlan plan_;
};

}  // namespace weir::sandbox
