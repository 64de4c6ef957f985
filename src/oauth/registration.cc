#include "oauth/registration.h"

#include <algorithm>

#include "base/printable.h"

namespace weir::oauth {
namespace {

using json::Json;

bool TakesAuth(const ServerMetadata& server, TokenAuth auth) {
  return std::ranges::find(server.token_auth_methods, TokenAuthName(auth)) !=
         server.token_auth_methods.end();
}

Result<TokenAuth> FirstTaken(const ServerMetadata& server, std::initializer_list<TokenAuth> ours) {
  for (const TokenAuth auth : ours)
    if (TakesAuth(server, auth)) return auth;
  std::string known;
  for (const std::string& method : server.token_auth_methods)
    known += (known.empty() ? "" : ", ") + method;
  return MakeError(ErrorCode::kUnsupported,
                   "'{}' takes clients that prove themselves by [{}]; Weir can do none, "
                   "client_secret_basic and client_secret_post, the latter two with a secret in "
                   "the configuration",
                   Printable(server.issuer), Printable(known));
}

// A whole number of seconds as microseconds; 0 for any other value.
int64_t SecondsToMicros(const Json& document, const char* name) {
  constexpr int64_t kMaxSeconds = int64_t{1} << 40;
  const auto found = document.find(name);
  if (found == document.end() || !found->is_number_integer()) return 0;
  return std::clamp<int64_t>(found->get<int64_t>(), 0, kMaxSeconds) * 1'000'000;
}

}  // namespace

Result<TokenAuth> ChooseTokenAuth(const ServerMetadata& server, bool has_secret) {
  if (!has_secret) return TokenAuth::kNone;
  return FirstTaken(server, {TokenAuth::kSecretBasic, TokenAuth::kSecretPost});
}

Result<TokenAuth> ChooseRegistrationAuth(const ServerMetadata& server) {
  return FirstTaken(server, {TokenAuth::kNone, TokenAuth::kSecretBasic, TokenAuth::kSecretPost});
}

Json RegistrationRequest(const ServerMetadata& server, const std::string& client_name,
                         const std::string& redirect_uri, TokenAuth auth) {
  Json grants = Json::array({"authorization_code"});
  const bool can_refresh =
      !server.grant_types || std::ranges::find(*server.grant_types, std::string("refresh_token")) !=
                                 server.grant_types->end();
  if (can_refresh) grants.push_back("refresh_token");
  return Json{{"client_name", client_name},
              {"application_type", "native"},
              {"redirect_uris", Json::array({redirect_uri})},
              {"grant_types", grants},
              {"response_types", Json::array({"code"})},
              {"token_endpoint_auth_method", TokenAuthName(auth)}};
}

Result<Client> ParseRegistration(const Json& document, const std::string& issuer,
                                 const std::string& redirect_uri, TokenAuth asked) {
  const std::string context = "registration at '" + Printable(issuer) + "'";
  const auto text = [&](const char* name) -> std::optional<std::string> {
    const auto found = document.find(name);
    if (found == document.end() || found->is_null()) return "";
    if (!found->is_string()) return std::nullopt;
    return found->get<std::string>();
  };
  if (!document.is_object())
    return MakeError(ErrorCode::kCorruptData, "{}: the answer must be a JSON object", context);
  const auto id = text("client_id");
  const auto secret = text("client_secret");
  const auto method = text("token_endpoint_auth_method");
  if (!id || id->empty() || !secret || !method)
    return MakeError(ErrorCode::kCorruptData,
                     "{}: the answer must hold a text 'client_id', and where they are there "
                     "'client_secret' and 'token_endpoint_auth_method' must be texts",
                     context);
  const auto auth = method->empty() ? asked : TokenAuthFromName(*method);
  if (!auth || (*auth != TokenAuth::kNone && secret->empty()))
    return MakeError(ErrorCode::kUnsupported,
                     "{}: the server wants '{}' at its token endpoint, which Weir can not do with "
                     "what it was given",
                     context, Printable(*method));
  return Client{.issuer = issuer,
                .id = *id,
                .secret = *auth == TokenAuth::kNone ? "" : *secret,
                .auth = *auth,
                .redirect_uri = redirect_uri,
                .secret_expires_us = SecondsToMicros(document, "client_secret_expires_at")};
}

bool IsExpired(const Client& client, int64_t now_us) {
  return client.secret_expires_us != 0 && client.secret_expires_us <= now_us;
}

}  // namespace weir::oauth
