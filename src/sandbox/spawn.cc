#include "sandbox/spawn.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "base/unique_fd.h"
#include "platform/files.h"
#include "sandbox/confine_hook.h"
#include "sandbox/elf.h"
#include "sandbox/init_image.h"
#include "sandbox/landlock.h"
#include "sandbox/syscall_filter.h"

namespace weir::sandbox {
namespace {

// Init has a number and counts as a process too.
constexpr uint64_t kInitProcesses = 1;

uint64_t NamespacesOf(const SandboxProfile& profile, bool has_view) {
  uint64_t flags = 0;
  if (profile.pid_namespace) flags |= CLONE_NEWPID | CLONE_NEWIPC;
  if (profile.network_namespace && profile.network != Network::kInherit) flags |= CLONE_NEWNET;
  if (profile.read_only_mounts || has_view) flags |= CLONE_NEWNS;
  return flags == 0 ? 0 : flags | CLONE_NEWUSER;
}

Error WithProfile(const SandboxProfile& profile, const Error& error, std::string_view way_out) {
  Error said = error.WithContext(fmt::format("the sandbox '{}' can not be had", profile.name));
  said.message += fmt::format("; nothing was started{}", way_out);
  return said;
}

Status CheckRequest(const SandboxProfile& profile, const SandboxRequest& request) {
  if (request.argv.empty() || !request.argv[0].starts_with('/')) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "sandbox '{}': the program needs an absolute path, not '{}'", profile.name,
                     request.argv.empty() ? "" : request.argv[0]);
  }
  const bool has_view = request.view != nullptr;
  if (has_view && !profile.pid_namespace) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "sandbox '{}': a copy-on-write view needs pid_namespace = true, so that "
                     "nothing goes on in it once the tool was stopped",
                     profile.name);
  }
  if (!profile.read_only_mounts && !has_view) return {};
  for (const platform::PassedFd& passed : request.pass_fds) {
    struct stat info;
    if (::fstat(passed.fd, &info) == 0 && S_ISDIR(info.st_mode)) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "sandbox '{}': descriptor {} is an open folder, which leads around {}",
                       profile.name, passed.fd,
                       has_view ? "the copy-on-write view; pass none"
                                : "read_only_mounts; pass none, or set read_only_mounts = false");
    }
  }
  return {};
}

std::vector<PathRule> RulesOf(const SandboxProfile& profile, const std::string& program,
                              const std::string& loader) {
  std::vector<PathRule> rules = {{.path = program, .access = PathAccess::kReadExecute}};
  if (!loader.empty()) rules.push_back({.path = loader, .access = PathAccess::kReadExecute});
  const PathAccess readable = profile.allow_exec ? PathAccess::kReadExecute : PathAccess::kRead;
  for (const PathGrant& grant : profile.readable) rules.push_back({grant.path, grant.fd, readable});
  for (const PathGrant& grant : profile.writable) {
    rules.push_back({grant.path, grant.fd, PathAccess::kWrite});
  }
  return rules;
}

bool IsWithin(const std::string& path, const std::string& folder) {
  return path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

// Takes out the rules of paths that lie in the view: a rule is for the file that was opened, and
// the view's files can only be opened once it is mounted.
std::vector<PathRule> TakeViewRules(const std::string& view, std::vector<PathRule>& rules) {
  std::vector<PathRule> in_view, others;
  for (PathRule& rule : rules) {
    char* real = ::realpath(rule.path.c_str(), nullptr);
    // What is not there is an error when it is opened.
    std::string path = real != nullptr ? real : rule.path;
    std::free(real);
    if (IsWithin(path, view)) {
      in_view.push_back({.path = std::move(path), .access = rule.access});
    } else {
      others.push_back(std::move(rule));
    }
  }
  rules = std::move(others);
  return in_view;
}

// For the plan: the ruleset, and what the child has to add to it.
Result<UniqueFd> Ruleset(const SandboxProfile& profile, const SandboxRequest& request,
                         ConfinePlan& plan) {
  const std::string& program = request.argv[0];
  constexpr std::string_view kWayOut = ". In the profile landlock = false does without";
  Result<int> found = LandlockAbi();
  if (!found) return MakeError(WithProfile(profile, found.error(), kWayOut));
  plan.landlock_abi = *found;
  const Result<std::string> loader = LoaderOf(program);
  if (!loader) return MakeError(WithProfile(profile, loader.error(), ""));
  std::vector<PathRule> rules = RulesOf(profile, program, *loader);
  if (request.view != nullptr) plan.view_rules = TakeViewRules(request.view->path(), rules);
  Result<UniqueFd> ruleset = MakeRuleset(*found, rules, profile.network != Network::kInherit);
  if (!ruleset) return MakeError(WithProfile(profile, ruleset.error(), ""));
  plan.ruleset_fd = ruleset->get();
  return ruleset;
}

// How the wanted number of processes is held, and what it becomes.
void LimitProcesses(const SandboxProfile& profile, ConfinePlan& plan, platform::ChildLimits& limits,
                    AchievedSandbox& achieved) {
  if (!profile.limits.processes) return;
  const uint64_t wanted = *profile.limits.processes;
  achieved.limits.processes = wanted;
  if (wanted == 1) {
    achieved.process_counter = ProcessCounter::kSeccomp;
  } else if (::getuid() != 0) {
    achieved.process_counter = ProcessCounter::kRlimit;
    limits.processes = wanted + kInitProcesses;
  } else {
    const uint64_t possible = std::max(wanted, kMinRootProcesses);
    achieved.process_counter = ProcessCounter::kNamespace;
    achieved.limits.processes = possible;
    plan.max_pid = fmt::format("{}", possible + kInitProcesses + 1);
  }
}

AchievedSandbox WantedSandbox(const SandboxProfile& profile, std::string hash,
                              uint64_t namespaces) {
  AchievedSandbox wanted;
  wanted.profile = profile.name;
  wanted.profile_hash = std::move(hash);
  wanted.seccomp = profile.seccomp;
  wanted.user_namespace = (namespaces & CLONE_NEWUSER) != 0;
  wanted.pid_namespace = (namespaces & CLONE_NEWPID) != 0;
  wanted.network_namespace = (namespaces & CLONE_NEWNET) != 0;
  wanted.read_only_mounts = profile.read_only_mounts;
  wanted.no_new_privs = true;
  wanted.no_capabilities = true;
  wanted.network = profile.network;
  wanted.allow_exec = profile.allow_exec;
  wanted.limits = profile.limits;
  return wanted;
}

Result<ConfinePlan> MakePlan(const SandboxProfile& profile, const SandboxRequest& request) {
  ConfinePlan plan;
  plan.profile = profile.name;
  plan.namespaces = NamespacesOf(profile, request.view != nullptr);
  plan.view = request.view;
  if (plan.namespaces != 0) {
    plan.uid_map = fmt::format("{0} {0} 1", ::geteuid());
    plan.gid_map = fmt::format("{0} {0} 1", ::getegid());
  }
  plan.read_only_mounts = profile.read_only_mounts;
  for (const PathGrant& grant : profile.writable) plan.writable_mounts.push_back(grant.path);
  plan.working_folder = request.working_folder;
  if (profile.pid_namespace) {
    ASSIGN_OR_RETURN(plan.init_fd, InitImage());
  }
  if (profile.seccomp) {
    ASSIGN_OR_RETURN(plan.filter, ToolFilter({.network = profile.network,
                                              .may_fork = profile.limits.processes != uint64_t{1},
                                              .private_ipc = profile.pid_namespace,
                                              .private_mounts = profile.read_only_mounts}));
  }
  return plan;
}

}  // namespace

Result<SandboxedChild> SpawnSandboxed(const SandboxProfile& profile,
                                      const SandboxRequest& request) {
  ASSIGN_OR_RETURN(std::string hash, ProfileHash(profile));
  RETURN_IF_ERROR(CheckRequest(profile, request));
  ASSIGN_OR_RETURN(ConfinePlan plan, MakePlan(profile, request));
  AchievedSandbox achieved = WantedSandbox(profile, std::move(hash), plan.namespaces);
  achieved.view = request.view != nullptr;
  platform::ChildOptions options;
  options.limits = {.cpu_seconds = profile.limits.cpu_seconds,
                    .address_space_bytes = profile.limits.memory_bytes,
                    .data_bytes = profile.limits.data_bytes,
                    .file_bytes = profile.limits.file_bytes,
                    .open_files = profile.limits.open_files,
                    .processes = {}};
  LimitProcesses(profile, plan, options.limits, achieved);
  UniqueFd ruleset;
  if (profile.landlock) {
    ASSIGN_OR_RETURN(ruleset, Ruleset(profile, request, plan));
    achieved.landlock_abi = plan.landlock_abi;
  }
  options.argv = request.argv;
  options.env = profile.env;
  options.pass_fds = request.pass_fds;
  options.stderr_fd = request.stderr_fd;
  options.new_session = true;
  options.has_stand_in = profile.pid_namespace;
  const ConfineHook hook(std::move(plan));
  options.hook = &hook;
  // Every step that does not work ends the child, so a child that runs has all that was wanted.
  ASSIGN_OR_RETURN(platform::ChildProcess process, platform::ChildProcess::Spawn(options));
  return SandboxedChild{std::move(process), std::move(achieved)};
}

}  // namespace weir::sandbox
