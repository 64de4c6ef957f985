#pragma once
// seccomp: which system calls a process may make, as a program for the kernel.
//
// For tools the filter is a list of what is refused. Their programs are not ours, and a list of
// what an interpreter may call would be wrong on the next machine. Refused is what reaches past
// the other layers or what no tool needs: other processes, mounts and namespaces, kernel
// interfaces with a bad record, sockets, terminals' input, set-user-id bits, and every system call
// that is newer than this list. For our own worker the filter is a list of what is allowed.
//
// A refused call returns an error (EPERM; EACCES for sockets; ENOSYS for clone3 and what is not
// known) and kills nobody; a call of another architecture's table kills. Compiled before the fork;
// any thread.

#include <linux/filter.h>

#include <vector>

#include "base/result.h"
#include "sandbox/profile.h"

namespace weir::sandbox {

using FilterProgram = std::vector<struct sock_filter>;

struct ToolFilterOptions {
  Network network = Network::kNone;
  bool may_fork = true;      // threads are possible either way
  bool private_ipc = false;  // has an IPC namespace, so that System V IPC and queues are harmless
  bool private_mounts = false;  // all but its own is read-only, so that chmod and the like by path
                                // are harmless
};

// Error kInternal when libseccomp refuses a rule, kResourceExhausted without memory.
Result<FilterProgram> ToolFilter(const ToolFilterOptions& options);

// What the built-in tools' worker calls once it has started: files below open folders, memory,
// time, its pipes. No exec, no socket, no process or thread, no path that is not opened through a
// folder's descriptor by one of the *at calls.
Result<FilterProgram> WorkerFilter();

// Puts the calling thread, and what it starts, under the filter for good. Needs no_new_privs.
// False: see errno. Async-signal-safe.
bool LoadFilter(const FilterProgram& program) noexcept;

}  // namespace weir::sandbox
