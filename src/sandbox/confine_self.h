#pragma once
// A second, tighter sandbox that our own tool worker puts around itself once it has started: what
// the dynamic loader needed is given up again, and only the system calls of its work are left. It
// needs no namespace and stacks on whatever the process is in already.

#include <vector>

#include "base/result.h"

namespace weir::sandbox {

// From here on this process reads and writes files below the open `folders` only, and makes only
// the system calls of WorkerFilter: no exec, no process, no thread, no socket. For good. Call from
// main with one thread. Errors: kUnsupported or what the kernel said; the process may be partly
// confined then and should end.
Status ConfineSelf(const std::vector<int>& folders);

}  // namespace weir::sandbox
