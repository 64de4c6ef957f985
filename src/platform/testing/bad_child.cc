// A child process for process_test.cc that behaves as its first argument says.

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

extern char** environ;

namespace {

int Echo() {
  for (std::string line; std::getline(std::cin, line);) std::cout << line << std::endl;
  return 0;
}

int HangIgnoringTerm() {
  ::signal(SIGTERM, SIG_IGN);
  std::cout << "ready" << std::endl;
  for (;;) ::pause();
}

int Flood() {
  const std::string line(1000, 'x');
  for (;;) std::cout << line << '\n';
}

int LongLine(size_t bytes) {
  std::cout << std::string(bytes, 'y') << std::endl;
  return 0;
}

// Leaves `n` grandchildren behind that ignore SIGTERM; says their ids; ends or hangs itself.
int Grandchildren(int n, bool hang) {
  for (int i = 0; i < n; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::signal(SIGTERM, SIG_IGN);
      for (;;) ::pause();
    }
    std::cout << pid << ' ';
  }
  std::cout << std::endl;
  while (hang) ::pause();
  return 0;
}

int ShowFds() {
  std::vector<int> numbers;
  DIR* folder = ::opendir("/proc/self/fd");
  while (const dirent* entry = ::readdir(folder)) {
    const int number = std::atoi(entry->d_name);
    if (entry->d_name[0] != '.' && number != ::dirfd(folder)) numbers.push_back(number);
  }
  ::closedir(folder);
  std::sort(numbers.begin(), numbers.end());
  for (const int number : numbers) std::cout << number << ' ';
  std::cout << std::endl;
  return 0;
}

int ShowEnvironment() {
  for (char** entry = environ; *entry != nullptr; ++entry) std::cout << *entry << ';';
  std::cout << std::endl;
  return 0;
}

int ShowFolder() {
  std::vector<char> path(4096);
  std::cout << ::getcwd(path.data(), path.size()) << std::endl;
  return 0;
}

// Process group, no_new_privs, core limit, open file limit, whether SIGPIPE and SIGINT are default.
int ShowState() {
  rlimit core, files;
  ::getrlimit(RLIMIT_CORE, &core);
  ::getrlimit(RLIMIT_NOFILE, &files);
  struct sigaction pipe_action, int_action;
  ::sigaction(SIGPIPE, nullptr, &pipe_action);
  ::sigaction(SIGINT, nullptr, &int_action);
  sigset_t blocked;
  ::sigprocmask(SIG_SETMASK, nullptr, &blocked);
  std::cout << (::getpgrp() == ::getpid()) << ' ' << ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) << ' '
            << core.rlim_cur << ' ' << files.rlim_cur << ' ' << (pipe_action.sa_handler == SIG_DFL)
            << (int_action.sa_handler == SIG_DFL) << ' ' << sigismember(&blocked, SIGPIPE)
            << std::endl;
  return 0;
}

// Says what it reads from descriptor `fd`.
int ReadFd(int fd) {
  std::vector<char> bytes(100);
  const ssize_t n = ::read(fd, bytes.data(), bytes.size());
  std::cout << std::string(bytes.data(), n > 0 ? static_cast<size_t>(n) : 0) << std::endl;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  const int number = argc > 2 ? std::atoi(argv[2]) : 0;
  if (what == "echo") return Echo();
  if (what == "hang") return HangIgnoringTerm();
  if (what == "flood") return Flood();
  if (what == "long-line") return LongLine(static_cast<size_t>(number));
  if (what == "grandchildren-left") return Grandchildren(number, false);
  if (what == "grandchildren-hang") return Grandchildren(number, true);
  if (what == "fds") return ShowFds();
  if (what == "env") return ShowEnvironment();
  if (what == "folder") return ShowFolder();
  if (what == "state") return ShowState();
  if (what == "read-fd") return ReadFd(number);
  if (what == "crash") std::abort();
  if (what == "pipe-closer") return ::close(0), std::cout << "closed" << std::endl, ::pause();
  if (what == "half-line") return static_cast<int>(::write(1, "half", 4)) - 4;
  return 3;
}
