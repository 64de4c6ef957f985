#include "mcp_server/param_headers.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "base/base64.h"
#include "mcp/protocol.h"

namespace weir::mcp_server {
namespace {

// Which member of the parameters Mcp-Name repeats; empty: none.
std::string_view NamedMember(std::string_view method) {
  if (method == "tools/call" || method == "prompts/get") return "name";
  if (method == "resources/read") return "uri";
  if (method == "tasks/get" || method == "tasks/update" || method == "tasks/cancel") {
    return "taskId";
  }
  return "";
}

mcp::RpcError Mismatch(std::string message) {
  return {mcp::error_code::kHeaderMismatch, std::move(message)};
}

// "42", "42.0" and "4.2e1" are one number.
bool IsSameNumber(std::string_view text, const json::Json& value) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number == value.get<double>();
}

bool IsSameValue(std::string_view text, const json::Json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>() == text;
  if (value.is_boolean()) return text == (value.get<bool>() ? "true" : "false");
  return value.is_number() && IsSameNumber(text, value);
}

std::optional<mcp::RpcError> CheckOne(const net::HttpHeaders& headers, const std::string& header,
                                      const json::Json* value) {
  const std::vector<std::string_view> sent = headers.All(header);
  if (value == nullptr || value->is_null()) {
    if (sent.empty()) return std::nullopt;
    return Mismatch(fmt::format("{} has no counterpart in the body", header));
  }
  if (sent.size() != 1) {
    return Mismatch(fmt::format("{} must be sent once, because the body has its value", header));
  }
  const std::optional<std::string> decoded = DecodeHeaderValue(sent[0]);
  if (!decoded) return Mismatch(fmt::format("{} is not well-formed base64", header));
  if (IsSameValue(*decoded, *value)) return std::nullopt;
  return Mismatch(fmt::format("{} and the body differ", header));
}

// Every annotated argument of a schema, those of nested objects too.
std::optional<mcp::RpcError> CheckArguments(const net::HttpHeaders& headers,
                                            const json::Json& schema, const json::Json& arguments) {
  const auto properties = schema.find("properties");
  if (properties == schema.end() || !properties->is_object()) return std::nullopt;
  for (const auto& [name, property] : properties->items()) {
    if (!property.is_object()) continue;
    const auto found = arguments.is_object() ? arguments.find(name) : arguments.end();
    const json::Json* value = found == arguments.end() ? nullptr : &*found;
    std::optional<mcp::RpcError> error;
    if (const auto header = property.find("x-mcp-header");
        header != property.end() && header->is_string()) {
      error = CheckOne(headers, std::string(mcp::kHeaderParamPrefix) + header->get<std::string>(),
                       value);
    } else if (value != nullptr) {
      error = CheckArguments(headers, property, *value);
    }
    if (error) return error;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> DecodeHeaderValue(std::string_view text) {
  constexpr std::string_view kBegin = "=?base64?";
  constexpr std::string_view kEnd = "?=";
  if (!text.starts_with(kBegin) || !text.ends_with(kEnd) ||
      text.size() < kBegin.size() + kEnd.size()) {
    return std::string(text);
  }
  return FromBase64(text.substr(kBegin.size(), text.size() - kBegin.size() - kEnd.size()));
}

std::optional<mcp::RpcError> CheckMirroredHeaders(const net::HttpHeaders& headers,
                                                  const mcp::Request& request,
                                                  const json::Json& tools) {
  const json::Json method = request.method;
  if (auto error = CheckOne(headers, std::string(mcp::kHeaderMethod), &method)) return error;
  const std::string_view member = NamedMember(request.method);
  if (member.empty()) return std::nullopt;
  const auto name = request.params.find(member);
  if (name == request.params.end() || !name->is_string()) return std::nullopt;  // no valid request
  if (auto error = CheckOne(headers, std::string(mcp::kHeaderName), &*name)) return error;
  if (request.method != "tools/call") return std::nullopt;
  for (const json::Json& tool : tools) {
    if (tool.value("name", "") != name->get<std::string>()) continue;
    return CheckArguments(headers, tool.value("inputSchema", json::Json::object()),
                          request.params.value("arguments", json::Json::object()));
  }
  return std::nullopt;
}

}  // namespace weir::mcp_server
