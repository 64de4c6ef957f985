#include "mcp_server/request_state.h"

#include <optional>
#include <utility>

#include "base/base64.h"

namespace weir::mcp_server {
namespace {

// Name and arguments of the request, whatever round it is.
std::string DigestOfParams(const json::Json& params) {
  json::Json fixed = params.is_object() ? params : json::Json::object();
  for (const char* changing : {"_meta", "inputResponses", "requestState"}) fixed.erase(changing);
  const Result<std::string> canonical = json::Canonical(fixed);
  return Sha256Hex(canonical ? *canonical : json::Dump(fixed));
}

}  // namespace

std::string StateSealer::Seal(const StateBinding& binding, const json::Json& content) const {
  const json::Json body = {{"content", content},
                           {"method", binding.method},
                           {"params", DigestOfParams(binding.params)},
                           {"principal", binding.principal},
                           {"until", clock_->UnixMicros() + kStateLifetimeUs}};
  const std::string text = ToBase64(json::Dump(body));
  return text + "." + ToHex(HmacSha256(BytesOf(key_), text));
}

Result<json::Json> StateSealer::Open(const StateBinding& binding, std::string_view sealed) const {
  const auto refuse = [](std::string_view why) {
    return MakeError(ErrorCode::kPermissionDenied,
                     "requestState {}; send it back as it was given, or begin the request anew",
                     why);
  };
  const size_t dot = sealed.find('.');
  if (dot == std::string_view::npos) return refuse("was not made by this server");
  const std::string_view text = sealed.substr(0, dot);
  const std::optional<Sha256Digest> mac = DigestFromHex(sealed.substr(dot + 1));
  if (!mac || !SameDigest(*mac, HmacSha256(BytesOf(key_), text))) {
    return refuse("was changed or not made by this server");
  }
  const std::optional<std::string> bytes = FromBase64(text);
  if (!bytes) return refuse("is damaged");
  ASSIGN_OR_RETURN(json::Json body, json::Parse(*bytes));
  if (body["method"] != binding.method || body["params"] != DigestOfParams(binding.params)) {
    return refuse("belongs to another request");
  }
  if (body["principal"] != binding.principal) return refuse("belongs to another client");
  if (body["until"].get<int64_t>() < clock_->UnixMicros()) return refuse("has expired");
  return std::move(body["content"]);
}

}  // namespace weir::mcp_server
