// Escapes through other processes, programs, the network and what a process inherits; and past
// limits.

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "sandbox/testing/probe.h"

namespace weir::sandbox::testing {
namespace {

// More than the tests' profiles allow, and within what an ordinary account may have.
constexpr int kManyProcesses = 400;
constexpr int kManyFiles = 512;
constexpr size_t kMuchMemory = size_t{8} << 30;
constexpr off_t kLargeFile = off_t{1} << 30;

bool Contains(const std::string& path, const char* text) {
  const int file = ::open(path.c_str(), O_RDONLY);
  if (file < 0) return false;
  std::vector<char> bytes(1 << 16);
  const ssize_t n = ::read(file, bytes.data(), bytes.size());
  ::close(file);
  return n > 0 &&
         ::memmem(bytes.data(), static_cast<size_t>(n), text, std::strlen(text)) != nullptr;
}

// ---- other processes ----

bool ReadParentEnvironment(const ProbeWorld& world) {
  return Contains("/proc/" + std::to_string(world.parent) + "/environ", kSecretName);
}

bool OpenParentMemory(const ProbeWorld& world) {
  return ::open(("/proc/" + std::to_string(world.parent) + "/mem").c_str(), O_RDONLY) >= 0;
}

bool CopyParentMemory(const ProbeWorld& world) {
  std::array<char, 32> text{};
  struct iovec here = {text.data(), std::strlen(kCanary)};
  // An address of another process.
  struct iovec there = {reinterpret_cast<void*>(world.canary_address), here.iov_len};
  return ::process_vm_readv(world.parent, &here, 1, &there, 1, 0) > 0 &&
         std::strcmp(text.data(), kCanary) == 0;
}

bool SignalParent(const ProbeWorld& world) { return ::kill(world.parent, 0) == 0; }

bool LookAtParentLimits(const ProbeWorld& world) {
  struct rlimit limit;
  return ::prlimit(world.parent, RLIMIT_NOFILE, nullptr, &limit) == 0;
}

bool TraceProcess(const ProbeWorld& world) {
  if (::ptrace(PTRACE_SEIZE, world.victim, nullptr, nullptr) != 0) return false;
  ::ptrace(PTRACE_DETACH, world.victim, nullptr, nullptr);
  return true;
}

bool AttachSharedMemory(const ProbeWorld& world) {
  const void* memory = ::shmat(world.shared_memory, nullptr, SHM_RDONLY);
  return memory != reinterpret_cast<void*>(-1) &&
         std::strcmp(static_cast<const char*>(memory), kCanary) == 0;
}

bool ReadOwnEnvironment(const ProbeWorld&) { return std::getenv(kSecretName) != nullptr; }

bool FindInheritedDescriptor(const ProbeWorld& world) {
  for (int fd = world.last_fd + 1; fd < 1024; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) return true;
  }
  return false;
}

// ---- the network ----

sockaddr_in Loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool ConnectTcp(const ProbeWorld& world) {
  const sockaddr_in address = Loopback(world.tcp_port);
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  return socket >= 0 &&
         ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

bool SendUdp(const ProbeWorld& world) {
  const sockaddr_in address = Loopback(world.udp_port);
  const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
  return socket >= 0 && ::sendto(socket, "x", 1, 0, reinterpret_cast<const sockaddr*>(&address),
                                 sizeof(address)) == 1;
}

bool ConnectUnix(const sockaddr_un& address, size_t bytes) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  return socket >= 0 && ::connect(socket, reinterpret_cast<const sockaddr*>(&address),
                                  static_cast<socklen_t>(bytes)) == 0;
}

bool ConnectAbstractSocket(const ProbeWorld& world) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, world.abstract_socket.data(), world.abstract_socket.size());
  return ConnectUnix(address, offsetof(sockaddr_un, sun_path) + 1 + world.abstract_socket.size());
}

bool ConnectSocketOutside(const ProbeWorld& world) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::string path = world.outside + "/socket";
  if (path.size() >= sizeof(address.sun_path)) return false;
  std::memcpy(address.sun_path, path.data(), path.size());
  return ConnectUnix(address, sizeof(address));
}

// ---- programs ----

bool Runs(const char* program, const char* argument) {
  const pid_t child = ::fork();
  if (child == 0) {
    const int null = ::open("/dev/null", O_WRONLY);
    if (null >= 0) ::dup2(null, 1);
    ::execl(program, program, argument, nullptr);
    ::_exit(126);
  }
  int status = 1;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

bool RunOtherProgram(const ProbeWorld&) { return Runs("/bin/true", nullptr); }

bool RunSetUidProgram(const ProbeWorld&) { return Runs("/bin/su", "--help"); }

bool CopySelf(const ProbeWorld& world, int to) {
  const int from = ::open(world.program.c_str(), O_RDONLY);
  if (from < 0) return false;
  std::vector<char> bytes(1 << 16);
  ssize_t n = 0;
  while ((n = ::read(from, bytes.data(), bytes.size())) > 0) {
    if (::write(to, bytes.data(), static_cast<size_t>(n)) != n) return false;
  }
  ::close(from);
  return n == 0;
}

bool RunWrittenProgram(const ProbeWorld& world) {
  const std::string path = world.workspace + "/program";
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT, 0755);
  if (file < 0 || !CopySelf(world, file)) return false;
  ::close(file);
  return Runs(path.c_str(), "nothing");
}

bool RunMemoryFile(const ProbeWorld& world) {
  const int file = ::memfd_create("program", 0);
  if (file < 0 || !CopySelf(world, file)) return false;
  return Runs(("/proc/self/fd/" + std::to_string(file)).c_str(), "nothing");
}

// ---- limits ----

bool MakeManyProcesses(const ProbeWorld&) {
  std::vector<pid_t> children;
  for (int i = 0; i < kManyProcesses; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (;;) ::pause();
    }
    if (child < 0) break;
    children.push_back(child);
  }
  for (const pid_t child : children) ::kill(child, SIGKILL);
  for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  return static_cast<int>(children.size()) == kManyProcesses;
}

bool TakeMuchMemory(const ProbeWorld&) {
  return ::mmap(nullptr, kMuchMemory, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED;
}

bool WriteLargeFile(const ProbeWorld& world) {
  ::signal(SIGXFSZ, SIG_IGN);
  const int file = ::open((world.workspace + "/large").c_str(), O_WRONLY | O_CREAT, 0600);
  return file >= 0 && ::pwrite(file, "x", 1, kLargeFile) == 1;
}

bool OpenManyFiles(const ProbeWorld&) {
  for (int i = 0; i < kManyFiles; ++i) {
    if (::dup(1) < 0) return false;
  }
  return true;
}

constexpr auto kProcessProbes =
    std::to_array<Probe>({{"read_parent_environment", ReadParentEnvironment},
                          {"open_parent_memory", OpenParentMemory},
                          {"copy_parent_memory", CopyParentMemory},
                          {"signal_parent", SignalParent},
                          {"look_at_parent_limits", LookAtParentLimits},
                          {"trace_process", TraceProcess},
                          {"attach_shared_memory", AttachSharedMemory},
                          {"read_own_environment", ReadOwnEnvironment},
                          {"find_inherited_descriptor", FindInheritedDescriptor},
                          {"connect_tcp", ConnectTcp},
                          {"send_udp", SendUdp},
                          {"connect_abstract_socket", ConnectAbstractSocket},
                          {"connect_socket_outside", ConnectSocketOutside},
                          {"run_other_program", RunOtherProgram},
                          {"run_set_uid_program", RunSetUidProgram},
                          {"run_written_program", RunWrittenProgram},
                          {"run_memory_file", RunMemoryFile},
                          {"make_many_processes", MakeManyProcesses},
                          {"take_much_memory", TakeMuchMemory},
                          {"write_large_file", WriteLargeFile},
                          {"open_many_files", OpenManyFiles}});

}  // namespace

std::span<const Probe> ProcessProbes() { return kProcessProbes; }

}  // namespace weir::sandbox::testing
