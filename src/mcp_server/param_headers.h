#pragma once
// The headers of revision 2026-07-28 that repeat parts of the body, so that those who route
// requests need not read it: Mcp-Method, Mcp-Name, and Mcp-Param-NAME for arguments whose schema
// has "x-mcp-header": NAME. A request in which the two differ is refused: whoever routed it may
// have decided on something that is not in the body. Pure; any thread.

#include <optional>
#include <string>

#include "json/json.h"
#include "mcp/json_rpc.h"
#include "net/http_message.h"

namespace weir::mcp_server {

// The value of such a header: "=?base64?...?=" is decoded, everything else stands for itself.
// Nothing for base64 that is none.
std::optional<std::string> DecodeHeaderValue(std::string_view text);

// The first thing that is missing or differs, as -32020. `tools` is the list of tool definitions.
std::optional<mcp::RpcError> CheckMirroredHeaders(const net::HttpHeaders& headers,
                                                  const mcp::Request& request,
                                                  const json::Json& tools);

}  // namespace weir::mcp_server
