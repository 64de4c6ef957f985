#pragma once
// What one tool process may do: the wish. docs/sandbox.md explains every key.
//
// A profile has one canonical JSON text, and approvals are bound to that text's SHA-256: a call
// approved under one profile does not run under another. Values; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/json.h"

namespace weir::sandbox {

enum class Network {
  kNone,     // no sockets, only socket pairs between own processes
  kUnix,     // unix sockets too; one with a path can be reached wherever permissions allow
  kInherit,  // the network of the machine
};
// "none", "unix", "inherit".
std::string_view NetworkName(Network network);

// A file, or a folder with everything below it.
struct PathGrant {
  std::string path;  // absolute; what the hash covers
  int fd = -1;       // an open descriptor of it, borrowed for the spawn; -1: opened by `path`
};

// Empty: as the parent's.
struct SandboxLimits {
  std::optional<uint64_t> cpu_seconds;   // of one process
  std::optional<uint64_t> memory_bytes;  // address space of one process
  // Private writable memory of one process: for programs that reserve far more addresses than they
  // use, as JavaScript engines do.
  std::optional<uint64_t> data_bytes{};
  std::optional<uint64_t> file_bytes;  // of one file written
  std::optional<uint64_t> open_files;  // of one process
  // At once, threads counted. 1: no process can be made, threads can. For root more than 1 means at
  // least kMinRootProcesses, because the kernel knows no smaller limit for it.
  std::optional<uint64_t> processes;
};
inline constexpr uint64_t kMinRootProcesses = 299;

struct SandboxProfile {
  std::string name;                 // of the tool or server; in errors and in the audit log
  std::vector<PathGrant> readable;  // the program and its loader are readable without being listed
  std::vector<PathGrant> writable;  // and readable; never executable
  Network network = Network::kNone;
  bool allow_exec = false;  // whether what is readable may be executed; else the program alone
  SandboxLimits limits;
  std::vector<std::string> env;  // "NAME=value"; exactly these

  // The parts. Each that is true is enforced, or the tool does not start.
  bool landlock = true;           // paths
  bool seccomp = true;            // system calls
  bool pid_namespace = true;      // sees and outlives nobody; descendants end with it
  bool network_namespace = true;  // an empty one; unless network is kInherit
  bool read_only_mounts = false;  // all but `writable` is mounted read-only for it
};

// A profile that contradicts itself or can not be enforced: kInvalidArgument, with the key.
Status CheckProfile(const SandboxProfile& profile);

// All keys but descriptors; of environment values only a SHA-256, since they may be secrets.
json::Json ToJson(const SandboxProfile& profile);

// SHA-256 of the canonical JSON (RFC 8785), 64 hexadecimal digits. Error: CheckProfile's.
Result<std::string> ProfileHash(const SandboxProfile& profile);

// What the program loader and the C library read on this machine: those of /lib, /usr/lib,
// /etc/ld.so.cache and the like that exist.
std::vector<PathGrant> LoaderPaths();

}  // namespace weir::sandbox
