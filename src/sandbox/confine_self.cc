#include "sandbox/confine_self.h"

#include <sys/prctl.h>

#include <cerrno>

#include "base/unique_fd.h"
#include "platform/files.h"
#include "sandbox/landlock.h"
#include "sandbox/syscall_filter.h"

namespace weir::sandbox {

Status ConfineSelf(const std::vector<int>& folders) {
  ASSIGN_OR_RETURN(const int abi, LandlockAbi());
  std::vector<PathRule> rules;
  rules.reserve(folders.size());
  for (const int fd : folders) {
    rules.push_back(
        {.path = fmt::format("descriptor {}", fd), .fd = fd, .access = PathAccess::kWrite});
  }
  ASSIGN_OR_RETURN(const UniqueFd ruleset, MakeRuleset(abi, rules, /*forbid_tcp=*/true));
  ASSIGN_OR_RETURN(const FilterProgram filter, WorkerFilter());
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return MakeError(platform::SystemError(errno, "no_new_privs"));
  }
  if (!EnterLandlock(ruleset.get())) return MakeError(platform::SystemError(errno, "Landlock"));
  if (!LoadFilter(filter)) return MakeError(platform::SystemError(errno, "seccomp"));
  return {};
}

}  // namespace weir::sandbox
