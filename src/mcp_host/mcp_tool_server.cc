#include "mcp_host/mcp_tool_server.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/crypto.h"
#include "catalog/definition.h"
#include "changes/history.h"
#include "mcp_host/call_result.h"

namespace weir::mcp_host {
namespace {

// Names what an approval is bound to beside paths; no workspace path begins with "/".
constexpr const char* kChangesTarget = "/previewed changes";

bool Writes(const tools::ToolEntry& entry) {
  return entry.effect == "write" || entry.effect == "delete";
}

std::string PreviewBody(const tools::ViewPreview& preview, const tools::ToolResult& result) {
  std::string body = fmt::format("{}\n", fmt::join(preview.rendering.lines, "\n"));
  if (preview.changes.empty()) body = "It changes nothing in the workspace.\n";
  if (!preview.rendering.diff.empty()) body += "\n" + preview.rendering.diff;
  return body + "\nIt answered: " + result.summary;
}

}  // namespace

McpToolServer::McpToolServer(McpToolServerOptions options)
    : options_(std::move(options)), session_(options_.session) {}

McpToolServer::~McpToolServer() = default;

Result<std::string> McpToolServer::ProfileHash() const {
  const catalog::ServerConfig& config = options_.session.config;
  // Where it runs elsewhere, an approval is bound to that place.
  if (!config.is_program()) return Sha256Hex("url " + config.url);
  return sandbox::ProfileHash(options_.session.plan.profile);
}

bool McpToolServer::WorksInView(const tools::ToolEntry& entry) const {
  const catalog::ServerConfig& config = options_.session.config;
  return Writes(entry) && config.is_program() && !config.sandbox.has_network &&
         config.sandbox.writable.empty() && options_.session.plan.profile.read_only_mounts &&
         why_no_view_.empty();
}

bool McpToolServer::IsPending(const tools::ToolEntry& entry, const json::Json& arguments) const {
  return pending_ && pending_->tool == entry.tool && pending_->arguments == arguments;
}

std::vector<policy::Precondition> McpToolServer::Present(const tools::ToolEntry& entry,
                                                         const json::Json& arguments) const {
  if (!IsPending(entry, arguments)) return {};
  return {{kChangesTarget, pending_->preview.digest}};
}

Status McpToolServer::CheckPinned(const std::string& tool,
                                  const std::vector<mcp_client::ToolDescription>& listed) {
  const std::string& server = options_.session.config.name;
  const auto found =
      std::find_if(listed.begin(), listed.end(), [&](const auto& one) { return one.name == tool; });
  std::string why;
  if (found == listed.end()) {
    why = fmt::format("MCP server '{}' no longer has the tool '{}'", server, tool);
  } else {
    ASSIGN_OR_RETURN(const catalog::Definition live, catalog::ReadDefinition(found->raw));
    const catalog::Pins pins{{{server, options_.pins}}};
    why = catalog::PinReason(catalog::StateOf(pins, server, ProgramHash(), live), {server, tool});
  }
  if (why.empty()) return {};
  quarantined_[tool] = why;
  return MakeError(ErrorCode::kPermissionDenied, "{}", why);
}

Status McpToolServer::RunInView(const tools::ServerCall& call, const std::stop_token& stop) {
  pending_.reset();
  const catalog::ServerConfig& config = options_.session.config;
  const ServerPlan& plan = options_.session.plan;
  sandbox::SandboxProfile profile = plan.profile;
  profile.writable.push_back({.path = options_.workspace});
  StderrRing words;
  ASSIGN_OR_RETURN(UniqueFd stderr_end, words.Open());
  ASSIGN_OR_RETURN(tools::ViewRun run, tools::ViewRun::Start({.state_folder = options_.state_folder,
                                                              .workspace = options_.workspace,
                                                              .profile = std::move(profile),
                                                              .argv = plan.command.argv,
                                                              .stderr_fd = stderr_end.get()}));
  stderr_end.reset();
  RETURN_IF_ERROR(call.record(fmt::format("in a view: {}; program sha256 {}",
                                          run.achieved().ToString(), plan.program_hash)));
  ASSIGN_OR_RETURN(const std::unique_ptr<mcp_client::Client> client,
                   ConnectOverStdio(run.process().TakeStdin(), run.process().TakeStdout(),
                                    options_.session.handlers, config, stop));
  ASSIGN_OR_RETURN(const mcp_client::ToolList listed, client->ListTools(TimesOf(config, stop)));
  RETURN_IF_ERROR(CheckPinned(call.entry.tool, listed.tools));
  const Result<mcp_client::CallToolResult> answer =
      client->CallTool(call.entry.tool, call.arguments, TimesOf(config, stop));
  client->Close();
  tools::ToolResult result = ResultOf(call.entry.tool, answer);
  ASSIGN_OR_RETURN(tools::ViewPreview preview, run.Finish());
  pending_.emplace(Pending{call.entry.tool, call.arguments, std::move(run), std::move(preview),
                           std::move(result)});
  return {};
}

Result<tools::Preview> McpToolServer::PreviewCall(const tools::ServerCall& call,
                                                  const std::stop_token& stop) {
  const std::string& server = options_.session.config.name;
  tools::Preview preview;
  RETURN_IF_ERROR(schemas_.CheckArguments(call.entry.tool, call.arguments));
  if (WorksInView(call.entry)) {
    const Status ran = RunInView(call, stop);
    if (!ran && ran.error().code == ErrorCode::kUnsupported) {
      why_no_view_ = ran.error().message;
    } else if (!ran) {
      return MakeError(ran.error().WithContext(fmt::format("MCP server '{}'", server)));
    }
  }
  if (IsPending(call.entry, call.arguments)) {
    if (pending_->result.is_error) {
      preview.is_error = true;
      preview.body = pending_->result.ForModel();
      pending_.reset();
      return preview;
    }
    preview.body = PreviewBody(pending_->preview, pending_->result);
    preview.is_exact = pending_->preview.can_commit();
    preview.preconditions = Present(call.entry, call.arguments);
    return preview;
  }
  preview.body = fmt::format("MCP server '{}' runs this, and it can not be previewed.", server);
  if (!why_no_view_.empty()) preview.body += " (" + why_no_view_ + ")";
  return preview;
}

Status McpToolServer::Prepare(const tools::ServerCall& call, const std::stop_token& stop) {
  RETURN_IF_ERROR(schemas_.CheckArguments(call.entry.tool, call.arguments));
  if (IsPending(call.entry, call.arguments)) return {};
  if (WorksInView(call.entry)) {
    const Status ran = RunInView(call, stop);
    if (ran || ran.error().code != ErrorCode::kUnsupported) return ran;
    why_no_view_ = ran.error().message;
  }
  RETURN_IF_ERROR(session_.Start(call.record, stop));
  ASSIGN_OR_RETURN(const std::vector<mcp_client::ToolDescription>* listed, session_.Tools(stop));
  return CheckPinned(call.entry.tool, *listed);
}

tools::ToolResult McpToolServer::ResultOf(const std::string& tool,
                                          const Result<mcp_client::CallToolResult>& answer) const {
  const std::string& server = options_.session.config.name;
  if (!answer) return ServerErrorResult(server, answer.error());
  const Status fits = schemas_.CheckResult(tool, answer->structured_content, answer->is_error);
  if (!fits) return ServerErrorResult(server, fits.error());
  return MakeToolResult(server, answer->content, answer->structured_content, answer->is_error);
}

tools::ToolResult McpToolServer::CommitPending(const std::string& run_id) {
  const std::string& server = options_.session.config.name;
  const Pending pending = std::move(*pending_);
  pending_.reset();
  if (pending.result.is_error || pending.preview.changes.empty()) return pending.result;
  Result<changes::History> history =
      changes::History::Open(options_.state_folder, *options_.session.clock);
  if (!history) return ServerErrorResult(server, history.error());
  const Result<changes::CommitReport> report =
      pending.run.Commit(*history, run_id, pending.preview.digest);
  if (!report) return ServerErrorResult(server, report.error());
  if (!report->committed) {
    std::vector<std::string> paths;
    for (const changes::Conflict& conflict : report->conflicts) paths.push_back(conflict.path);
    return ServerErrorResult(
        server, {ErrorCode::kPermissionDenied,
                 fmt::format("nothing was changed, because these are no longer as they were "
                             "previewed: {}",
                             fmt::join(paths, ", "))});
  }
  tools::ToolResult result = pending.result;
  result.undo_id = run_id;
  return result;
}

tools::ToolResult McpToolServer::Call(const tools::ServerCall& call, const std::stop_token& stop) {
  if (IsPending(call.entry, call.arguments)) return CommitPending(call.run_id);
  return ResultOf(call.entry.tool, session_.Call(call.entry.tool, call.arguments, stop));
}

void McpToolServer::Stop() {
  pending_.reset();
  session_.Stop();
}

}  // namespace weir::mcp_host
