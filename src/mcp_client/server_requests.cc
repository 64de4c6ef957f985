#include "mcp_client/server_requests.h"

#include <fmt/format.h>

#include <utility>

#include "base/printable.h"

namespace weir::mcp_client {
namespace {

mcp::RpcError NotDeclared(const std::string& method) {
  return {.code = mcp::error_code::kMethodNotFound,
          .message = fmt::format("this client does not offer {}", Printable(method))};
}

ServerRequestAnswer AnswerElicitation(ClientHandlers& handlers, const json::Json& params,
                                      const std::stop_token& stop) {
  const Result<ElicitRequest> request = ParseElicitRequest(params);
  if (!request) {
    return mcp::RpcError{.code = mcp::error_code::kInvalidParams,
                         .message = request.error().message};
  }
  const HandlerSupport support = handlers.support();
  const bool is_form = request->mode == ElicitRequest::Mode::kForm;
  if (is_form ? !support.elicitation_form : !support.elicitation_url) {
    return mcp::RpcError{.code = mcp::error_code::kInvalidParams,
                         .message = "this client does not offer that mode of elicitation"};
  }
  const Result<json::Json> result = ToJson(*request, handlers.OnElicit(*request, stop));
  // What was entered is not what was asked for: nothing is sent.
  if (!result) return json::Json{{"action", "cancel"}};
  return *result;
}

ServerRequestAnswer AnswerSampling(ClientHandlers& handlers, const json::Json& params,
                                   const std::stop_token& stop) {
  Result<json::Json> result = handlers.OnSample(params, stop);
  if (result) return std::move(*result);
  constexpr int kUserRejected = -1;
  return mcp::RpcError{.code = result.error().code == ErrorCode::kPermissionDenied
                                   ? kUserRejected
                                   : mcp::error_code::kInternalError,
                       .message = result.error().message};
}

json::Json ListRoots(ClientHandlers& handlers) {
  json::Json roots = json::Json::array();
  for (const Root& root : handlers.OnListRoots()) {
    json::Json entry{{"uri", root.uri}};
    if (!root.name.empty()) entry["name"] = root.name;
    roots.push_back(std::move(entry));
  }
  return json::Json{{"roots", std::move(roots)}};
}

}  // namespace

ServerRequestAnswer AnswerServerRequest(ClientHandlers& handlers, const std::string& method,
                                        const json::Json& params, const std::stop_token& stop) {
  const HandlerSupport support = handlers.support();
  if (method == "ping") return json::Json::object();
  if (method == "elicitation/create" && (support.elicitation_form || support.elicitation_url)) {
    return AnswerElicitation(handlers, params, stop);
  }
  if (method == "sampling/createMessage" && support.sampling) {
    return AnswerSampling(handlers, params, stop);
  }
  if (method == "roots/list" && support.roots) return ListRoots(handlers);
  return NotDeclared(method);
}

bool MayTakeLong(const std::string& method) {
  return method == "elicitation/create" || method == "sampling/createMessage";
}

json::Json CapabilitiesOf(const HandlerSupport& support) {
  json::Json capabilities = json::Json::object();
  if (support.elicitation_form || support.elicitation_url) {
    json::Json modes = json::Json::object();
    if (support.elicitation_form) modes["form"] = json::Json::object();
    if (support.elicitation_url) modes["url"] = json::Json::object();
    capabilities["elicitation"] = std::move(modes);
  }
  if (support.sampling) capabilities["sampling"] = json::Json::object();
  if (support.roots) capabilities["roots"] = json::Json::object();
  return capabilities;
}

}  // namespace weir::mcp_client
