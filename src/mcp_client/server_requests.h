#pragma once
// Answers what a server asks of its client, by the handlers: as requests in the handshake era, as
// `inputRequests` of a result in the stateless era. Any thread.

#include <stop_token>
#include <string>
#include <variant>

#include "json/json.h"
#include "mcp/json_rpc.h"
#include "mcp_client/handlers.h"

namespace weir::mcp_client {

using ServerRequestAnswer = std::variant<json::Json, mcp::RpcError>;

// elicitation/create, sampling/createMessage, roots/list and ping, as far as they are declared;
// anything else is kMethodNotFound.
ServerRequestAnswer AnswerServerRequest(ClientHandlers& handlers, const std::string& method,
                                        const json::Json& params, const std::stop_token& stop);

// True for what a person may have to answer, so that it can take long.
bool MayTakeLong(const std::string& method);

// The capabilities to declare.
json::Json CapabilitiesOf(const HandlerSupport& support);

}  // namespace weir::mcp_client
