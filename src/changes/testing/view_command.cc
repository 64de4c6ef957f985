// What cow_view_test and random_test run in a view: weir_view_command WHAT ARGUMENT...
// Prints one line when it has something to say; exit code 0 when what was tried worked.

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string>

#include "changes/testing/random_ops.h"

namespace {

using weir::changes::testing::RandomOps;

int Refused(const char* what) {
  std::cout << what << ": " << std::strerror(errno) << std::endl;
  return 1;
}

int RunRandomOps(unsigned seed, int n) {
  RandomOps ops(".", seed);
  if (ops.Run(n)) return 0;
  std::cout << ops.problem() << std::endl;
  return 1;
}

int Write(const char* path, const char* text) {
  std::ofstream out(path);
  out << text;
  out.flush();
  return out.good() ? 0 : Refused("writing");
}

// Through the open folder number 3.
int WriteInFolder3(const char* name, const char* text) {
  const int fd = ::openat(3, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (fd < 0 || ::write(fd, text, std::strlen(text)) < 0) return Refused("writing");
  return 0;
}

// What would uncover the real workspace.
int Unmount(const char* path) {
  if (::umount2(path, MNT_DETACH) == 0) return 0;
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return Refused("unmounting and unshare");
  return ::umount2(path, MNT_DETACH) == 0 ? 0 : Refused("unmounting");
}

int MakeSocket(const char* path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
  return ::bind(fd, reinterpret_cast<struct sockaddr*>(&address), sizeof(address)) == 0
             ? 0
             : Refused("bind");
}

int ShowCapabilities() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("CapEff:") || line.starts_with("CapBnd:")) std::cout << line << ' ';
  }
  std::cout << std::endl;
  return 0;
}

int Hang() {
  std::cout << "ready" << std::endl;
  for (;;) ::pause();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  const char* first = argc > 2 ? argv[2] : "";
  const char* second = argc > 3 ? argv[3] : "";
  if (what == "random") return RunRandomOps(std::strtoul(first, nullptr, 10), std::atoi(second));
  if (what == "write") return Write(first, second);
  if (what == "write-in-3") return WriteInFolder3(first, second);
  if (what == "unmount") return Unmount(first);
  if (what == "chmod") return ::chmod(first, std::strtoul(second, nullptr, 8)) == 0 ? 0 : 1;
  if (what == "rename") return ::rename(first, second) == 0 ? 0 : Refused("renaming");
  if (what == "hard-link") return ::link(first, second) == 0 ? 0 : Refused("linking");
  if (what == "mkfifo") return ::mkfifo(first, 0644) == 0 ? 0 : Refused("mkfifo");
  if (what == "socket") return MakeSocket(first);
  if (what == "capabilities") return ShowCapabilities();
  if (what == "hang") return Hang();
  return 2;
}
