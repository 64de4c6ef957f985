#include "mcp_client/client.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/clock.h"
#include "base/printable.h"
#include "mcp/protocol.h"
#include "mcp_client/server_requests.h"

namespace weir::mcp_client {
namespace {

int64_t TotalDeadline(const CallOptions& options) {
  return SystemClock().MonotonicMicros() + options.total.count() * 1000;
}

json::Json DeclaredCapabilities(const ClientHandlers& handlers, const ClientOptions& options) {
  json::Json capabilities = CapabilitiesOf(handlers.support());
  if (options.tasks) capabilities["extensions"][mcp::kTasksExtension] = json::Json::object();
  return capabilities;
}

// The handshake era knows no extensions.
json::Json HandshakeCapabilities(json::Json capabilities) {
  capabilities.erase("extensions");
  return capabilities;
}

}  // namespace

Client::Client(std::unique_ptr<Transport> transport, ClientHandlers* handlers,
               ClientOptions options)
    : no_handlers_(handlers == nullptr ? std::make_unique<ClientHandlers>() : nullptr),
      handlers_(handlers == nullptr ? *no_handlers_ : *handlers),
      options_(std::move(options)),
      capabilities_(DeclaredCapabilities(handlers_, options_)),
      connection_(std::move(transport), handlers_,
                  [this](const mcp::Notification& told) { OnNotification(told); }) {}

Client::~Client() { Close(); }

void Client::Close() {
  {
    const std::lock_guard lock(watching_);
    watcher_ = {};
  }
  connection_.Close();
}

Status Client::Connect(const std::stop_token& stop) {
  ASSIGN_OR_RETURN(Agreement agreement, Negotiate(connection_, options_, capabilities_, stop));
  const bool sets_level =
      !agreement.stateless && !options_.log_level.empty() && agreement.server.Has("logging");
  {
    const std::lock_guard lock(mutex_);
    agreement_ = std::move(agreement);
  }
  if (!sets_level) return {};
  return SetLogLevel(options_.log_level, {.total = options_.connect, .stop = stop});
}

bool Client::stateless() const {
  const std::lock_guard lock(mutex_);
  return agreement_.stateless;
}

std::string Client::version() const {
  const std::lock_guard lock(mutex_);
  return agreement_.version;
}

ServerInfo Client::server() const {
  const std::lock_guard lock(mutex_);
  return agreement_.server;
}

Status Client::RenewSession(uint64_t generation, int64_t deadline_us,
                            const std::stop_token& stop) {
  const std::lock_guard renewing(renewing_);
  {
    const std::lock_guard lock(mutex_);
    // Another call has done it in the meantime.
    if (session_generation_ != generation) return {};
  }
  const int64_t left_us = deadline_us - SystemClock().MonotonicMicros();
  const WaitLimits limits{.idle_us = std::max<int64_t>(left_us, 0),
                          .deadline_us = deadline_us,
                          .stop = stop,
                          .on_progress = {}};
  ASSIGN_OR_RETURN(Agreement agreement,
                   Initialize(connection_, options_, HandshakeCapabilities(capabilities_), limits));
  const std::lock_guard lock(mutex_);
  agreement_ = std::move(agreement);
  ++session_generation_;
  kept_lists_.clear();
  return {};
}

Result<Client::Reply> Client::Ask(const std::string& method, const json::Json& params,
                                  const net::HttpHeaders& headers, const CallOptions& options,
                                  int64_t deadline_us, size_t* wire_bytes) {
  const WaitLimits limits{.idle_us = options.idle.count() * 1000,
                          .deadline_us = deadline_us,
                          .stop = options.stop,
                          .on_progress = options.on_progress};
  for (bool renewed = false;; renewed = true) {
    bool is_stateless = false;
    uint64_t generation = 0;
    {
      const std::lock_guard lock(mutex_);
      is_stateless = agreement_.stateless;
      generation = session_generation_;
    }
    CallOutcome outcome = connection_.Call(
        method, is_stateless ? WithMeta(params, options_, capabilities_) : params, headers, limits);
    if (wire_bytes != nullptr) *wire_bytes = outcome.wire_bytes;
    if (outcome.response && outcome.response->ok()) {
      return Reply(std::get<json::Json>(std::move(outcome.response->outcome)));
    }
    if (outcome.response) return Reply(outcome.response->error());
    // The server has not looked at a request of a session that it does not know.
    if (!outcome.failure.session_lost || renewed) {
      return MakeError(outcome.failure.error.WithContext(method));
    }
    RETURN_IF_ERROR(RenewSession(generation, deadline_us, options.stop));
  }
}

Result<json::Json> Client::AskPlainly(const std::string& method, const json::Json& params,
                                      const CallOptions& options) {
  ASSIGN_OR_RETURN(Reply reply, Ask(method, params, {}, options, TotalDeadline(options)));
  if (const auto* error = std::get_if<mcp::RpcError>(&reply)) {
    return MakeError(ErrorOf(method, *error));
  }
  return std::get<json::Json>(std::move(reply));
}

Status Client::CheckHandshakeEra(std::string_view method) const {
  const std::lock_guard lock(mutex_);
  if (!agreement_.stateless) return {};
  return MakeError(ErrorCode::kUnsupported, "{} is no method of revision {}", method,
                   agreement_.version);
}

Status Client::Ping(const CallOptions& options) {
  RETURN_IF_ERROR(CheckHandshakeEra("ping"));
  RETURN_IF_ERROR(AskPlainly("ping", nullptr, options));
  return {};
}

Status Client::SubscribeResource(const std::string& uri, const CallOptions& options) {
  RETURN_IF_ERROR(CheckHandshakeEra("resources/subscribe"));
  RETURN_IF_ERROR(AskPlainly("resources/subscribe", {{"uri", uri}}, options));
  return {};
}

Status Client::UnsubscribeResource(const std::string& uri, const CallOptions& options) {
  RETURN_IF_ERROR(CheckHandshakeEra("resources/unsubscribe"));
  RETURN_IF_ERROR(AskPlainly("resources/unsubscribe", {{"uri", uri}}, options));
  return {};
}

Status Client::SetLogLevel(const std::string& level, const CallOptions& options) {
  RETURN_IF_ERROR(CheckHandshakeEra("logging/setLevel"));
  RETURN_IF_ERROR(AskPlainly("logging/setLevel", {{"level", level}}, options));
  return {};
}

Result<Client::Reply> Client::CallToolOnce(const std::string& name, const json::Json& arguments,
                                           const CallOptions& options) {
  net::HttpHeaders headers;
  if (connection_.is_http()) {
    const std::lock_guard lock(mutex_);
    const auto params = header_params_.find(name);
    if (agreement_.stateless && params != header_params_.end()) {
      headers = HeadersOfArguments(params->second, arguments);
    }
  }
  return AskInRounds("tools/call", {{"name", name}, {"arguments", arguments}}, headers, options);
}

Result<CallToolResult> Client::CallTool(const std::string& name, const json::Json& arguments,
                                        const CallOptions& options) {
  bool must_list = false;
  {
    const std::lock_guard lock(mutex_);
    must_list = connection_.is_http() && agreement_.stateless && !tools_listed_;
  }
  if (must_list) RETURN_IF_ERROR(ListTools(options));
  ASSIGN_OR_RETURN(Reply reply, CallToolOnce(name, arguments, options));
  const auto* error = std::get_if<mcp::RpcError>(&reply);
  if (error != nullptr && error->code == mcp::error_code::kHeaderMismatch) {
    // The definition has changed; nothing has been done.
    CallOptions fresh = options;
    fresh.fresh = true;
    RETURN_IF_ERROR(ListTools(fresh));
    ASSIGN_OR_RETURN(reply, CallToolOnce(name, arguments, options));
    error = std::get_if<mcp::RpcError>(&reply);
  }
  if (error != nullptr) return MakeError(ErrorOf("tools/call", *error));
  return ParseCallToolResult(std::get<json::Json>(std::move(reply)));
}

Result<ReadResourceResult> Client::ReadResource(const std::string& uri,
                                                const CallOptions& options) {
  ASSIGN_OR_RETURN(Reply reply, AskInRounds("resources/read", {{"uri", uri}}, {}, options));
  if (const auto* error = std::get_if<mcp::RpcError>(&reply)) {
    return MakeError(ErrorOf("resources/read", *error));
  }
  return ParseReadResourceResult(std::get<json::Json>(std::move(reply)));
}

Result<GetPromptResult> Client::GetPrompt(const std::string& name, const json::Json& arguments,
                                          const CallOptions& options) {
  json::Json params{{"name", name}};
  if (arguments.is_object() && !arguments.empty()) params["arguments"] = arguments;
  ASSIGN_OR_RETURN(Reply reply, AskInRounds("prompts/get", std::move(params), {}, options));
  if (const auto* error = std::get_if<mcp::RpcError>(&reply)) {
    return MakeError(ErrorOf("prompts/get", *error));
  }
  return ParseGetPromptResult(std::get<json::Json>(std::move(reply)));
}

Result<CompletionResult> Client::Complete(const json::Json& reference, const std::string& argument,
                                          const std::string& value, const CallOptions& options) {
  const json::Json params{{"ref", reference},
                          {"argument", {{"name", argument}, {"value", value}}}};
  ASSIGN_OR_RETURN(const json::Json result, AskPlainly("completion/complete", params, options));
  return ParseCompletionResult(result);
}

}  // namespace weir::mcp_client
