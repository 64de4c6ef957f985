#include "sandbox/syscall_filter.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <functional>

namespace weir::sandbox {
namespace {

// Runs `body` in a process of its own under the filter that `make` compiles there. Its exit code;
// 250 when the filter could not be loaded, 128+N when signal N ended it.
int UnderFilter(const std::function<Result<FilterProgram>()>& make,
                const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    const Result<FilterProgram> program = make();
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    ::_exit(program && LoadFilter(*program) ? body() : 250);
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child) return -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// The errno of a call that failed, 0 when it did not.
int ErrorOf(long result) { return result < 0 ? errno : 0; }

int UnderToolFilter(const ToolFilterOptions& options, const std::function<int()>& body) {
  return UnderFilter([&] { return ToolFilter(options); }, body);
}

TEST(ToolFilter, CompilesForEveryChoiceAndIsShortEnoughForTheKernel) {
  for (const Network network : {Network::kNone, Network::kUnix, Network::kInherit}) {
    for (int bits = 0; bits < 8; ++bits) {
      const Result<FilterProgram> program = ToolFilter({.network = network,
                                                        .may_fork = (bits & 1) != 0,
                                                        .private_ipc = (bits & 2) != 0,
                                                        .private_mounts = (bits & 4) != 0});
      ASSERT_TRUE(program.has_value()) << program.error().message;
      EXPECT_GT(program->size(), 100u);
      EXPECT_LE(program->size(), static_cast<size_t>(BPF_MAXINSNS));
    }
  }
}

TEST(ToolFilter, RefusesWhatReachesOtherProcessesAndTheKernel) {
  const std::vector<std::pair<long, int>> cases = {{SYS_ptrace, EPERM},
                                                   {SYS_process_vm_readv, EPERM},
                                                   {SYS_mount, EPERM},
                                                   {SYS_unshare, EPERM},
                                                   {SYS_setns, EPERM},
                                                   {SYS_bpf, EPERM},
                                                   {SYS_perf_event_open, EPERM},
                                                   {SYS_keyctl, EPERM},
                                                   {SYS_userfaultfd, EPERM},
                                                   {SYS_io_uring_setup, EPERM},
                                                   {SYS_open_by_handle_at, EPERM},
                                                   {SYS_memfd_create, EPERM},
                                                   {SYS_clone3, ENOSYS},
                                                   {SYS_shmget, EPERM},
                                                   {SYS_chmod, EPERM},
                                                   {463, ENOSYS},
                                                   {511, ENOSYS}};
  for (const auto& [call, expected] : cases) {
    EXPECT_EQ(
        UnderToolFilter({}, [call = call] { return ErrorOf(::syscall(call, 0, 0, 0, 0, 0)); }),
        expected)
        << call;
  }
}

TEST(ToolFilter, SocketsAreThoseOfTheNetworkThatWasChosen) {
  const auto tries = [](Network network, int family) {
    return UnderToolFilter({.network = network},
                           [family] { return ErrorOf(::socket(family, SOCK_DGRAM, 0)); });
  };
  EXPECT_EQ(tries(Network::kNone, AF_UNIX), EACCES);
  EXPECT_EQ(tries(Network::kNone, AF_INET), EACCES);
  EXPECT_EQ(tries(Network::kUnix, AF_UNIX), 0);
  EXPECT_EQ(tries(Network::kUnix, AF_INET6), EACCES);
  EXPECT_EQ(tries(Network::kInherit, AF_UNIX), 0);
  EXPECT_EQ(tries(Network::kInherit, AF_INET), 0);
  EXPECT_EQ(tries(Network::kInherit, AF_PACKET), EACCES);
  EXPECT_EQ(tries(Network::kInherit, AF_ALG), EACCES);
  EXPECT_EQ(UnderToolFilter({},
                            [] {
                              int fds[2];
                              return ErrorOf(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
                            }),
            0);
}

TEST(ToolFilter, ProcessesCanBeMadeOnlyWhereTheyMay) {
  const auto forks = [] {
    const long child = ::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) ::_exit(0);
    return ErrorOf(child);
  };
  EXPECT_EQ(UnderToolFilter({.may_fork = true}, forks), 0);
  EXPECT_EQ(UnderToolFilter({.may_fork = false}, forks), EPERM);
  EXPECT_EQ(UnderToolFilter({.may_fork = false}, [] { return ErrorOf(::syscall(SYS_fork)); }),
            EPERM);
  EXPECT_EQ(UnderToolFilter(
                {.may_fork = true},
                [] { return ErrorOf(::syscall(SYS_clone, CLONE_NEWNET | SIGCHLD, 0, 0, 0, 0)); }),
            EPERM);
}

TEST(ToolFilter, SetUserIdBitsCanNotBeSetWhileOtherModesCan) {
  const auto changes = [](bool private_mounts, mode_t mode) {
    return UnderToolFilter({.private_mounts = private_mounts}, [mode] {
      const int file = ::open("/tmp", O_TMPFILE | O_RDWR, 0600);
      return ErrorOf(::fchmod(file, mode));
    });
  };
  for (const bool private_mounts : {false, true}) {
    EXPECT_EQ(changes(private_mounts, 0640), 0);
    EXPECT_EQ(changes(private_mounts, 04755), EPERM);
    EXPECT_EQ(changes(private_mounts, 02755), EPERM);
  }
}

TEST(WorkerFilter, AllowsFilesBelowFoldersAndRefusesEverythingElse) {
  EXPECT_EQ(UnderFilter(WorkerFilter,
                        [] {
                          const int folder = ::openat(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY);
                          struct stat info;
                          return folder >= 0 && ::fstat(folder, &info) == 0 ? 0 : 1;
                        }),
            0);
  const std::vector<std::pair<long, long>> refused = {
      {SYS_execve, 0}, {SYS_execveat, 0}, {SYS_socket, AF_UNIX}, {SYS_clone, SIGCHLD},
      {SYS_fork, 0},   {SYS_kill, 0},     {SYS_chmod, 0},        {SYS_ioctl, 0},
      {SYS_prctl, 0},  {SYS_open, 0},     {SYS_rename, 0},       {SYS_tgkill, 1}};
  for (const auto& [call, argument] : refused) {
    EXPECT_EQ(UnderFilter(WorkerFilter,
                          [call = call, argument = argument] {
                            return ErrorOf(::syscall(call, argument, 0, 0, 0, 0));
                          }),
              EPERM)
        << call;
  }
}

TEST(WorkerFilter, AnAbortIsStillAnAbort) {
  EXPECT_EQ(UnderFilter(WorkerFilter,
                        []() -> int {
                          ::signal(SIGABRT, SIG_DFL);
                          std::abort();
                        }),
            128 + SIGABRT);
}

}  // namespace
}  // namespace weir::sandbox
