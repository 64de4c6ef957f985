#include "tools/builtin_server.h"

#include "tools/call_reply.h"
#include "tools/json_fields.h"

namespace weir::tools {

Status BuiltinServer::Prepare(const ServerCall& call, const std::stop_token& /*stop*/) {
  RETURN_IF_ERROR(worker_.Start());
  if (worker_.n_starts() == n_recorded_starts_) return {};
  RETURN_IF_ERROR(call.record(
      fmt::format("{}: {}", sandbox::LevelName(level_), worker_.achieved()->ToString())));
  n_recorded_starts_ = worker_.n_starts();
  return {};
}

Result<Preview> BuiltinServer::PreviewCall(const ServerCall& call, const std::stop_token& stop) {
  RETURN_IF_ERROR(Prepare(call, stop));
  ASSIGN_OR_RETURN(
      const json::Json reply,
      worker_.Request("weir/preview",
                      {{"name", call.entry.definition.name}, {"arguments", call.arguments}}, stop));
  Preview preview;
  preview.is_error = SaysError(reply);
  if (preview.is_error) {
    preview.body = TextBlocks(reply);
    return preview;
  }
  ASSIGN_OR_RETURN(preview.action, StringFieldOr(reply, "action", ""));
  ASSIGN_OR_RETURN(preview.body, StringFieldOr(reply, "body", ""));
  preview.is_exact = true;  // the worker previews the very plan that it commits (tools/plan.h)
  return preview;
}

ToolResult BuiltinServer::Call(const ServerCall& call, const std::stop_token& stop) {
  // The worker stops by itself a little before the host loses patience.
  const int64_t deadline_ms = worker_.deadline().count() * 8 / 10;
  const Result<json::Json> reply =
      worker_.Request("tools/call",
                      {{"name", call.entry.definition.name},
                       {"arguments", call.arguments},
                       {"_meta", {{"weir/run", call.run_id}, {"weir/deadline_ms", deadline_ms}}}},
                      stop);
  if (reply) return ResultOfReply(*reply);
  Error error = reply.error();
  if (call.entry.effect != "none" && call.entry.effect != "read") {
    error.message += "; " + call.entry.definition.name +
                     " either happened or did not, nothing is half done, and weir undo knows of it";
  }
  return ErrorResult(error);
}

}  // namespace weir::tools
