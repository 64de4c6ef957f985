#include "mcp_server/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include "base/log.h"
#include "mcp/protocol.h"
#include "mcp_server/call_context.h"

namespace weir::mcp_server {
namespace {

using mcp::RpcError;

// How long a client may keep what it was told, in milliseconds. Lists change by notification only.
constexpr int64_t kListTtlMs = 60'000;

constexpr auto kCacheable = std::to_array<std::string_view>(
    {"server/discover", "tools/list", "prompts/list", "resources/list", "resources/templates/list",
     "resources/read"});
constexpr auto kMayNeedInput =
    std::to_array<std::string_view>({"tools/call", "prompts/get", "resources/read"});

bool IsOneOf(std::string_view method, const auto& list) {
  return std::ranges::find(list, method) != list.end();
}

RpcError MethodNotFound(const std::string& method) {
  return {mcp::error_code::kMethodNotFound, fmt::format("there is no method '{}'", method)};
}

// The text member, or empty and an error.
std::optional<RpcError> TakeText(const json::Json& params, const char* name, std::string* text) {
  const auto found = params.is_object() ? params.find(name) : params.end();
  if (found == params.end() || !found->is_string()) {
    return InvalidParams(fmt::format("\"{}\" must be a text", name));
  }
  *text = found->get<std::string>();
  return std::nullopt;
}

// The entry of a list with that name.
const json::Json* FindNamed(const json::Json& list, const std::string& name) {
  for (const json::Json& item : list) {
    if (item.value("name", "") == name) return &item;
  }
  return nullptr;
}

// The lists are short: there is one page, and no cursor leads anywhere.
Outcome OnePage(const char* member, json::Json list, const json::Json& params) {
  if (params.is_object() && params.contains("cursor")) {
    return InvalidParams("this cursor was not given out; begin without one");
  }
  return json::Json{{member, std::move(list)}};
}

int HttpStatusOf(const RpcError& error) {
  switch (error.code) {
    case mcp::error_code::kMethodNotFound:
      return 404;
    case mcp::error_code::kHeaderMismatch:
    case mcp::error_code::kMissingClientCapability:
    case mcp::error_code::kUnsupportedProtocolVersion:
      return 400;
    default:
      return 200;
  }
}

bool KnowsTasks(const json::Json& capabilities) {
  const auto extensions = capabilities.find("extensions");
  return extensions != capabilities.end() && extensions->is_object() &&
         extensions->contains(mcp::kTasksExtension);
}

json::Json TasksCapability() {
  return {{"extensions", {{mcp::kTasksExtension, json::Json::object()}}}};
}

Reply Refusal(const mcp::Request& request, RpcError error, int http_status) {
  return {{.id = request.id, .outcome = std::move(error)}, http_status};
}

}  // namespace

mcp::Response ErrorResponse(std::optional<mcp::RequestId> id, int code, std::string message) {
  return {.id = std::move(id), .outcome = RpcError{code, std::move(message)}};
}

McpServer::McpServer(Features features, const Clock* clock)
    : features_(std::move(features)), sealer_(clock), tasks_(clock) {}

json::Json McpServer::ServerInfo() const {
  return {{"name", features_.name}, {"version", features_.version}};
}

json::Json McpServer::Capabilities(Era era) const {
  json::Json out = json::Json::object();
  if (features_.tools != nullptr) {
    out["tools"] = {{"listChanged", features_.tools->list_changes()}};
  }
  if (features_.resources != nullptr) {
    out["resources"] = {{"subscribe", features_.resources->can_subscribe()},
                        {"listChanged", false}};
  }
  if (features_.prompts != nullptr) {
    out["prompts"] = {{"listChanged", features_.prompts->list_changes()}};
  }
  if (features_.completion != nullptr) out["completions"] = json::Json::object();
  if (features_.logging) out["logging"] = json::Json::object();
  if (features_.tasks && era == Era::kStateless) out.update(TasksCapability());
  return out;
}

// ---- the stateless era ----

std::variant<StatelessMeta, Reply> McpServer::CheckMeta(const mcp::Request& request) {
  const json::Json meta =
      request.params.is_object() ? request.params.value("_meta", json::Json()) : json::Json();
  const auto missing = [&](std::string_view name, const char* type) {
    return Refusal(
        request, InvalidParams(fmt::format("params._meta must have \"{}\", {}", name, type)), 400);
  };
  if (!meta.is_object()) return missing(mcp::kMetaProtocolVersion, "a text");
  const auto version = meta.find(mcp::kMetaProtocolVersion);
  if (version == meta.end() || !version->is_string()) {
    return missing(mcp::kMetaProtocolVersion, "a text");
  }
  const auto capabilities = meta.find(mcp::kMetaClientCapabilities);
  if (capabilities == meta.end() || !capabilities->is_object()) {
    return missing(mcp::kMetaClientCapabilities, "an object");
  }
  StatelessMeta out{version->get<std::string>(), *capabilities};
  if (out.version != mcp::kStatelessVersion) {
    return Refusal(
        request,
        {mcp::error_code::kUnsupportedProtocolVersion,
         fmt::format("this server speaks revision {}", mcp::kStatelessVersion),
         {{"supported", json::Json::array({mcp::kStatelessVersion})}, {"requested", out.version}}},
        400);
  }
  return out;
}

json::Json McpServer::Discover() const {
  json::Json result = {{"supportedVersions", json::Json::array({mcp::kStatelessVersion})},
                       {"capabilities", Capabilities(Era::kStateless)}};
  if (!features_.instructions.empty()) result["instructions"] = features_.instructions;
  return result;
}

Reply McpServer::ServeStateless(const mcp::Request& request, const StatelessMeta& meta,
                                const std::string& principal, Outlet& outlet,
                                const std::stop_token& stop) {
  Context context(outlet, principal, stop, request.params);
  if (std::optional<RpcError> error =
          context.BeginStateless(request, meta.client_capabilities, sealer_)) {
    return Refusal(request, std::move(*error), 200);
  }
  std::optional<Served> served = ServeTaskMethod(request, meta, principal);
  if (!served && request.method == "server/discover") {
    served = FinishStateless(Discover(), request, meta, context);
  }
  if (!served) {
    std::optional<Outcome> outcome = Dispatch(request.method, request.params, context);
    if (!outcome) outcome = MethodNotFound(request.method);
    served = FinishStateless(std::move(*outcome), request, meta, context);
  }
  if (auto* error = std::get_if<RpcError>(&served->answer)) {
    const int status = HttpStatusOf(*error);
    return Refusal(request, std::move(*error), status);
  }
  return {{.id = request.id, .outcome = std::move(std::get<json::Json>(served->answer))}, 200};
}

McpServer::Served McpServer::FinishStateless(Outcome outcome, const mcp::Request& request,
                                             const StatelessMeta& meta, Context& context) {
  if (auto* background = std::get_if<Background>(&outcome)) {
    if (features_.tasks && KnowsTasks(meta.client_capabilities)) {
      return {tasks_.Start(std::move(*background), context.principal(), meta.client_capabilities)};
    }
    if (background->needs_task) return {MissingCapability(TasksCapability())};
    outcome = RunHere(std::move(outcome), context);
  }
  json::Json result;
  if (auto* needed = std::get_if<InputRequired>(&outcome)) {
    if (!IsOneOf(request.method, kMayNeedInput)) {
      return {RpcError{mcp::error_code::kInternalError, "this method can not ask for input"}};
    }
    for (const auto& [key, wanted] : needed->requests.items()) {
      const std::string capability = CapabilityFor(wanted.value("method", ""));
      if (!context.ClientCan(capability)) {
        return {MissingCapability({{capability, json::Json::object()}})};
      }
    }
    result = {{"resultType", "input_required"}, {"inputRequests", std::move(needed->requests)}};
    if (!needed->state.is_null()) {
      result["requestState"] =
          sealer_.Seal({request.method, request.params, context.principal()}, needed->state);
    }
  } else if (auto* complete = std::get_if<json::Json>(&outcome)) {
    result = std::move(*complete);
    result["resultType"] = "complete";
    if (IsOneOf(request.method, kCacheable)) {
      result["ttlMs"] = kListTtlMs;
      result["cacheScope"] = "private";
    }
  } else {
    return {std::move(std::get<RpcError>(outcome))};
  }
  result["_meta"][mcp::kMetaServerInfo] = ServerInfo();
  return {std::move(result)};
}

std::optional<McpServer::Served> McpServer::ServeTaskMethod(const mcp::Request& request,
                                                            const StatelessMeta& meta,
                                                            const std::string& principal) {
  const std::string& method = request.method;
  const bool known = method == "tasks/get" || method == "tasks/update" || method == "tasks/cancel";
  if (!features_.tasks || !known) return std::nullopt;
  if (!KnowsTasks(meta.client_capabilities)) return Served{MissingCapability(TasksCapability())};
  std::string id;
  if (std::optional<RpcError> error = TakeText(request.params, "taskId", &id)) {
    return Served{std::move(*error)};
  }
  TaskStore::Answer answer = json::Json();
  if (method == "tasks/get") {
    answer = tasks_.Get(id, principal);
  } else if (method == "tasks/cancel") {
    answer = tasks_.Cancel(id, principal);
  } else {
    answer = tasks_.Update(id, principal, request.params.value("inputResponses", json::Json()));
  }
  if (auto* result = std::get_if<json::Json>(&answer)) (*result)["resultType"] = "complete";
  return Served{std::move(answer)};
}

// ---- the handshake era ----

McpServer::Served McpServer::Initialize(const json::Json& params, HandshakeSession& session) const {
  std::string wanted;
  if (std::optional<RpcError> error = TakeText(params, "protocolVersion", &wanted)) {
    return {std::move(*error)};
  }
  const json::Json capabilities = params.value("capabilities", json::Json());
  if (!capabilities.is_object()) return {InvalidParams("\"capabilities\" must be an object")};
  std::string version(mcp::IsHandshakeVersion(wanted) ? wanted : mcp::kLatestHandshakeVersion);
  if (!session.Agree(version, capabilities)) {
    return {RpcError{mcp::error_code::kInvalidRequest, "the session was initialized before"}};
  }
  json::Json result = {{"protocolVersion", std::move(version)},
                       {"capabilities", Capabilities(Era::kHandshake)},
                       {"serverInfo", ServerInfo()}};
  if (!features_.instructions.empty()) result["instructions"] = features_.instructions;
  return {std::move(result)};
}

std::optional<McpServer::Served> McpServer::ServeSessionMethod(const mcp::Request& request,
                                                               HandshakeSession& session) {
  const std::string& method = request.method;
  if (method == "ping") return Served{json::Json::object()};
  if (method == "initialize") return Initialize(request.params, session);
  if (session.version().empty()) {
    return Served{RpcError{mcp::error_code::kInvalidRequest,
                           "begin with initialize, or say the revision in params._meta"}};
  }
  if (method == "logging/setLevel" && features_.logging) {
    std::string name;
    if (auto error = TakeText(request.params, "level", &name)) return Served{std::move(*error)};
    const std::optional<size_t> level = LogLevelFromName(name);
    if (!level) return Served{InvalidParams(fmt::format("there is no level '{}'", name))};
    session.SetLogLevel(*level);
    return Served{json::Json::object()};
  }
  const bool subscribes = method == "resources/subscribe";
  if ((subscribes || method == "resources/unsubscribe") && features_.resources != nullptr &&
      features_.resources->can_subscribe()) {
    std::string uri;
    if (auto error = TakeText(request.params, "uri", &uri)) return Served{std::move(*error)};
    if (!subscribes) {
      session.Unsubscribe(uri);
    } else if (!session.Subscribe(uri)) {
      return Served{RpcError{mcp::error_code::kInternalError, "too many subscriptions"}};
    }
    return Served{json::Json::object()};
  }
  return std::nullopt;
}

Reply McpServer::ServeHandshake(const mcp::Request& request, HandshakeSession& session,
                                Outlet& outlet, const std::stop_token& stop) {
  if (std::optional<Served> served = ServeSessionMethod(request, session)) {
    if (auto* error = std::get_if<RpcError>(&served->answer)) {
      return Refusal(request, std::move(*error), 200);
    }
    return {{.id = request.id, .outcome = std::move(std::get<json::Json>(served->answer))}, 200};
  }
  Context context(outlet, session.principal(), stop, request.params);
  context.BeginHandshake(session);
  std::optional<Outcome> outcome = Dispatch(request.method, request.params, context);
  if (!outcome) return Refusal(request, MethodNotFound(request.method), 200);
  outcome = RunHere(std::move(*outcome), context);
  if (auto* result = std::get_if<json::Json>(&*outcome)) {
    return {{.id = request.id, .outcome = std::move(*result)}, 200};
  }
  if (auto* error = std::get_if<RpcError>(&*outcome)) {
    return Refusal(request, std::move(*error), 200);
  }
  return Refusal(request,
                 {mcp::error_code::kInternalError, "this needs a client of revision 2026-07-28"},
                 200);
}

void McpServer::Notify(const mcp::Notification& notification, InFlight& in_flight) {
  if (notification.method != "notifications/cancelled" || !notification.params.is_object()) return;
  const auto id = notification.params.find("requestId");
  if (id == notification.params.end()) return;
  if (const std::optional<mcp::RequestId> request = mcp::RequestIdFromJson(*id)) {
    in_flight.Cancel(*request);
  }
}

// ---- both eras ----

// Work of the background, done while the client waits.
Outcome McpServer::RunHere(Outcome outcome, Context& context) {
  auto* background = std::get_if<Background>(&outcome);
  if (background == nullptr) return outcome;
  if (background->needs_task) return MissingCapability(TasksCapability());
  Outcome done = background->work(context);
  if (std::holds_alternative<Background>(done)) {
    return RpcError{mcp::error_code::kInternalError, "work that never ends"};
  }
  return done;
}

std::optional<Outcome> McpServer::Dispatch(const std::string& method, const json::Json& params,
                                           Context& context) const {
  try {
    if (features_.tools != nullptr) {
      if (method == "tools/list") return OnePage("tools", features_.tools->List(), params);
      if (method == "tools/call") return CallTool(params, context);
    }
    if (features_.resources != nullptr) {
      if (method == "resources/list") {
        return OnePage("resources", features_.resources->List(), params);
      }
      if (method == "resources/templates/list") {
        return OnePage("resourceTemplates", features_.resources->Templates(), params);
      }
      if (method == "resources/read") return ReadResource(params, context);
    }
    if (features_.prompts != nullptr) {
      if (method == "prompts/list") return OnePage("prompts", features_.prompts->List(), params);
      if (method == "prompts/get") return GetPrompt(params, context);
    }
    if (features_.completion != nullptr && method == "completion/complete") {
      return Complete(params);
    }
  } catch (const std::exception& error) {
    Log(LogLevel::kError, fmt::format("mcp_server: method={} exception={}", method, error.what()));
    return RpcError{mcp::error_code::kInternalError, "internal error"};
  }
  return std::nullopt;
}

Outcome McpServer::CallTool(const json::Json& params, Context& context) const {
  std::string name;
  if (std::optional<RpcError> error = TakeText(params, "name", &name)) return std::move(*error);
  const json::Json arguments = params.value("arguments", json::Json::object());
  if (!arguments.is_object()) return InvalidParams("\"arguments\" must be an object");
  if (FindNamed(features_.tools->List(), name) == nullptr) {
    return InvalidParams(fmt::format("there is no tool '{}'", name));
  }
  return features_.tools->Call(name, arguments, context);
}

Outcome McpServer::GetPrompt(const json::Json& params, Context& context) const {
  std::string name;
  if (std::optional<RpcError> error = TakeText(params, "name", &name)) return std::move(*error);
  const json::Json arguments = params.value("arguments", json::Json::object());
  if (!arguments.is_object()) return InvalidParams("\"arguments\" must be an object");
  const json::Json list = features_.prompts->List();
  const json::Json* prompt = FindNamed(list, name);
  if (prompt == nullptr) return InvalidParams(fmt::format("there is no prompt '{}'", name));
  for (const json::Json& wanted : prompt->value("arguments", json::Json::array())) {
    const std::string argument = wanted.value("name", "");
    const auto given = arguments.find(argument);
    if (given == arguments.end() ? wanted.value("required", false) : !given->is_string()) {
      return InvalidParams(fmt::format("prompt '{}' needs the text '{}'", name, argument));
    }
  }
  return features_.prompts->Get(name, arguments, context);
}

Outcome McpServer::ReadResource(const json::Json& params, Context& context) const {
  std::string uri;
  if (std::optional<RpcError> error = TakeText(params, "uri", &uri)) return std::move(*error);
  if (std::optional<Outcome> outcome = features_.resources->Read(uri, context)) {
    return std::move(*outcome);
  }
  if (context.era() == Era::kStateless)
    return InvalidParams("there is no such resource", {{"uri", uri}});
  return RpcError{
      mcp::error_code::kLegacyResourceNotFound, "there is no such resource", {{"uri", uri}}};
}

Outcome McpServer::Complete(const json::Json& params) const {
  const json::Json ref = params.is_object() ? params.value("ref", json::Json()) : json::Json();
  const json::Json argument =
      params.is_object() ? params.value("argument", json::Json()) : json::Json();
  if (!ref.is_object() || !argument.is_object()) {
    return InvalidParams("\"ref\" and \"argument\" must be objects");
  }
  std::string name;
  std::string value;
  if (std::optional<RpcError> error = TakeText(argument, "name", &name)) return std::move(*error);
  if (std::optional<RpcError> error = TakeText(argument, "value", &value)) return std::move(*error);
  return features_.completion->Complete(ref, name, value);
}

}  // namespace weir::mcp_server
