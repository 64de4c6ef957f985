#pragma once
// What a sandbox turned out to be: the facts for the audit log and for the person. Values; any
// thread.

#include <string>
#include <string_view>

#include "json/json.h"
#include "sandbox/profile.h"

namespace weir::sandbox {

// What counts the processes of a tool.
enum class ProcessCounter {
  kNobody,     // no limit was wanted
  kSeccomp,    // no process can be made at all
  kRlimit,     // RLIMIT_NPROC, in a user namespace of its own
  kNamespace,  // the highest number of its process id namespace; for root, whom no rlimit binds
};

struct AchievedSandbox {
  std::string profile;       // its name
  std::string profile_hash;  // ProfileHash
  int landlock_abi = 0;      // 0: no Landlock
  bool seccomp = false;
  bool user_namespace = false;
  bool pid_namespace = false;  // with an IPC namespace
  bool network_namespace = false;
  bool read_only_mounts = false;
  bool view = false;  // one folder is a copy-on-write view: what it changes there is not kept
  bool no_new_privs = false;
  bool no_capabilities = false;
  Network network = Network::kInherit;
  bool allow_exec = true;
  SandboxLimits limits;  // processes: as it holds, which for root may be more than was wanted
  ProcessCounter process_counter = ProcessCounter::kNobody;

  // One line: "builtin-tools 3f2a9c01d2e4: landlock 7, seccomp, user+pid+ipc+network namespaces,
  // no_new_privs, no capabilities; network none; no exec; open_files 256, processes 1 (seccomp)".
  std::string ToString() const;
  json::Json ToJson() const;
};

}  // namespace weir::sandbox
