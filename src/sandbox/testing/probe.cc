// The program that the sandbox's tests and benchmark start. Its first argument says what it does:
//   escapes KEY=VALUE...   tries every probe; one line each: NAME and whether it got out (1) or not
//   state                  what it is allowed to be, one line
//   work FOLDER            ordinary work in a folder; "done" when all of it succeeded
//   descendants N          leaves N descendants that only SIGKILL ends; "ready"; waits
//   exit N, signal N       ends so
//   nothing                ends with 0

#include "sandbox/testing/probe.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

extern char** environ;

namespace weir::sandbox::testing {
namespace {

constexpr unsigned kProbeSeconds = 10;

ProbeWorld ReadWorld(int argc, char** argv) {
  ProbeWorld world;
  world.program = argv[0];
  for (int i = 2; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const size_t equals = argument.find('=');
    const std::string_view key = argument.substr(0, equals);
    const std::string value(argument.substr(equals + 1));
    if (key == "workspace") world.workspace = value;
    if (key == "outside") world.outside = value;
    if (key == "view") world.view = value;
    if (key == "parent") world.parent = std::stoi(value);
    if (key == "victim") world.victim = std::stoi(value);
    if (key == "tcp") world.tcp_port = std::stoi(value);
    if (key == "udp") world.udp_port = std::stoi(value);
    if (key == "abstract") world.abstract_socket = value;
    if (key == "shm") world.shared_memory = std::stoi(value);
    if (key == "address") world.canary_address = std::stoull(value);
    if (key == "tty") world.tty_fd = std::stoi(value);
    if (key == "tty") world.last_fd = std::max(world.last_fd, world.tty_fd);
  }
  return world;
}

// In a process of its own, so that a probe that is killed, or changes what it is, harms no other.
bool Escapes(const Probe& probe, const ProbeWorld& world) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(kProbeSeconds);
    ::_exit(probe.escapes(world) ? 1 : 0);
  }
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 1;
}

int TryEscapes(const ProbeWorld& world) {
  const std::span<const Probe> view_probes =
      world.view.empty() ? std::span<const Probe>() : ViewProbes();
  for (const auto probes : {FileProbes(), ProcessProbes(), KernelProbes(), view_probes}) {
    for (const Probe& probe : probes) {
      std::printf("%s %d\n", probe.name, Escapes(probe, world) ? 1 : 0);
      std::fflush(stdout);
    }
  }
  return 0;
}

int ShowState() {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3] = {};
  ::syscall(SYS_capget, &header, caps);
  unsigned any = 0;
  for (const auto& set : caps) any |= set.effective | set.permitted | set.inheritable;
  int n_env = 0;
  for (char** entry = environ; *entry != nullptr; ++entry) ++n_env;
  int n_fds = 0;
  for (int fd = 0; fd < 64; ++fd) n_fds += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
  struct rlimit files = {};
  ::getrlimit(RLIMIT_NOFILE, &files);
  std::printf("pid=%d caps=%u bound=%d no_new_privs=%d seccomp=%d uid=%u env=%d fds=%d files=%lu\n",
              ::getpid(), any, ::prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN, 0, 0, 0),
              ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), ::prctl(PR_GET_SECCOMP, 0, 0, 0, 0),
              ::getuid(), n_env, n_fds, static_cast<unsigned long>(files.rlim_cur));
  return 0;
}

bool Works(const std::string& folder) {
  const std::string below = folder + "/below";
  const std::string file = folder + "/file";
  const std::string moved = below + "/moved";
  const int opened = ::open(file.c_str(), O_RDWR | O_CREAT, 0600);
  char text[5] = {};
  const bool written = opened >= 0 && ::write(opened, "text", 4) == 4 &&
                       ::pread(opened, text, 4, 0) == 4 && std::strcmp(text, "text") == 0 &&
                       ::fchmod(opened, 0640) == 0 && ::ftruncate(opened, 1) == 0;
  return written && ::mkdir(below.c_str(), 0700) == 0 &&
         ::rename(file.c_str(), moved.c_str()) == 0 &&
         ::symlink("moved", (below + "/link").c_str()) == 0 && ::unlink(moved.c_str()) == 0;
}

int Work(const std::string& folder) {
  if (!Works(folder)) return std::perror("work"), 1;
  // By path only where everything else is mounted read-only.
  const bool by_path = ::chmod((folder + "/below").c_str(), 0750) == 0;
  std::printf("done %s\n", by_path ? "chmod" : "no-chmod");
  return 0;
}

void IgnoreSignals() {
  for (const int number : {SIGTERM, SIGHUP, SIGINT, SIGQUIT}) ::signal(number, SIG_IGN);
}

// Twice forked and in sessions of their own: no group and no parent leads to them.
int LeaveDescendants(int n) {
  IgnoreSignals();
  int ready[2];
  if (::pipe(ready) != 0) return 1;
  for (int i = 0; i < n; ++i) {
    const pid_t child = ::fork();
    if (child < 0) return 1;
    if (child > 0) {
      ::waitpid(child, nullptr, 0);
      continue;
    }
    ::setsid();
    if (::fork() != 0) ::_exit(0);
    ::setsid();
    if (::write(ready[1], "x", 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  for (char byte = 0; n > 0 && ::read(ready[0], &byte, 1) == 1; --n) {
  }
  std::puts("ready");
  std::fflush(stdout);
  for (;;) ::pause();
}

int Main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "nothing";
  const int number = argc > 2 ? std::atoi(argv[2]) : 0;
  if (what == "escapes") return TryEscapes(ReadWorld(argc, argv));
  if (what == "state") return ShowState();
  if (what == "work" && argc > 2) return Work(argv[2]);
  if (what == "descendants") return LeaveDescendants(number);
  if (what == "exit") return number;
  if (what == "signal") return ::raise(number);
  return 0;
}

}  // namespace
}  // namespace weir::sandbox::testing

int main(int argc, char** argv) { return weir::sandbox::testing::Main(argc, argv); }
