#pragma once
// The box that a stranger's server runs in. docs/mcp.md, "Servers in their box". Any thread.

#include <cstdint>
#include <string>

#include "base/result.h"
#include "catalog/config.h"
#include "mcp_host/server_command.h"
#include "sandbox/level.h"
#include "sandbox/profile.h"

namespace weir::mcp_host {

// Of one process of a server; private writable memory, since JavaScript engines reserve far more.
inline constexpr uint64_t kServerDataBytes = uint64_t{1} << 30;
inline constexpr uint64_t kServerFileBytes = uint64_t{1} << 30;
inline constexpr uint64_t kServerOpenFiles = 1024;
inline constexpr uint64_t kServerProcesses = 64;  // of a server, threads counted

// Readable: what the program loader reads, the program, its package, the workspace, and what the
// configuration adds. Writable: only what the configuration names. No network, unless the
// configuration says inherit. Environment: PATH, HOME and LANG of our own making, and what the
// configuration names. `level` is the run's; the looser of it and the server's own counts. Errors:
// kInvalidArgument for a variable to pass through that is not set, or a path that is not there.
Result<sandbox::SandboxProfile> ServerProfile(const catalog::ServerConfig& config,
                                              const ServerCommand& command,
                                              const std::string& workspace,
                                              sandbox::SandboxLevel level);

}  // namespace weir::mcp_host
