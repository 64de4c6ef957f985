#include "tools/execute.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <utility>

#include "audit/event.h"
#include "base/check.h"
#include "platform/workspace.h"
#include "tools/file_tree.h"
#include "tools/json_fields.h"
#include "tools/target_state.h"
#include "tools/text.h"
#include "tools/undo_store.h"

namespace weir::tools {
namespace {

constexpr size_t kMaxReasonBytes = 4096;  // of an error in the audit log

// A call of a tool that has no plan of its own: "list_files folder=reports extension=pdf". The full
// arguments are shown elsewhere, so long values are cut here.
std::string PlainAction(const std::string& tool, const json::Json& arguments) {
  constexpr size_t kMaxValueBytes = 120;
  std::string action = tool;
  for (const auto& [key, value] : arguments.items()) {
    const auto* text = value.get_ptr<const std::string*>();
    const std::string whole = text != nullptr ? *text : json::Dump(value);
    const std::string_view shown = ClipUtf8(whole, kMaxValueBytes);
    action += fmt::format(" {}={}{}", key, shown, shown.size() < whole.size() ? "..." : "");
  }
  return EscapeForDisplay(action);
}

Result<std::string> AbsolutePath(const std::string& path) {
  std::array<char, PATH_MAX> resolved{};
  if (::realpath(path.c_str(), resolved.data()) == nullptr) {
    return SystemError(errno, fmt::format("resolving '{}'", path));
  }
  return std::string(resolved.data());
}

audit::IntentFields IntentOf(const policy::ApprovedFields& fields, const std::string& digest,
                             std::string program_hash) {
  audit::IntentFields intent;
  intent.run_id = fields.run_id;
  intent.call_id = fields.call_id;
  intent.server = fields.server;
  intent.tool = fields.tool;
  intent.effect = fields.effect;
  intent.definition_hash = fields.definition_hash;
  intent.verdict = policy::VerdictName(fields.verdict);
  intent.rule_id = fields.rule_id;
  intent.policy_hash = fields.policy_hash;
  intent.approver = fields.approver;
  intent.approval_digest = digest;
  intent.nonce = fields.nonce;
  intent.canonical_arguments = fields.arguments;
  intent.expires_us = fields.expires_us;
  intent.program_hash = std::move(program_hash);
  return intent;
}

}  // namespace

Result<ToolHost> ToolHost::Create(const Registry* registry, audit::AuditLog* log,
                                  const Clock* clock, ToolHostOptions options) {
  if (!IsRunId(options.run_id)) {
    return MakeError(ErrorCode::kInvalidArgument, "'{}' is not a run id", options.run_id);
  }
  ASSIGN_OR_RETURN(platform::Workspace workspace, platform::Workspace::Open(options.workspace));
  ASSIGN_OR_RETURN(const UndoStore undo, UndoStore::Open(options.state_folder));
  UniqueFd workspace_fd(::fcntl(workspace.fd(), F_DUPFD_CLOEXEC, 10));
  UniqueFd undo_fd(::fcntl(undo.fd(), F_DUPFD_CLOEXEC, 10));
  if (!workspace_fd.valid() || !undo_fd.valid()) return SystemError(errno, "opening folders");
  WorkerHostOptions worker;
  worker.argv = options.worker_argv;
  worker.deadline = options.call_deadline;
  worker.sandbox = options.sandbox;
  auto builtin = std::make_unique<BuiltinServer>(
      WorkerHost(std::move(worker), std::move(workspace_fd), std::move(undo_fd)), options.sandbox);
  return ToolHost(registry, log, clock, std::move(options), std::move(workspace),
                  std::move(builtin));
}

ToolHost::ToolHost(const Registry* registry, audit::AuditLog* log, const Clock* clock,
                   ToolHostOptions options, platform::Workspace workspace,
                   std::unique_ptr<BuiltinServer> builtin)
    : registry_(registry),
      log_(log),
      clock_(clock),
      options_(std::move(options)),
      workspace_(std::move(workspace)),
      builtin_(builtin.get()) {
  servers_.emplace(policy::kBuiltinServer, std::move(builtin));
}

Status ToolHost::AddServer(std::string key, std::unique_ptr<ToolServer> server) {
  if (key.empty() || servers_.contains(key)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "an MCP server can not be called '{}'; the name is taken or empty", key);
  }
  servers_.emplace(std::move(key), std::move(server));
  return {};
}

ToolServer* ToolHost::FindServer(const std::string& key) const {
  const auto found = servers_.find(key);
  return found == servers_.end() ? nullptr : found->second.get();
}

Result<std::map<std::string, std::string>> ToolHost::ProfileHashes() const {
  std::map<std::string, std::string> hashes;
  for (const auto& [key, server] : servers_) {
    ASSIGN_OR_RETURN(hashes[key], server->ProfileHash());
  }
  return hashes;
}

void ToolHost::Stop() {
  for (const auto& [key, server] : servers_) server->Stop();
}

Status ToolHost::BeginRun(std::string run_id) {
  if (!IsRunId(run_id)) {
    return MakeError(ErrorCode::kInvalidArgument, "'{}' is not a run id", run_id);
  }
  options_.run_id = std::move(run_id);
  run_recorded_ = false;
  return {};
}

Status ToolHost::StartWorker() { return builtin_->Start(); }

RecordStart ToolHost::Recorder(const std::string& server) const {
  const std::string prefix = server == policy::kBuiltinServer ? "" : "MCP server " + server + ": ";
  return [this, prefix](std::string_view subject) -> Status {
    const json::Json data = {{"notice", "sandbox"}, {"subject", prefix + std::string(subject)}};
    RETURN_IF_ERROR(
        log_->Append(audit::MakeEvent(audit::EventKind::kNotice, options_.run_id, "", data)));
    return {};
  };
}

Status ToolHost::RecordRun() {
  if (run_recorded_) return {};
  ASSIGN_OR_RETURN(const UndoStore undo, UndoStore::Open(options_.state_folder));
  UndoRunHeader header;
  header.run_id = options_.run_id;
  ASSIGN_OR_RETURN(header.workspace, AbsolutePath(options_.workspace));
  header.time_us = clock_->UnixMicros();
  RETURN_IF_ERROR(undo.BeginRun(header));
  run_recorded_ = true;
  return {};
}

Result<Preview> ToolHost::PreviewCall(const policy::ProposedCall& call,
                                      const std::stop_token& stop) {
  Preview preview;
  preview.action = PlainAction(call.tool, call.arguments);
  const ToolEntry* entry = registry_->Find(call.server, call.tool);
  ToolServer* server = FindServer(call.server);
  const auto refuse = [&](const Error& error) {
    preview.is_error = true;
    preview.body = error.message;
    return preview;
  };
  if (entry == nullptr || server == nullptr) {
    return refuse({ErrorCode::kNotFound, fmt::format("no tool '{}'", call.tool)});
  }
  ASSIGN_OR_RETURN(const std::string canonical, policy::CanonicalArguments(call));
  if (canonical.size() > kMaxArgumentBytes) return refuse(TooLarge(*entry, canonical.size()));
  if (const Status fits = registry_->CheckArguments(*entry, call.arguments); !fits) {
    return refuse(fits.error());
  }
  if (entry->effect == "none" || entry->effect == "read") return preview;
  Result<std::vector<policy::Precondition>> targets =
      TargetStates(workspace_, *entry, call.arguments);
  if (!targets) return refuse(targets.error());
  preview.preconditions = std::move(*targets);
  const RecordStart record = Recorder(entry->server);
  ASSIGN_OR_RETURN(Preview found,
                   server->PreviewCall({*entry, call.arguments, options_.run_id, record}, stop));
  if (found.is_error) return refuse({ErrorCode::kInvalidArgument, found.body});
  if (!found.action.empty()) preview.action = EscapeForDisplay(found.action);
  preview.body = std::move(found.body);
  preview.is_exact = found.is_exact;
  preview.preconditions.insert(preview.preconditions.end(), found.preconditions.begin(),
                               found.preconditions.end());
  ASSIGN_OR_RETURN(preview.preconditions,
                   policy::CanonicalPreconditions(std::move(preview.preconditions)));
  return preview;
}

Error ToolHost::TooLarge(const ToolEntry& entry, size_t bytes) {
  return {
      ErrorCode::kResourceExhausted,
      fmt::format("the arguments of {} have {}; at most {} are possible. Write large content in "
                  "several smaller calls",
                  entry.definition.name, FormatBytes(static_cast<int64_t>(bytes)),
                  FormatBytes(static_cast<int64_t>(kMaxArgumentBytes)))};
}

Result<json::Json> ToolHost::CheckedArguments(const ToolEntry& entry,
                                              const policy::ApprovedFields& fields) const {
  if (fields.arguments.size() > kMaxArgumentBytes) {
    return MakeError(TooLarge(entry, fields.arguments.size()));
  }
  ASSIGN_OR_RETURN(json::Json arguments, json::Parse(fields.arguments));
  ASSIGN_OR_RETURN(const std::string canonical, json::Canonical(arguments));
  if (canonical != fields.arguments) {
    return MakeError(ErrorCode::kInvalidArgument, "the approved arguments of {} are not canonical",
                     fields.tool);
  }
  RETURN_IF_ERROR(registry_->CheckArguments(entry, arguments));
  return arguments;
}

Result<json::Json> ToolHost::RevealedArguments(const ToolEntry& entry, json::Json arguments) const {
  if (!options_.reveal) return arguments;
  ASSIGN_OR_RETURN(json::Json revealed, options_.reveal(arguments));
  if (revealed == arguments) return arguments;
  if (entry.server != policy::kBuiltinServer) {
    return MakeError(ErrorCode::kPermissionDenied,
                     "the arguments of {} hold the placeholder of a secret, and MCP server '{}' is "
                     "given no secrets; leave it out",
                     entry.definition.name, entry.server);
  }
  for (const std::string& name : entry.path_arguments) {
    if (arguments.contains(name) && revealed[name] != arguments[name]) {
      return MakeError(ErrorCode::kPermissionDenied,
                       "'{}' of {} is a path and may hold no secret; name the file without it",
                       name, entry.definition.name);
    }
  }
  RETURN_IF_ERROR(registry_->CheckArguments(entry, revealed));
  return revealed;
}

Result<policy::PresentState> ToolHost::Present(const ToolEntry& entry, const ToolServer& server,
                                               const policy::ApprovedFields& fields,
                                               const std::string& policy_hash) const {
  policy::PresentState present;
  present.definition_hash = entry.definition_hash;
  present.policy_hash = policy_hash;
  present.now_us = clock_->UnixMicros();
  ASSIGN_OR_RETURN(present.sandbox_profile, server.ProfileHash());
  if (fields.preconditions.empty()) return present;
  ASSIGN_OR_RETURN(const json::Json arguments, json::Parse(fields.arguments));
  ASSIGN_OR_RETURN(present.preconditions, TargetStates(workspace_, entry, arguments));
  for (policy::Precondition& held : server.Present(entry, arguments)) {
    present.preconditions.push_back(std::move(held));
  }
  ASSIGN_OR_RETURN(present.preconditions,
                   policy::CanonicalPreconditions(std::move(present.preconditions)));
  return present;
}

Result<ToolResult> ToolHost::Execute(policy::ApprovedCall call, const std::string& policy_hash,
                                     const std::stop_token& stop) {
  const ToolEntry* entry = registry_->Find(call.fields().server, call.fields().tool);
  ToolServer* server = FindServer(call.fields().server);
  if (entry == nullptr || server == nullptr) {
    return MakeError(ErrorCode::kNotFound, "no tool '{}' of '{}'; nothing was done",
                     call.fields().tool, call.fields().server);
  }
  ASSIGN_OR_RETURN(const policy::PresentState present,
                   Present(*entry, *server, call.fields(), policy_hash));
  const std::string approval_digest = call.digest();
  ASSIGN_OR_RETURN(const policy::ApprovedFields fields, call.Consume(present));
  Result<json::Json> arguments = CheckedArguments(*entry, fields);
  if (arguments) arguments = RevealedArguments(*entry, std::move(*arguments));
  if (!arguments) return ErrorResult(arguments.error());
  const bool is_builtin = entry->server == policy::kBuiltinServer;
  const bool changes = entry->effect != "none" && entry->effect != "read";
  if (changes && is_builtin) RETURN_IF_ERROR(RecordRun());
  const RecordStart record = Recorder(entry->server);
  const ServerCall server_call{*entry, *arguments, options_.run_id, record};
  if (const Status ready = server->Prepare(server_call, stop); !ready) {
    const Error error = ready.error().WithContext(fmt::format("{} was not run", fields.tool));
    if (is_builtin) return MakeError(error);
    // A stranger that does not start is no reason to end the run; the model is told.
    RETURN_IF_ERROR(log_->Append(
        audit::MakeEvent(audit::EventKind::kDenied, fields.run_id, fields.call_id,
                         {{"by", "server"},
                          {"reason", std::string(ClipUtf8(error.message, kMaxReasonBytes))},
                          {"server", fields.server},
                          {"tool", fields.tool}})));
    return ErrorResult(error);
  }
  return RunRecorded(fields, approval_digest, *server, server_call, stop);
}

Result<ToolResult> ToolHost::RunRecorded(const policy::ApprovedFields& fields,
                                         const std::string& approval_digest, ToolServer& server,
                                         const ServerCall& call, const std::stop_token& stop) {
  ASSIGN_OR_RETURN(const audit::Event intent,
                   audit::MakeIntent(IntentOf(fields, approval_digest, server.ProgramHash())));
  Result<uint64_t> intent_seq = log_->Append(intent);
  if (!intent_seq) {
    return MakeError(intent_seq.error().WithContext(
        fmt::format("{} was not run, because the audit log can not be written", fields.tool)));
  }
  const int64_t started_us = clock_->MonotonicMicros();
  ToolResult result = server.Call(call, stop);

  audit::OutcomeFields outcome;
  outcome.run_id = fields.run_id;
  outcome.call_id = fields.call_id;
  outcome.intent_seq = *intent_seq;
  outcome.is_error = result.is_error;
  const std::string text = result.ForModel();
  outcome.result = text;
  outcome.duration_us = clock_->MonotonicMicros() - started_us;
  outcome.undo_id = result.undo_id;
  if (const auto recorded = log_->Append(audit::MakeOutcome(outcome)); !recorded) {
    return MakeError(ErrorCode::kInternal,
                     "{} was run ({}), but its outcome could not be written to the audit log: {}",
                     fields.tool, result.summary, recorded.error().message);
  }
  return result;
}

}  // namespace weir::tools
