#pragma once
// A world for the probes of probe_*.cc to try to reach, and what each of them came to.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "sandbox/testing/probe.h"
#include "sandbox/testing/sandbox_fixture.h"

namespace weir::sandbox::testing {

// What the probes try to read out of this process.
inline constinit char canary_in_memory[] = "weir-canary";

// By probe: whether it got out.
using Escapes = std::map<std::string, bool>;

inline std::set<std::string> Names(const Escapes& escapes) {
  std::set<std::string> names;
  for (const auto& [name, escaped] : escapes) {
    if (escaped) names.insert(name);
  }
  return names;
}

class EscapeFixture : public SandboxTest {
 protected:
  EscapeFixture() {
    ::setenv(kSecretName, "1", 1);
    for (const char* name :
         {"secret.txt", "truncate.txt", "delete.txt", "link.txt", "rename.txt", "mode.txt"}) {
      std::ofstream(outside() + "/" + name) << kCanary;
      ::chmod((outside() + "/" + name).c_str(), 0600);
    }
    Listen();
    victim_ = ::fork();
    if (victim_ == 0) {
      for (;;) ::pause();
    }
    shared_memory_ = ::shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
    auto* memory = static_cast<char*>(::shmat(shared_memory_, nullptr, 0));
    std::strcpy(memory, kCanary);
    ::shmdt(memory);
    terminal_ = UniqueFd(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    ::grantpt(terminal_.get());
    ::unlockpt(terminal_.get());
    const char* name = ::ptsname(terminal_.get());
    // No terminals on this machine: nothing to type into.
    if (name == nullptr) name = "/dev/null";
    tty_ = UniqueFd(::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
  }
  ~EscapeFixture() override {
    ::kill(victim_, SIGKILL);
    ::waitpid(victim_, nullptr, 0);
    ::shmctl(shared_memory_, IPC_RMID, nullptr);
  }

  // The probe's arguments; its terminal is descriptor 3.
  std::vector<std::string> Arguments() const {
    const auto address = reinterpret_cast<uintptr_t>(canary_in_memory);
    return {"escapes",
            "workspace=" + workspace(),
            "outside=" + outside(),
            "parent=" + std::to_string(::getpid()),
            "victim=" + std::to_string(victim_),
            "tcp=" + std::to_string(tcp_port_),
            "udp=" + std::to_string(udp_port_),
            "abstract=" + abstract_name_,
            "shm=" + std::to_string(shared_memory_),
            "address=" + std::to_string(address),
            "tty=3"};
  }

  // With `more` arguments for the probe.
  Escapes InSandbox(const SandboxProfile& profile, const platform::MountHook* view = nullptr,
                    const std::vector<std::string>& more = {}) const {
    const UniqueFd leak(::open("/dev/null", O_RDONLY));  // without O_CLOEXEC, on purpose
    SandboxRequest request;
    request.argv = {WEIR_SANDBOX_PROBE};
    for (std::string& argument : Arguments()) request.argv.push_back(std::move(argument));
    request.argv.insert(request.argv.end(), more.begin(), more.end());
    request.pass_fds = {{tty_.get(), 3}};
    request.view = view;
    Result<SandboxedChild> child = SpawnSandboxed(profile, request);
    EXPECT_TRUE(child.has_value()) << child.error().message;
    Escapes escapes;
    while (child) {
      const Result<std::string> line = child->process.ReadLine(1000, In(20'000));
      if (!line) break;
      Add(*line, escapes);
    }
    EXPECT_TRUE(child && child->process.Wait(In(10'000)).value().ok());
    return escapes;
  }

  // As any program starts another one.
  Escapes WithoutSandbox() const {
    const UniqueFd leak(::open("/dev/null", O_RDONLY));
    int fds[2] = {-1, -1};
    EXPECT_EQ(::pipe(fds), 0);
    std::vector<std::string> arguments = Arguments();
    std::string program = WEIR_SANDBOX_PROBE;
    std::vector<char*> argv = {program.data()};
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(fds[1], 1);
      ::dup2(tty_.get(), 3);
      ::execv(program.c_str(), argv.data());
      ::_exit(127);
    }
    ::close(fds[1]);
    std::string text;
    char chunk[4096];
    for (ssize_t n = 0; (n = ::read(fds[0], chunk, sizeof(chunk))) > 0;) {
      text.append(chunk, static_cast<size_t>(n));
    }
    ::close(fds[0]);
    ::waitpid(child, nullptr, 0);
    Escapes escapes;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) Add(line, escapes);
    return escapes;
  }

  // Names, contents, modes and times of everything outside.
  std::string Outside() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(outside())) {
      struct stat info = {};
      ::lstat(entry.path().c_str(), &info);
      std::ostringstream text;
      text << info.st_mode << ' ' << info.st_mtime << ' ' << info.st_nlink << ' ' << info.st_size;
      files[entry.path().filename()] = text.str();
    }
    std::string all;
    for (const auto& [name, text] : files) all += name + ": " + text + "\n";
    return all;
  }

 private:
  static void Add(const std::string& line, Escapes& escapes) {
    const size_t space = line.find(' ');
    ASSERT_NE(space, std::string::npos) << line;
    escapes[line.substr(0, space)] = line.substr(space + 1) == "1";
  }

  static int BindLoopback(int socket) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ::bind(socket, reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }

  void Listen() {
    tcp_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    tcp_port_ = BindLoopback(tcp_.get());
    ::listen(tcp_.get(), 8);
    udp_ = UniqueFd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    udp_port_ = BindLoopback(udp_.get());
    abstract_name_ = "weir-sandbox-test-" + std::to_string(::getpid());
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, abstract_name_.data(), abstract_name_.size());
    abstract_ = UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ::bind(abstract_.get(), reinterpret_cast<sockaddr*>(&address),
           static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + abstract_name_.size()));
    ::listen(abstract_.get(), 8);
    const std::string path = outside() + "/socket";
    address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof(address.sun_path) - 1));
    named_ = UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ::bind(named_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address));
    ::listen(named_.get(), 8);
  }

  UniqueFd tcp_, udp_, abstract_, named_, terminal_, tty_;
  int tcp_port_ = 0;
  int udp_port_ = 0;
  std::string abstract_name_;
  pid_t victim_ = -1;
  int shared_memory_ = -1;
};

inline SandboxProfile Limited(SandboxProfile profile) {
  profile.limits.memory_bytes = uint64_t{1} << 30;
  profile.limits.file_bytes = uint64_t{64} << 20;
  return profile;
}

inline void Report(const char* where, const Escapes& escapes) {
  std::printf("%s: %zu of %zu escapes\n", where, Names(escapes).size(), escapes.size());
}

}  // namespace weir::sandbox::testing
