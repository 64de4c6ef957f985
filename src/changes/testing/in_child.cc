#include "changes/testing/in_child.h"

#include <fmt/format.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>

namespace weir::changes::testing {
namespace {

std::string SystemText(const char* what) {
  return fmt::format("{}: {}", what, std::strerror(errno));
}

bool PutText(const char* path, const std::string& text) {
  std::ofstream out(path);
  out << text;
  out.flush();
  return out.good();
}

// Traced from before its first own system call on.
[[noreturn]] void RunTraced(const std::function<void()>& body) {
  if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(99);
  ::raise(SIGSTOP);
  body();
  ::_exit(0);
}

}  // namespace

std::string InChild(const std::function<std::string()>& body) {
  std::array<int, 2> fds;
  if (::pipe(fds.data()) != 0) return SystemText("pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(fds[0]);
    const std::string said = body();
    [[maybe_unused]] const ssize_t n = ::write(fds[1], said.data(), said.size());
    ::_exit(0);
  }
  ::close(fds[1]);
  std::string said;
  std::array<char, 4096> chunk;
  for (ssize_t n = 0; (n = ::read(fds[0], chunk.data(), chunk.size())) > 0;) {
    said.append(chunk.data(), static_cast<size_t>(n));
  }
  ::close(fds[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return said;
  return fmt::format("died: status {:x} after '{}'", status, said);
}

std::string AsUser(int id, const std::function<std::string()>& body) {
  return InChild([&]() -> std::string {
    const auto number = static_cast<uid_t>(id);
    if (::setgroups(0, nullptr) != 0 || ::setresgid(number, number, number) != 0 ||
        ::setresuid(number, number, number) != 0) {
      return SystemText("becoming another user");
    }
    // A change of user closes /proc/self/uid_map, which a program started by that user may write.
    ::prctl(PR_SET_DUMPABLE, 1);
    return body();
  });
}

std::string WithSmallDisk(const std::string& folder, size_t bytes,
                          const std::function<std::string()>& body) {
  return InChild([&]() -> std::string {
    const uid_t user = ::geteuid();
    const gid_t group = ::getegid();
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return SystemText("skip: unshare");
    if (!PutText("/proc/self/setgroups", "deny") ||
        !PutText("/proc/self/uid_map", fmt::format("{0} {0} 1\n", user)) ||
        !PutText("/proc/self/gid_map", fmt::format("{0} {0} 1\n", group))) {
      return SystemText("skip: id maps");
    }
    const std::string options = fmt::format("size={},mode=0755,uid={},gid={}", bytes, user, group);
    if (::mount("tmpfs", folder.c_str(), "tmpfs", 0, options.c_str()) != 0) {
      return SystemText("skip: mounting a file system in memory");
    }
    return body();
  });
}

bool KillAtSystemCall(int n, const std::function<void()>& body, std::string* reason) {
  const pid_t child = ::fork();
  if (child == 0) RunTraced(body);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFSTOPPED(status)) {
    *reason = "the kernel does not allow tracing a child here";
    return false;
  }
  ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
  // Every system call stops twice: at its entry and at its end.
  for (int stops = 0; stops <= 2 * n;) {
    if (::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) != 0) break;
    ::waitpid(child, &status, 0);
    if (!WIFSTOPPED(status)) {
      if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) *reason = "the child failed by itself";
      return false;
    }
    if (WSTOPSIG(status) == (SIGTRAP | 0x80)) ++stops;
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
  return true;
}

}  // namespace weir::changes::testing
