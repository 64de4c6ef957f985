#pragma once
// A stranger's MCP server as a process in its box: started, spoken to through two descriptors,
// stopped with everything that it started.
//
// Start it from a thread that lives as long as the server shall (see platform::ChildProcess). One
// thread, but for LastWords.

#include <memory>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "catalog/config.h"
#include "mcp_host/server_command.h"
#include "mcp_host/stderr_ring.h"
#include "sandbox/level.h"
#include "sandbox/spawn.h"

namespace weir::mcp_host {

// Everything about a server's process that is known before it runs.
struct ServerPlan {
  std::string name;  // the server's key
  ServerCommand command;
  sandbox::SandboxProfile profile;
  std::string working_folder;  // the workspace
  std::string program_hash;    // catalog::ProgramHash
};

// Errors: those of ResolveCommand, ServerProfile and catalog::ProgramHash.
Result<ServerPlan> PlanServer(const catalog::ServerConfig& config, const std::string& workspace,
                              sandbox::SandboxLevel level);

class ServerProcess {
 public:
  // Errors: those of sandbox::SpawnSandboxed, with the server's name; nothing runs then.
  static Result<std::unique_ptr<ServerProcess>> Start(const ServerPlan& plan);
  ~ServerProcess();  // Stop
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Its ends, non-blocking; each can be taken once.
  UniqueFd TakeInput() { return child_.TakeStdin(); }
  UniqueFd TakeOutput() { return child_.TakeStdout(); }

  const sandbox::AchievedSandbox& achieved() const { return achieved_; }
  pid_t pid() const { return child_.pid(); }
  // True when it has ended, by itself or not; waits at most `wait_us` for that.
  bool HasEnded(int64_t wait_us = 0);

  // Its input must be closed by who took it. It has half a second to end by itself, then gets
  // SIGTERM, and after another half SIGKILL; whatever it started is gone with it.
  void Stop();

  // "; its last words: ..." of its stderr, or nothing. Text of a stranger, made printable.
  std::string LastWords() const;
  // "ended by itself (exit code 1)", once it has ended; else "is stopped".
  std::string HowItEnded() const;

 private:
  ServerProcess(sandbox::SandboxedChild child, std::unique_ptr<StderrRing> words);

  platform::ChildProcess child_;
  sandbox::AchievedSandbox achieved_;
  std::unique_ptr<StderrRing> words_;
  std::string how_it_ended_;
};

}  // namespace weir::mcp_host
