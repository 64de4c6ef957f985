// Starting in the sandbox: what is refused, what is wanted and can not be had, what a tool gets.

#include "sandbox/spawn.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/unique_fd.h"
#include "sandbox/landlock.h"
#include "sandbox/level.h"
#include "sandbox/syscall_filter.h"
#include "sandbox/testing/sandbox_fixture.h"

namespace weir::sandbox {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using SpawnTest = testing::SandboxTest;
using testing::In;

// A kernel that answers one system call with an error.
FilterProgram KernelWithout(int call, int error_number) {
  return {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
          BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(call), 0, 1),
          BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<uint32_t>(error_number)),
          BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
}

// What a process on such a kernel is told when it starts `request`; "started" when it could.
std::string SaidWithout(int call, int error_number, const SandboxProfile& profile,
                        const SandboxRequest& request) {
  int fds[2];
  if (::pipe(fds) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    std::string said = "no filter";
    if (LoadFilter(KernelWithout(call, error_number))) {
      const Result<SandboxedChild> spawned = SpawnSandboxed(profile, request);
      said = spawned ? "started" : spawned.error().message;
    }
    [[maybe_unused]] const ssize_t n = ::write(fds[1], said.data(), said.size());
    ::_exit(0);
  }
  ::close(fds[1]);
  std::string said(4096, '\0');
  const ssize_t n = ::read(fds[0], said.data(), said.size());
  said.resize(n > 0 ? static_cast<size_t>(n) : 0);
  ::close(fds[0]);
  ::waitpid(child, nullptr, 0);
  return said;
}

TEST_F(SpawnTest, APartThatCanNotBeHadIsNamedAndNothingIsStarted) {
  SandboxProfile profile = Profile();
  profile.read_only_mounts = true;
  SKIP_WITHOUT(profile);
  struct Case {
    long call;
    int error_number;
    const char* part;
    const char* key;
  };
  for (const Case& c : std::vector<Case>{
           {SYS_clone, EPERM, "making user, process, network or mount namespaces", "pid_namespace"},
           {SYS_clone, ENOSPC, "making user, process, network or mount namespaces",
            "network_namespace"},
           {SYS_mount, EACCES, "read-only", "read_only_mounts = false"},
           {SYS_mount_setattr, ENOSYS, "read-only", "read_only_mounts = false"},
           {SYS_capset, EPERM, "capabilities", "nothing does without"},
           {SYS_execveat, EACCES, "first process", "pid_namespace = false"},
           {SYS_landlock_create_ruleset, ENOSYS, "Landlock", "landlock = false"},
           {SYS_landlock_create_ruleset, EOPNOTSUPP, "switched off", "landlock = false"},
           {SYS_landlock_restrict_self, EPERM, "Landlock", "landlock = false"},
           {SYS_seccomp, EINVAL, "seccomp", "seccomp = false"},
       }) {
    const std::string said = SaidWithout(static_cast<int>(c.call), c.error_number, profile,
                                         {.argv = {WEIR_SANDBOX_PROBE, "work", workspace()}});
    EXPECT_THAT(said, AllOf(HasSubstr("sandbox 'probe' can not be had"), HasSubstr(c.part),
                            HasSubstr(c.key), HasSubstr("nothing was started")))
        << c.call;
    EXPECT_TRUE(std::filesystem::is_empty(workspace())) << said;
  }
}

TEST_F(SpawnTest, RequestsThatCanNotBeServedAreRefused) {
  const auto refused = [&](const SandboxProfile& profile, const SandboxRequest& request) {
    const Result<SandboxedChild> child = SpawnSandboxed(profile, request);
    return child ? "started" : child.error().message;
  };
  EXPECT_THAT(refused(Profile(), {}), HasSubstr("absolute path"));
  EXPECT_THAT(refused(Profile(), {.argv = {"probe"}}), HasSubstr("absolute path"));
  EXPECT_THAT(refused(Profile(), {.argv = {"/no/such/program"}}), HasSubstr("/no/such/program"));
  EXPECT_THAT(refused(Profile(), {.argv = {"/etc/passwd"}}), HasSubstr("ELF"));

  SandboxProfile missing = Profile();
  missing.readable.push_back({"/no/such/folder"});
  EXPECT_THAT(refused(missing, {.argv = {WEIR_SANDBOX_PROBE}}), HasSubstr("/no/such/folder"));

  SandboxProfile mounts = Profile();
  mounts.read_only_mounts = true;
  const UniqueFd folder(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  EXPECT_THAT(refused(mounts, {.argv = {WEIR_SANDBOX_PROBE}, .pass_fds = {{folder.get(), 3}}}),
              HasSubstr("leads around read_only_mounts"));

  SandboxProfile bad = Profile();
  bad.name.clear();
  EXPECT_THAT(refused(bad, {.argv = {WEIR_SANDBOX_PROBE}}), HasSubstr("needs a name"));
}

TEST_F(SpawnTest, AWorkingFolderThatIsNotThereIsAnError) {
  SKIP_WITHOUT(Profile());
  const Result<SandboxedChild> child = SpawnSandboxed(
      Profile(), {.argv = {WEIR_SANDBOX_PROBE}, .working_folder = workspace() + "/missing"});
  ASSERT_FALSE(child.has_value());
  EXPECT_THAT(child.error().message, HasSubstr("/missing"));
}

TEST_F(SpawnTest, AToolHasNoRightsButThoseOfItsProfile) {
  SKIP_WITHOUT(Profile());
  ::setenv(testing::kSecretName, "1", 1);
  const std::string uid = "uid=" + std::to_string(::getuid());
  EXPECT_EQ(FirstLine(Profile(), {"state"}),
            "pid=2 caps=0 bound=0 no_new_privs=1 seccomp=2 " + uid + " env=0 fds=3 files=64");
  SandboxProfile profile = Profile();
  profile.env = {"LANG=C"};
  EXPECT_THAT(FirstLine(profile, {"state"}), HasSubstr("env=1"));
}

TEST_F(SpawnTest, LevelsBelowFullStillGiveUpCapabilitiesAndEnvironment) {
  const SandboxProfile basic = AtLevel(Profile(), SandboxLevel::kBasic);
  SKIP_WITHOUT(basic);
  EXPECT_THAT(
      FirstLine(basic, {"state"}),
      AllOf(HasSubstr("caps=0"), HasSubstr("no_new_privs=1 seccomp=2"), HasSubstr("env=0")));
  const SandboxProfile off = AtLevel(Profile(), SandboxLevel::kOff);
  EXPECT_THAT(FirstLine(off, {"state"}),
              AllOf(HasSubstr("caps=0"), HasSubstr("no_new_privs=1"), HasSubstr("env=0")));
}

TEST_F(SpawnTest, WhatWasAchievedIsWhatWasWanted) {
  SKIP_WITHOUT(Profile());
  const Result<SandboxedChild> child = SpawnProbe(Profile(), {"nothing"});
  ASSERT_TRUE(child.has_value());
  const AchievedSandbox& achieved = child->achieved;
  EXPECT_EQ(achieved.profile_hash, ProfileHash(Profile()).value());
  EXPECT_EQ(achieved.landlock_abi, LandlockAbi().value());
  EXPECT_TRUE(achieved.seccomp && achieved.user_namespace && achieved.pid_namespace &&
              achieved.network_namespace && achieved.no_new_privs && achieved.no_capabilities);
  EXPECT_FALSE(achieved.read_only_mounts);
  EXPECT_EQ(achieved.process_counter,
            ::getuid() == 0 ? ProcessCounter::kNamespace : ProcessCounter::kRlimit);

  const Result<SandboxedChild> off =
      SpawnProbe(AtLevel(Profile(), SandboxLevel::kOff), {"nothing"});
  ASSERT_TRUE(off.has_value()) << off.error().message;
  EXPECT_EQ(off->achieved.landlock_abi, 0);
  EXPECT_THAT(off->achieved.ToString(), HasSubstr("no landlock, no seccomp, no namespaces"));
}

TEST_F(SpawnTest, OrdinaryWorkInItsFolderWorksAtEveryLevel) {
  for (const SandboxLevel level : {SandboxLevel::kFull, SandboxLevel::kBasic, SandboxLevel::kOff}) {
    SandboxProfile profile = AtLevel(Profile(), level);
    SKIP_WITHOUT(profile);
    EXPECT_THAT(FirstLine(profile, {"work", workspace()}), HasSubstr("done")) << LevelName(level);
    std::filesystem::remove_all(workspace() + "/below");
  }
}

TEST_F(SpawnTest, ModesCanBeChangedByPathOnlyWhereAllElseIsReadOnly) {
  SandboxProfile profile = Profile();
  SKIP_WITHOUT(profile);
  EXPECT_EQ(FirstLine(profile, {"work", workspace()}), "done no-chmod");
  std::filesystem::remove_all(workspace() + "/below");
  profile.read_only_mounts = true;
  SKIP_WITHOUT(profile);
  EXPECT_EQ(FirstLine(profile, {"work", workspace()}), "done chmod");
}

TEST_F(SpawnTest, TheWayItEndsIsSeenThroughItsInit) {
  SKIP_WITHOUT(Profile());
  const auto ends = [&](std::vector<std::string> arguments) {
    Result<SandboxedChild> child = SpawnProbe(Profile(), std::move(arguments));
    const Result<platform::ExitStatus> status = child->process.Wait(In(10'000));
    return status ? status->ToString() : status.error().message;
  };
  EXPECT_EQ(ends({"nothing"}), "exit code 0");
  EXPECT_EQ(ends({"exit", "3"}), "exit code 3");
  EXPECT_EQ(ends({"exit", "200"}), "exit code 200");
  EXPECT_THAT(ends({"signal", std::to_string(SIGSEGV)}), HasSubstr("signal 11"));
  EXPECT_THAT(ends({"signal", std::to_string(SIGKILL)}), HasSubstr("signal 9"));
}

}  // namespace
}  // namespace weir::sandbox
