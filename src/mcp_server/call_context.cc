#include "mcp_server/call_context.h"

#include <utility>

#include "mcp/protocol.h"

namespace weir::mcp_server {

std::string CapabilityFor(std::string_view method) {
  return std::string(method.substr(0, method.find('/')));
}

McpServer::Context::Context(Outlet& outlet, const std::string& principal,
                            const std::stop_token& stop, const json::Json& params)
    : outlet_(outlet), principal_(principal), stop_(stop) {
  if (!params.is_object()) return;
  const auto meta = params.find("_meta");
  if (meta == params.end() || !meta->is_object()) return;
  const auto token = meta->find("progressToken");
  if (token != meta->end() && (token->is_string() || token->is_number_integer())) {
    progress_token_ = *token;
  }
  if (const auto level = meta->find(mcp::kMetaLogLevel);
      level != meta->end() && level->is_string()) {
    log_level_ = LogLevelFromName(level->get<std::string>());
  }
}

void McpServer::Context::BeginHandshake(HandshakeSession& session) {
  session_ = &session;
  capabilities_ = session.client_capabilities();
}

std::optional<mcp::RpcError> McpServer::Context::BeginStateless(
    const mcp::Request& request, const json::Json& client_capabilities, const StateSealer& sealer) {
  capabilities_ = client_capabilities;
  if (request.method.starts_with("tasks/")) return std::nullopt;
  const json::Json& params = request.params;
  if (const auto responses = params.find("inputResponses"); responses != params.end()) {
    if (!responses->is_object()) return InvalidParams("\"inputResponses\" must be an object");
    for (const auto& [key, response] : responses->items()) {
      if (!response.is_object()) {
        return InvalidParams("each of \"inputResponses\" must be an object");
      }
    }
    input_responses_ = *responses;
  }
  if (const auto sealed = params.find("requestState"); sealed != params.end()) {
    if (!sealed->is_string()) return InvalidParams("\"requestState\" must be a text");
    Result<json::Json> state =
        sealer.Open({request.method, params, principal_}, sealed->get<std::string>());
    if (!state) return InvalidParams(state.error().message);
    state_ = std::move(*state);
  }
  return std::nullopt;
}

void McpServer::Context::Progress(double progress, std::optional<double> total,
                                  std::string_view text) {
  if (progress_token_.is_null() || progress <= last_progress_) return;
  last_progress_ = progress;
  json::Json params = {{"progressToken", progress_token_}, {"progress", progress}};
  if (total) params["total"] = *total;
  if (!text.empty()) params["message"] = text;
  outlet_.Send(mcp::Notification{.method = "notifications/progress", .params = std::move(params)});
}

void McpServer::Context::Log(std::string_view level, json::Json data) {
  const std::optional<size_t> least = session_ != nullptr ? session_->log_level() : log_level_;
  const std::optional<size_t> own = LogLevelFromName(level);
  if (!least || !own || *own < *least) return;
  outlet_.Send(mcp::Notification{.method = "notifications/message",
                                 .params = {{"level", level}, {"data", std::move(data)}}});
}

Result<std::map<std::string, json::Json>> McpServer::Context::AskAll(
    std::map<std::string, json::Json> requests) {
  if (session_ == nullptr) {
    return MakeError(ErrorCode::kUnsupported,
                     "nothing can be asked in the middle of a request of revision {}",
                     mcp::kStatelessVersion);
  }
  std::map<std::string, json::Json> answers;
  for (auto& [key, request] : requests) {
    const auto method = request.value("method", "");
    if (!ClientCan(CapabilityFor(method))) {
      return MakeError(ErrorCode::kUnsupported, "the client does not do {}", method);
    }
    ASSIGN_OR_RETURN(answers[key], session_->Ask(outlet_, method, std::move(request["params"]),
                                                 kAskTimeout, stop_));
  }
  return answers;
}

}  // namespace weir::mcp_server
