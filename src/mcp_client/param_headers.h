#pragma once
// Arguments of a tool that its definition wants to see as HTTP headers too (`x-mcp-header`), so
// that what stands between client and server can route a call without reading it.
//
// Pure; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/json.h"
#include "net/http_message.h"

namespace weir::mcp_client {

struct HeaderParam {
  std::string header;             // without "Mcp-Param-"
  std::vector<std::string> path;  // names of properties, outermost first
};

// What a tool's input schema declares. Error kInvalidArgument: a declaration that the protocol does
// not permit (no token, used twice, on anything but a string, integer or boolean, or at a place
// other than a property of the arguments); such a tool must not be used.
Result<std::vector<HeaderParam>> FindHeaderParams(const json::Json& input_schema);

// The headers for one call. Arguments that are null or absent have none.
net::HttpHeaders HeadersOfArguments(const std::vector<HeaderParam>& params,
                                    const json::Json& arguments);

// `value` as it may stand in a header: itself, or "=?base64?...?=" where it is empty, has spaces at
// an end, or bytes other than printable ASCII, or looks like that form.
std::string EncodeHeaderValue(std::string_view value);

}  // namespace weir::mcp_client
