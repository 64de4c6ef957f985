#pragma once
// Starts a tool process under a profile, or not at all.
//
//   ASSIGN_OR_RETURN(SandboxedChild tool, SpawnSandboxed(profile, {.argv = {"/usr/bin/node",
//   ...}})); log(tool.achieved.ToString()); tool.process.Write(...);
//
// There is no fallback: a part that is wanted and can not be had is an error that names the part,
// what the kernel said and the profile's key that does without it. Stopping `process` ends every
// descendant as well when the profile has a process id namespace: they are gone when Kill returns.
//
// With a view (SandboxRequest::view) the tool sees a file system of its own in the place of one
// folder, mounted before anything is confined: what the profile says of paths in that folder holds
// for the view's files, and nothing leads to those below.
//
// Call from a thread that lives as long as the tool shall (see ChildProcess). Any thread.

#include <string>
#include <vector>

#include "base/result.h"
#include "platform/mount_hook.h"
#include "platform/process.h"
#include "sandbox/achieved.h"
#include "sandbox/profile.h"

namespace weir::sandbox {

struct SandboxRequest {
  std::vector<std::string> argv = {};             // argv[0] is the path of an ELF program
  std::vector<platform::PassedFd> pass_fds = {};  // besides 0, 1 and 2
  std::string working_folder = {};                // empty: "/"
  int stderr_fd = -1;                             // -1: /dev/null
  // Borrowed. Then no descriptor may be passed that leads into the folder it covers.
  const platform::MountHook* view = nullptr;
};

struct SandboxedChild {
  platform::ChildProcess process;  // pid() is its init where it has a process id namespace
  AchievedSandbox achieved;
};

// Errors: CheckProfile's; kNotFound for a path of the profile or a program that is not there;
// kInvalidArgument for an open folder passed beside read_only_mounts or a view, which it would lead
// around, and for a view without a process id namespace; the view's own;
// kUnsupported, kPermissionDenied and kResourceExhausted for a part that the kernel refuses.
Result<SandboxedChild> SpawnSandboxed(const SandboxProfile& profile, const SandboxRequest& request);

}  // namespace weir::sandbox
