#pragma once
// What the escape probes know of the world that they try to reach. Each probe is a function that
// returns true when it got out; it runs in a process of its own.

#include <sys/types.h>

#include <span>
#include <string>

namespace weir::sandbox::testing {

// The text that must not be read, wherever it stands.
inline constexpr const char* kCanary = "weir-canary";
inline constexpr const char* kSecretName = "WEIR_CANARY_SECRET";

struct ProbeWorld {
  std::string program;    // path of the probe itself
  std::string workspace;  // the one writable folder
  std::string outside;    // a folder beside it
  std::string view;       // what the view over the workspace is made of; empty: there is none
  pid_t parent = 0;       // who started the probe, in the outer numbering
  pid_t victim = 0;       // another process of the same user
  int tcp_port = 0;       // a listener on the loopback interface
  int udp_port = 0;
  std::string abstract_socket;   // a listener's name
  int shared_memory = -1;        // System V id
  uintptr_t canary_address = 0;  // of kCanary in the parent's memory
  int tty_fd = -1;               // an open terminal
  int last_fd = 2;               // the highest descriptor that was given on purpose
};

struct Probe {
  const char* name;
  bool (*escapes)(const ProbeWorld& world);
};

std::span<const Probe> FileProbes();
std::span<const Probe> ViewProbes();  // where there is a view
std::span<const Probe> ProcessProbes();
std::span<const Probe> KernelProbes();

}  // namespace weir::sandbox::testing
