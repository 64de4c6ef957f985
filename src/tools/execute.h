#pragma once
// The one chokepoint: every effect of every tool passes ToolHost::Execute, which takes an
// ApprovedCall and consumes it.
//
// Order of one call: take the approval (single use, expiry) -> check size, definition hash and
// schema again -> a worker in its sandbox, recorded once a worker -> intent durable in the audit
// log -> worker -> outcome in the audit log. When the sandbox can not be had or a record can not be
// written the effect does not happen.
//
// Not thread-safe: one host per run, used by the thread that drives the run.

#include <chrono>
#include <functional>
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
#include "tools/registry.h"
#include "tools/worker_host.h"

namespace weir::tools {

// More bytes of canonical arguments than this are refused before anything else happens.
inline constexpr size_t kMaxArgumentBytes = 4u << 20;

struct ToolResult {
  bool is_error = false;
  std::string summary;  // one line a model can restate, or the error sentence
  std::string text;     // details after the summary; may be empty
  json::Json data;      // structured form of the same; null when there is none
  std::string undo_id;  // "RUN/000001" when the call can be taken back; else empty

  // What goes into the conversation: summary, then details.
  std::string ForModel() const { return text.empty() ? summary : summary + "\n" + text; }
};

struct Preview {
  bool is_error = false;  // the call would fail as it stands; `body` says why
  std::string action;     // one line rendered by Weir, escaped (EscapeForDisplay in text.h) and
                          // ready to show: "move notes.txt -> archive/notes.txt"
  std::string body;       // a unified diff, or sentences; may be empty. Raw text: escape to show
  bool is_exact = false;  // `body` says all that would change, and nothing else would
  // What the call's targets looked like before the preview was made: an approval of it is bound to
  // them, and Execute refuses when one has changed.
  std::vector<policy::Precondition> preconditions{};
};

struct ToolHostOptions {
  std::vector<std::string> worker_argv;  // for example {"/proc/self/exe", "tool-worker"}
  std::string workspace;                 // an existing folder
  std::string state_folder;              // undo/ is made in it
  std::string run_id;                    // [A-Za-z0-9_-]{1,64}; names the undo records
  std::chrono::milliseconds call_deadline{30'000};
  sandbox::SandboxLevel sandbox = sandbox::SandboxLevel::kFull;
  // Puts secrets in the place of their placeholders in the arguments that the worker gets; what was
  // approved and recorded keeps the placeholders. Empty: there are none.
  std::function<Result<json::Json>(const json::Json&)> reveal{};
};

class ToolHost {
 public:
  // Borrows registry, audit log and clock: they outlive the host. Errors: the workspace or state
  // folder can not be opened, a bad run id. Starts no process yet.
  static Result<ToolHost> Create(const Registry* registry, audit::AuditLog* log, const Clock* clock,
                                 ToolHostOptions options);

  // What the call would do, without doing it. Needs no approval, changes nothing. Errors are values
  // (`is_error`) except when the worker can not be started. `stop` ends the worker.
  Result<Preview> PreviewCall(const policy::ProposedCall& call, const std::stop_token& stop = {});

  // Runs the call. An Error means that nothing happened (the approval is not usable, or the audit
  // log refused the intent) or, as kInternal, that the outcome could not be recorded: stop the run.
  // Everything a model can react to comes back as a ToolResult with is_error.
  // `policy_hash` is of the policy in force now; another one than the call was approved under
  // refuses.
  // `stop` ends the worker in the middle of the call; that is a ToolResult with is_error.
  Result<ToolResult> Execute(policy::ApprovedCall call, const std::string& policy_hash,
                             const std::stop_token& stop = {});

  // Starts the worker before it is needed, so that a sandbox that can not be had is known early.
  Status StartWorker();

  // The sandbox of the worker that was started last; empty before the first start.
  const std::optional<sandbox::AchievedSandbox>& sandbox() const { return worker_.achieved(); }

  // The following calls belong to this run. The worker goes on.
  Status BeginRun(std::string run_id);

  const std::string& run_id() const { return options_.run_id; }
  const ToolHostOptions& options() const { return options_; }

 private:
  ToolHost(const Registry* registry, audit::AuditLog* log, const Clock* clock,
           ToolHostOptions options, platform::Workspace workspace, WorkerHost worker)
      : registry_(registry),
        log_(log),
        clock_(clock),
        options_(std::move(options)),
        workspace_(std::move(workspace)),
        worker_(std::move(worker)) {}

  static Error TooLarge(const ToolEntry& entry, size_t bytes);
  // Size, canonical form and schema of approved arguments, and the arguments.
  Result<json::Json> CheckedArguments(const policy::ApprovedFields& fields) const;
  // The same with secrets for placeholders, fit for the worker. A path never holds a secret, since
  // policy judged it as it stands.
  Result<json::Json> RevealedArguments(const ToolEntry& entry, json::Json arguments) const;
  // What is true now of whatever the approval is bound to.
  Result<policy::PresentState> Present(const ToolEntry& entry, const policy::ApprovedFields& fields,
                                       const std::string& policy_hash) const;
  // A running worker, whose sandbox is in the audit log of this run or of an earlier one.
  Status ReadyWorker();
  // run.json of the undo store, before the first change of the run.
  Status RecordRun();
  ToolResult RunInWorker(const ToolEntry& entry, const json::Json& arguments,
                         const std::stop_token& stop);

  const Registry* registry_;
  audit::AuditLog* log_;
  const Clock* clock_;
  ToolHostOptions options_;
  platform::Workspace workspace_;
  WorkerHost worker_;
  bool run_recorded_ = false;      // run.json of this run is on disk
  int64_t n_recorded_starts_ = 0;  // of the worker, in the audit log
};

}  // namespace weir::tools
