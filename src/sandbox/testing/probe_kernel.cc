// Escapes through the kernel's own interfaces: namespaces, mounts, keys, handles, terminals.

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>

#include "sandbox/testing/probe.h"

namespace weir::sandbox::testing {
namespace {

constexpr int kProcessKeyring = -2;  // KEY_SPEC_PROCESS_KEYRING of linux/keyctl.h
// struct io_uring_params of linux/io_uring.h, which does not go together with sys/mount.h.
constexpr size_t kIoUringParamsBytes = 120;
constexpr int kUserModeFaultsOnly = 1;  // UFFD_USER_MODE_ONLY of linux/userfaultfd.h

bool MakeUserNamespace(const ProbeWorld&) { return ::unshare(CLONE_NEWUSER) == 0; }

bool MakeNamespaceByClone(const ProbeWorld&) {
  const long child = ::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
  if (child == 0) ::_exit(0);
  if (child > 0) ::waitpid(static_cast<pid_t>(child), nullptr, 0);
  return child > 0;
}

bool MakeNamespaceByClone3(const ProbeWorld&) {
  struct clone_args arguments = {};
  arguments.flags = CLONE_NEWUSER;
  arguments.exit_signal = SIGCHLD;
  const long child = ::syscall(SYS_clone3, &arguments, sizeof(arguments));
  if (child == 0) ::_exit(0);
  if (child > 0) ::waitpid(static_cast<pid_t>(child), nullptr, 0);
  return child > 0;
}

// In a mount namespace of its own where it gets one, so that nobody else sees the mount.
bool MountSomething(const ProbeWorld& world) {
  (void)::unshare(CLONE_NEWUSER | CLONE_NEWNS);
  const std::string folder = world.workspace + "/mount";
  ::mkdir(folder.c_str(), 0700);
  if (::mount("tmpfs", folder.c_str(), "tmpfs", 0, nullptr) != 0) return false;
  ::umount2(folder.c_str(), MNT_DETACH);
  return true;
}

bool ChangeRoot(const ProbeWorld& world) {
  (void)::unshare(CLONE_NEWUSER);
  const std::string jail = world.workspace + "/jail";
  ::mkdir(jail.c_str(), 0700);
  return ::chroot(jail.c_str()) == 0;
}

bool EnterNamespaceOfParent(const ProbeWorld& world) {
  const std::string path = "/proc/" + std::to_string(world.parent) + "/ns/net";
  const int file = ::open(path.c_str(), O_RDONLY);
  return file >= 0 && ::setns(file, CLONE_NEWNET) == 0;
}

bool KeepKey(const ProbeWorld&) {
  return ::syscall(SYS_add_key, "user", "weir", "x", 1, kProcessKeyring) > 0;
}

bool OpenByHandle(const ProbeWorld& world) {
  alignas(struct file_handle) std::array<char, sizeof(struct file_handle) + MAX_HANDLE_SZ> bytes{};
  auto* handle = reinterpret_cast<struct file_handle*>(bytes.data());
  handle->handle_bytes = MAX_HANDLE_SZ;
  int mount_id = 0;
  const std::string path = world.outside + "/secret.txt";
  if (::name_to_handle_at(AT_FDCWD, path.c_str(), handle, &mount_id, 0) != 0) return false;
  const int folder = ::open(world.workspace.c_str(), O_RDONLY | O_DIRECTORY);
  return ::open_by_handle_at(folder, handle, O_RDONLY) >= 0;
}

bool SetUpIoUring(const ProbeWorld&) {
  std::array<uint64_t, kIoUringParamsBytes / sizeof(uint64_t)> params{};
  return ::syscall(SYS_io_uring_setup, 4, params.data()) >= 0;
}

bool MakeBpfMap(const ProbeWorld&) {
  union bpf_attr attributes;
  std::memset(&attributes, 0, sizeof(attributes));
  attributes.map_type = BPF_MAP_TYPE_ARRAY;
  attributes.key_size = 4;
  attributes.value_size = 4;
  attributes.max_entries = 1;
  return ::syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof(attributes)) >= 0;
}

bool HandlePageFaults(const ProbeWorld&) {
  return ::syscall(SYS_userfaultfd, kUserModeFaultsOnly) >= 0;
}

bool TypeIntoTerminal(const ProbeWorld& world) {
  char letter = 'x';
  return world.tty_fd >= 0 && ::ioctl(world.tty_fd, TIOCSTI, &letter) == 0;
}

// The upper half of an ioctl's number is ignored by the kernel, so it must not help.
bool TypeIntoTerminalByLongNumber(const ProbeWorld& world) {
  char letter = 'x';
  const unsigned long request = TIOCSTI | (1UL << 40);
  return world.tty_fd >= 0 && ::syscall(SYS_ioctl, world.tty_fd, request, &letter) == 0;
}

// To the name that it has.
bool SetHostName(const ProbeWorld&) {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 &&
         ::sethostname(name.data(), std::strlen(name.data())) == 0;
}

// The table of system calls of 32-bit programs has other numbers.
bool CallAs32Bit(const ProbeWorld&) {
#if defined(__x86_64__)
  constexpr int kGetPid32 = 20;
  int result = kGetPid32;
  asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
  return result == ::getpid();
#else
  return false;
#endif
}

constexpr auto kKernelProbes =
    std::to_array<Probe>({{"make_user_namespace", MakeUserNamespace},
                          {"make_namespace_by_clone", MakeNamespaceByClone},
                          {"make_namespace_by_clone3", MakeNamespaceByClone3},
                          {"mount_something", MountSomething},
                          {"change_root", ChangeRoot},
                          {"enter_namespace_of_parent", EnterNamespaceOfParent},
                          {"keep_key", KeepKey},
                          {"open_by_handle", OpenByHandle},
                          {"set_up_io_uring", SetUpIoUring},
                          {"make_bpf_map", MakeBpfMap},
                          {"handle_page_faults", HandlePageFaults},
                          {"type_into_terminal", TypeIntoTerminal},
                          {"type_into_terminal_by_long_number", TypeIntoTerminalByLongNumber},
                          {"set_host_name", SetHostName},
                          {"call_as_32_bit", CallAs32Bit}});

}  // namespace

std::span<const Probe> KernelProbes() { return kKernelProbes; }

}  // namespace weir::sandbox::testing
