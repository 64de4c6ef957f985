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

ToolResult ErrorResult(const Error& error) {
  ToolResult result;
  result.is_error = true;
  result.summary = error.message;
  result.data = {{"error", ErrorCodeName(error.code)}};
  return result;
}

// The text of an MCP result: all its text blocks.
std::string TextOf(const json::Json& reply) {
  std::string text;
  const auto content = reply.find("content");
  if (content == reply.end() || !content->is_array()) return text;
  for (const json::Json& block : *content) {
    if (StringFieldOr(block, "type", "").value_or("") != "text") continue;
    text += StringFieldOr(block, "text", "").value_or("");
  }
  return text;
}

bool IsError(const json::Json& reply) {
  const auto flag = reply.find("isError");
  return flag != reply.end() && flag->is_boolean() && flag->get<bool>();
}

ToolResult ResultOf(const json::Json& reply) {
  ToolResult result;
  result.is_error = IsError(reply);
  const std::string text = TextOf(reply);
  const size_t end = text.find('\n');
  result.summary = text.substr(0, end);
  if (end != std::string::npos) result.text = text.substr(end + 1);
  if (const auto data = reply.find("structuredContent"); data != reply.end()) result.data = *data;
  if (const auto meta = reply.find("_meta"); meta != reply.end()) {
    result.undo_id = StringFieldOr(*meta, "weir/undo", "").value_or("");
  }
  return result;
}

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

audit::IntentFields IntentOf(const policy::ApprovedFields& fields, const std::string& digest) {
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
  return ToolHost(registry, log, clock, std::move(options), std::move(workspace),
                  WorkerHost(std::move(worker), std::move(workspace_fd), std::move(undo_fd)));
}

Status ToolHost::BeginRun(std::string run_id) {
  if (!IsRunId(run_id)) {
    return MakeError(ErrorCode::kInvalidArgument, "'{}' is not a run id", run_id);
  }
  options_.run_id = std::move(run_id);
  run_recorded_ = false;
  return {};
}

Status ToolHost::StartWorker() { return worker_.Start(); }

Status ToolHost::ReadyWorker() {
  RETURN_IF_ERROR(worker_.Start());
  if (worker_.n_starts() == n_recorded_starts_) return {};
  const std::string level(sandbox::LevelName(options_.sandbox));
  const json::Json data = {{"notice", "sandbox"},
                           {"subject", level + ": " + worker_.achieved()->ToString()}};
  RETURN_IF_ERROR(
      log_->Append(audit::MakeEvent(audit::EventKind::kNotice, options_.run_id, "", data)));
  n_recorded_starts_ = worker_.n_starts();
  return {};
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
  const auto refuse = [&](const Error& error) {
    preview.is_error = true;
    preview.body = error.message;
    return preview;
  };
  if (entry == nullptr || entry->server != call.server) {
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
  RETURN_IF_ERROR(ReadyWorker());
  ASSIGN_OR_RETURN(
      const json::Json reply,
      worker_.Request("weir/preview", {{"name", call.tool}, {"arguments", call.arguments}}, stop));
  if (IsError(reply)) return refuse({ErrorCode::kInvalidArgument, TextOf(reply)});
  ASSIGN_OR_RETURN(const std::string action, StringFieldOr(reply, "action", ""));
  if (!action.empty()) preview.action = EscapeForDisplay(action);
  ASSIGN_OR_RETURN(preview.body, StringFieldOr(reply, "body", ""));
  // Our own worker previews the very plan that it commits (tools/plan.h).
  preview.is_exact = entry->server == policy::kBuiltinServer;
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

Result<json::Json> ToolHost::CheckedArguments(const policy::ApprovedFields& fields) const {
  const ToolEntry* entry = registry_->Find(fields.server, fields.tool);
  CHECK(entry != nullptr);
  if (fields.arguments.size() > kMaxArgumentBytes) {
    return MakeError(TooLarge(*entry, fields.arguments.size()));
  }
  ASSIGN_OR_RETURN(json::Json arguments, json::Parse(fields.arguments));
  ASSIGN_OR_RETURN(const std::string canonical, json::Canonical(arguments));
  if (canonical != fields.arguments) {
    return MakeError(ErrorCode::kInvalidArgument, "the approved arguments of {} are not canonical",
                     fields.tool);
  }
  RETURN_IF_ERROR(registry_->CheckArguments(*entry, arguments));
  return arguments;
}

Result<json::Json> ToolHost::RevealedArguments(const ToolEntry& entry, json::Json arguments) const {
  if (!options_.reveal) return arguments;
  ASSIGN_OR_RETURN(json::Json revealed, options_.reveal(arguments));
  if (revealed == arguments) return arguments;
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

Result<policy::PresentState> ToolHost::Present(const ToolEntry& entry,
                                               const policy::ApprovedFields& fields,
                                               const std::string& policy_hash) const {
  policy::PresentState present;
  present.definition_hash = entry.definition_hash;
  present.policy_hash = policy_hash;
  present.now_us = clock_->UnixMicros();
  if (worker_.achieved()) present.sandbox_profile = worker_.achieved()->profile_hash;
  if (fields.preconditions.empty()) return present;
  ASSIGN_OR_RETURN(const json::Json arguments, json::Parse(fields.arguments));
  ASSIGN_OR_RETURN(present.preconditions, TargetStates(workspace_, entry, arguments));
  return present;
}

Result<ToolResult> ToolHost::Execute(policy::ApprovedCall call, const std::string& policy_hash,
                                     const std::stop_token& stop) {
  const ToolEntry* entry = registry_->Find(call.fields().server, call.fields().tool);
  if (entry == nullptr || entry->server != call.fields().server) {
    return MakeError(ErrorCode::kNotFound, "no tool '{}' of '{}'; nothing was done",
                     call.fields().tool, call.fields().server);
  }
  ASSIGN_OR_RETURN(const policy::PresentState present, Present(*entry, call.fields(), policy_hash));
  const std::string approval_digest = call.digest();
  ASSIGN_OR_RETURN(const policy::ApprovedFields fields, call.Consume(present));
  Result<json::Json> arguments = CheckedArguments(fields);
  if (arguments) arguments = RevealedArguments(*entry, std::move(*arguments));
  if (!arguments) return ErrorResult(arguments.error());
  const bool changes = entry->effect != "none" && entry->effect != "read";
  if (changes) RETURN_IF_ERROR(RecordRun());
  if (const Status ready = ReadyWorker(); !ready) {
    return MakeError(ready.error().WithContext(fmt::format("{} was not run", fields.tool)));
  }

  ASSIGN_OR_RETURN(const audit::Event intent, audit::MakeIntent(IntentOf(fields, approval_digest)));
  Result<uint64_t> intent_seq = log_->Append(intent);
  if (!intent_seq) {
    return MakeError(intent_seq.error().WithContext(
        fmt::format("{} was not run, because the audit log can not be written", fields.tool)));
  }
  const int64_t started_us = clock_->MonotonicMicros();
  ToolResult result = RunInWorker(*entry, *arguments, stop);

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

ToolResult ToolHost::RunInWorker(const ToolEntry& entry, const json::Json& arguments,
                                 const std::stop_token& stop) {
  // The worker stops by itself a little before the host loses patience.
  const int64_t deadline_ms = options_.call_deadline.count() * 8 / 10;
  const Result<json::Json> reply = worker_.Request(
      "tools/call",
      {{"name", entry.definition.name},
       {"arguments", arguments},
       {"_meta", {{"weir/run", options_.run_id}, {"weir/deadline_ms", deadline_ms}}}},
      stop);
  if (reply) return ResultOf(*reply);
  Error error = reply.error();
  if (entry.effect != "none" && entry.effect != "read") {
    error.message += "; " + entry.definition.name +
                     " either happened or did not, nothing is half done, and weir undo knows of it";
  }
  return ErrorResult(error);
}

}  // namespace weir::tools
