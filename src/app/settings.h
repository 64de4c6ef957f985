#pragma once
// What the command line decided, and where files live when it said nothing.

#include <string>

#include "base/result.h"
#include "model/lfm2_model.h"
#include "sandbox/level.h"

namespace weir::app {

// Exit codes of every command; documented in the README.
enum ExitCode : int {
  kExitOk = 0,
  kExitError = 1,        // something is wrong; stderr says what
  kExitUsage = 2,        // the command line is wrong
  kExitDenied = 3,       // a call was denied by policy or by the person
  kExitNeedsAnswer = 4,  // the request is ambiguous and nobody was there to ask
  kExitInvalid = 5,      // a check did not hold (audit verify, policy check)
  kExitInterrupted = 130,
};

struct Settings {
  std::string workspace = ".";
  std::string model;   // empty: the shipped model
  std::string state;   // empty: $XDG_STATE_HOME/weir or ~/.local/state/weir
  std::string policy;  // empty: $XDG_CONFIG_HOME/weir/policy.toml when it is there, else the
                       // built-in default
  std::string mode;    // a policy::Mode; empty: none beside the policy file's own
  model::ModelOptions engine;  // target, threads, KV format
  int max_context = 8192;
  uint64_t seed = 0;
  bool json = false;
  bool dry_run = false;
  bool yes_reads = false;  // say yes to calls that only read, where policy asks
  bool show_reasoning = false;
  sandbox::SandboxLevel sandbox = sandbox::SandboxLevel::kFull;
};

// The state folder, created 0700. Errors name the folder and --state.
Result<std::string> StateFolder(const Settings& settings);

// The configuration, $XDG_CONFIG_HOME/weir/weir.toml; empty when there is none.
std::string ConfigFile();

// Where it is, or would be.
std::string ConfigPath();

// The policy file to read; empty for the built-in default.
std::string PolicyFile(const Settings& settings);

// The model file: --model, else $WEIR_MODEL, else the shipped weir-nano.gguf beside the binary, in
// ../share/weir or in the source tree's models/. kNotFound lists where it looked.
Result<std::string> ModelFile(const Settings& settings);

}  // namespace weir::app
