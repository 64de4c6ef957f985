#pragma once
// The one chokepoint: every effect of every tool passes ToolHost::Execute, which takes an
// ApprovedCall and consumes it.
//
// Who runs a tool is a ToolServer (tool_server.h): the worker with the built-in tools, or a
// stranger's MCP server that was added. Order of one call, the same for all of them: take the
// approval (single use, expiry) -> check size, definition hash and schema again -> the server's
// process in its sandbox, recorded once a start -> intent durable in the audit log -> server ->
// outcome in the audit log. When the sandbox can not be had or a record can not be written the
// effect does not happen.
//
// Not thread-safe: one host per run, used by the thread that drives the run.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "audit/audit_log.h"
#include "base/clock.h"
#include "base/result.h"
#include "json/json.h"
#include "platform/workspace.h"
#include "policy/approved_call.h"
#include "policy/call.h"
#include "sandbox/achieved.h"
#include "sandbox/level.h"
#include "tools/builtin_server.h"
#include "tools/registry.h"
#include "tools/tool_result.h"
#include "tools/tool_server.h"

namespace weir::tools {

// More bytes of canonical arguments than this are refused before anything else happens.
inline constexpr size_t kMaxArgumentBytes = 4u << 20;

struct ToolHostOptions {
  std::vector<std::string> worker_argv;  // for example {"/proc/self/exe", "tool-worker"}
  std::string workspace;                 // an existing folder
  std::string state_folder;              // undo/ is made in it
  std::string run_id;                    // [A-Za-z0-9_-]{1,64}; names the undo records
  std::chrono::milliseconds call_deadline{30'000};
  sandbox::SandboxLevel sandbox = sandbox::SandboxLevel::kFull;
  // Puts secrets in the place of their placeholders in the arguments that the worker gets; what was
  // approved and recorded keeps the placeholders. Other servers get none: a call of theirs with a
  // placeholder is refused. Empty: there are none.
  std::function<Result<json::Json>(const json::Json&)> reveal{};
};

class ToolHost {
 public:
  // Borrows registry, audit log and clock: they outlive the host. Errors: the workspace or state
  // folder can not be opened, a bad run id. Starts no process yet.
  static Result<ToolHost> Create(const Registry* registry, audit::AuditLog* log, const Clock* clock,
                                 ToolHostOptions options);

  // The server of the tools whose entries name `key`. Error kInvalidArgument: the key is taken.
  Status AddServer(std::string key, std::unique_ptr<ToolServer> server);

  // What the call would do, without doing it. Needs no approval, changes nothing. Errors are values
  // (`is_error`) except when the server can not be started. `stop` ends the server's process.
  Result<Preview> PreviewCall(const policy::ProposedCall& call, const std::stop_token& stop = {});

  // Runs the call. An Error means that nothing happened (the approval is not usable, or the audit
  // log refused the intent) or, as kInternal, that the outcome could not be recorded: stop the run.
  // Everything a model can react to comes back as a ToolResult with is_error.
  // `policy_hash` is of the policy in force now; another one than the call was approved under
  // refuses.
  // `stop` ends the server's process in the middle of the call; that is a ToolResult with is_error,
  // and so is an MCP server that can not be started.
  Result<ToolResult> Execute(policy::ApprovedCall call, const std::string& policy_hash,
                             const std::stop_token& stop = {});

  // Starts the worker before it is needed, so that a sandbox that can not be had is known early.
  Status StartWorker();

  // The sandbox of the worker that was started last; empty before the first start.
  const std::optional<sandbox::AchievedSandbox>& sandbox() const { return builtin_->achieved(); }
  // By server key, what approvals of its tools are bound to. Error: a profile that contradicts
  // itself.
  Result<std::map<std::string, std::string>> ProfileHashes() const;

  // Ends every process of every server; the next call starts them again.
  void Stop();

  // The following calls belong to this run. The worker goes on.
  Status BeginRun(std::string run_id);

  const std::string& run_id() const { return options_.run_id; }
  const ToolHostOptions& options() const { return options_; }

 private:
  ToolHost(const Registry* registry, audit::AuditLog* log, const Clock* clock,
           ToolHostOptions options, platform::Workspace workspace,
           std::unique_ptr<BuiltinServer> builtin);

  ToolServer* FindServer(const std::string& key) const;  // null when there is none
  static Error TooLarge(const ToolEntry& entry, size_t bytes);
  // Size, canonical form and schema of approved arguments, and the arguments.
  Result<json::Json> CheckedArguments(const ToolEntry& entry,
                                      const policy::ApprovedFields& fields) const;
  // The same with secrets for placeholders, fit for the worker. A path never holds a secret, since
  // policy judged it as it stands, and a stranger never gets one.
  Result<json::Json> RevealedArguments(const ToolEntry& entry, json::Json arguments) const;
  // What is true now of whatever the approval is bound to.
  Result<policy::PresentState> Present(const ToolEntry& entry, const ToolServer& server,
                                       const policy::ApprovedFields& fields,
                                       const std::string& policy_hash) const;
  // For ServerCall::record.
  RecordStart Recorder(const std::string& server) const;
  // run.json of the undo store, before the first change of the run.
  Status RecordRun();
  // Intent, effect, outcome.
  Result<ToolResult> RunRecorded(const policy::ApprovedFields& fields,
                                 const std::string& approval_digest, ToolServer& server,
                                 const ServerCall& call, const std::stop_token& stop);

  const Registry* registry_;
  audit::AuditLog* log_;
  const Clock* clock_;
  ToolHostOptions options_;
  platform::Workspace workspace_;
  std::map<std::string, std::unique_ptr<ToolServer>> servers_;  // by key
  BuiltinServer* builtin_;                                      // in servers_
  bool run_recorded_ = false;                                   // run.json of this run is on disk
};

}  // namespace weir::tools
