#include "mcp_server/features.h"

#include <utility>

namespace weir::mcp_server {

Result<json::Json> RequestContext::Ask(const std::string& method, json::Json params) {
  std::map<std::string, json::Json> requests;
  requests.emplace("input", json::Json{{"method", method}, {"params", std::move(params)}});
  ASSIGN_OR_RETURN(auto answers, AskAll(std::move(requests)));
  return std::move(answers["input"]);
}

mcp::RpcError InvalidParams(std::string message, json::Json data) {
  return {mcp::error_code::kInvalidParams, std::move(message), std::move(data)};
}

mcp::RpcError MissingCapability(json::Json required) {
  return {mcp::error_code::kMissingClientCapability,
          "the client must declare these capabilities: " + json::Dump(required),
          {{"requiredCapabilities", std::move(required)}}};
}

json::Json TextResult(std::string text, bool is_error) {
  json::Json result = {
      {"content", json::Json::array({{{"type", "text"}, {"text", std::move(text)}}})}};
  if (is_error) result["isError"] = true;
  return result;
}

}  // namespace weir::mcp_server
