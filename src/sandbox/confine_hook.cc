#include "sandbox/confine_hook.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <string_view>

#include "platform/files.h"

namespace weir::sandbox {
namespace {

// ---- in the child: system calls only ----

bool WriteOnce(const char* path, std::string_view text) noexcept {
  const int file = ::open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const ssize_t n = ::write(file, text.data(), text.size());
  const int error_number = errno;
  ::close(file);
  errno = n >= 0 ? EIO : error_number;
  return n == static_cast<ssize_t>(text.size());
}

// Without a map the kernel shows nobody's numbers. A group map by an ordinary user is only allowed
// once the groups can not be changed any more.
bool MapIds(const ConfinePlan& plan) noexcept {
  return WriteOnce("/proc/self/setgroups", "deny") &&
         WriteOnce("/proc/self/uid_map", plan.uid_map) &&
         WriteOnce("/proc/self/gid_map", plan.gid_map);
}

// Everything read-only and without set-user-id programs; then the writable folders as mounts of
// their own that are not. Only their top mount: what is mounted inside stays read-only.
bool MakeMountsReadOnly(const ConfinePlan& plan) noexcept {
  for (const std::string& folder : plan.writable_mounts) {
    const char* path = folder.c_str();
    if (::mount(path, path, nullptr, MS_BIND | MS_REC, nullptr) != 0) return false;
  }
  struct mount_attr closed = {};
  closed.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID;
  if (::mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &closed, sizeof(closed)) != 0) return false;
  struct mount_attr open = {};
  open.attr_clr = MOUNT_ATTR_RDONLY;
  for (const std::string& folder : plan.writable_mounts) {
    if (::mount_setattr(AT_FDCWD, folder.c_str(), 0, &open, sizeof(open)) != 0) return false;
  }
  return true;
}

// All sets to nothing, and no way back by running a program as root: an empty bounding set where we
// may change it, and no_new_privs, which is set already, everywhere.
bool DropCapabilities() noexcept {
  (void)::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    // Refused to who has no capabilities to begin with.
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) break;
  }
  (void)::prctl(PR_SET_SECUREBITS,
                SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
                    SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED,
                0, 0, 0);
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  return ::syscall(SYS_capset, &header, none) == 0;
}

// Becomes init, which says so on its stdout. Besides that only the error pipe stays until exec has
// worked, and the program's file. Comes back only when something is refused.
void BecomeInit(int init_fd, int error_fd, int says_fd) noexcept {
  if (::dup2(says_fd, STDOUT_FILENO) < 0) return;
  const auto low = static_cast<unsigned>(std::min(init_fd, error_fd));
  const auto high = static_cast<unsigned>(std::max(init_fd, error_fd));
  ::close(STDIN_FILENO);
  ::close_range(STDERR_FILENO, low - 1, 0);
  if (high > low + 1) ::close_range(low + 1, high - 1, 0);
  ::close_range(high + 1, UINT_MAX, 0);
  char name[] = "weir-sandbox-init";
  char* const argv[] = {name, nullptr};
  char* const env[] = {nullptr};
  ::syscall(SYS_execveat, init_fd, "", argv, env, AT_EMPTY_PATH);
}

// Splits into init and the tool's process to be. True in the latter, once init is there to stop it.
bool SplitOffTool(int init_fd, int error_fd) noexcept {
  std::array<int, 2> pipe = {-1, -1};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return false;
  // The raw call for the reason that platform/process.cc has.
  const long tool = ::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (tool < 0) return false;
  if (tool > 0) {
    BecomeInit(init_fd, error_fd, pipe[1]);
    return false;
  }
  ::close(pipe[1]);
  char byte = 0;
  ssize_t n = 0;
  do {
    n = ::read(pipe[0], &byte, 1);
  } while (n < 0 && errno == EINTR);
  ::close(pipe[0]);
  if (n == 0) errno = ECHILD;
  return n == 1;
}

// ---- in the parent ----

constexpr const char* kNoNamespaces =
    "pid_namespace = false, network_namespace = false and read_only_mounts = false do without "
    "namespaces";

}  // namespace

std::vector<int> ConfineHook::fds() const {
  std::vector<int> fds;
  if (plan_.ruleset_fd >= 0) fds.push_back(plan_.ruleset_fd);
  if (plan_.init_fd >= 0) fds.push_back(plan_.init_fd);
  return fds;
}

int ConfineHook::Mount(int ruleset_fd) const noexcept {
  if ((plan_.namespaces & CLONE_NEWNS) == 0) return kDone;
  // What is mounted here is not seen elsewhere.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return kOwnMounts;
  // First, while what it is made of can still be written to.
  if (plan_.view != nullptr) {
    if (const int step = plan_.view->Mount(); step != 0) return kView + step;
  }
  if (plan_.read_only_mounts && !MakeMountsReadOnly(plan_)) return kMounts;
  if (ruleset_fd < 0) return kDone;
  int n_added = 0;
  for (const PathRule& rule : plan_.view_rules) {
    if (!AddPathRule(ruleset_fd, plan_.landlock_abi, rule.path.c_str(), rule.access)) {
      return kViewRule + n_added;
    }
    ++n_added;
  }
  return kDone;
}

int ConfineHook::Run(const int* fds, int error_fd) const noexcept {
  const int ruleset_fd = plan_.ruleset_fd >= 0 ? fds[0] : -1;
  const int init_fd = plan_.init_fd >= 0 ? fds[plan_.ruleset_fd >= 0 ? 1 : 0] : -1;
  if ((plan_.namespaces & CLONE_NEWUSER) != 0 && !MapIds(plan_)) return kIdMap;
  // Before /proc is mounted read-only.
  if (!plan_.max_pid.empty() && !WriteOnce("/proc/sys/kernel/pid_max", plan_.max_pid)) {
    return kMaxPid;
  }
  if (const int step = Mount(ruleset_fd); step != kDone) return step;
  if (!DropCapabilities()) return kCapabilities;
  const char* folder = plan_.working_folder.empty() ? "/" : plan_.working_folder.c_str();
  if (::chdir(folder) != 0) return kFolder;
  if (init_fd >= 0 && !SplitOffTool(init_fd, error_fd)) return kInit;
  if (ruleset_fd >= 0 && !EnterLandlock(ruleset_fd)) return kLandlock;
  if (!plan_.filter.empty() && !LoadFilter(plan_.filter)) return kSeccomp;
  return kDone;
}

Error ConfineHook::Explain(int step, int error_number) const {
  const auto error = [&](std::string_view part, std::string_view way_out) {
    Error said = platform::SystemError(
        error_number, fmt::format("the sandbox '{}' can not be had: {}", plan_.profile, part));
    said.message += fmt::format("; nothing was started. In the profile {}", way_out);
    return said;
  };
  if (step >= kViewRule) {
    const PathRule& rule = plan_.view_rules[static_cast<size_t>(step - kViewRule)];
    return error(fmt::format("a Landlock rule for '{}' in the view", rule.path),
                 "landlock = false does without");
  }
  if (step >= kView) {
    Error said = plan_.view->Explain(step - kView, error_number)
                     .WithContext(fmt::format("the sandbox '{}' can not be had", plan_.profile));
    said.message += "; nothing was started";
    return said;
  }
  switch (step) {
    case kDone:  // the fork before Run
      return error("making user, process, network or mount namespaces", kNoNamespaces);
    case kIdMap:
      return error("mapping the user into its user namespace", kNoNamespaces);
    case kOwnMounts:
      return error("keeping its mounts to itself, for read-only mounts and views",
                   "read_only_mounts = false does without");
    case kMounts:
      return error("mounting everything but the writable folders read-only",
                   "read_only_mounts = false does without");
    case kMaxPid:
      return error("limiting processes for root (needs Linux 6.14)",
                   "leave limits.processes out, or do not run as root");
    case kCapabilities:
      return error("giving up capabilities", "nothing does without");
    case kFolder:
      return error(fmt::format("starting in '{}'", plan_.working_folder),
                   "make the folder readable, or start elsewhere");
    case kInit:
      return error("starting the first process of its namespace",
                   "pid_namespace = false does without");
    case kLandlock:
      return error("Landlock", "landlock = false does without");
    case kSeccomp:
      return error("seccomp", "seccomp = false does without");
    default:
      return error(fmt::format("step {}", step), "nothing is known to help");
  }
}

}  // namespace weir::sandbox
