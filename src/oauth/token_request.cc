#include "oauth/token_request.h"

#include <algorithm>

#include "base/base64.h"
#include "base/check.h"
#include "base/printable.h"
#include "json/json.h"

namespace weir::oauth {
namespace {

using json::Json;
using net::FormFields;

// Ten years: longer is as good as not known.
constexpr double kLongestLifeSeconds = 10.0 * 365 * 24 * 3600;

bool IsHeaderText(const std::string& token) {
  return !token.empty() && std::ranges::all_of(token, [](char c) { return c > ' ' && c < 127; });
}

std::string TextOf(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

int64_t ExpiryOf(const Json& object, int64_t now_us) {
  const auto found = object.find("expires_in");
  if (found == object.end() || !found->is_number()) return 0;
  const double seconds = std::clamp(found->get<double>(), 0.0, kLongestLifeSeconds);
  return now_us + static_cast<int64_t>(seconds * 1e6);
}

void AddScopes(const Scopes& scopes, FormFields* fields) {
  if (!scopes.empty()) fields->emplace_back("scope", ScopeText(scopes));
}

Error RefusalOf(const net::HttpResponse& response, const std::string& issuer) {
  const std::string code = TokenErrorCode(response);
  if (response.status >= 500)
    return Error{ErrorCode::kUnavailable,
                 fmt::format("the token endpoint of '{}' answered {}; try again later",
                             Printable(issuer), response.status)};
  return Error{
      ErrorCode::kPermissionDenied,
      fmt::format("the token endpoint of '{}' refused: {} (status {}); sign in again, or "
                  "check the client's id and secret in the configuration",
                  Printable(issuer), code.empty() ? "no reason given" : code, response.status)};
}

}  // namespace

FormFields CodeFields(const std::string& code, const std::string& redirect_uri,
                      const std::string& code_verifier, const std::string& resource) {
  return {{"grant_type", "authorization_code"},
          {"code", code},
          {"redirect_uri", redirect_uri},
          {"code_verifier", code_verifier},
          {"resource", resource}};
}

FormFields RefreshFields(const Tokens& tokens) {
  return {{"grant_type", "refresh_token"},
          {"refresh_token", tokens.refresh_token},
          {"resource", tokens.resource}};
}

FormFields ClientCredentialsFields(const Scopes& scopes, const std::string& resource) {
  FormFields fields = {{"grant_type", "client_credentials"}, {"resource", resource}};
  AddScopes(scopes, &fields);
  return fields;
}

FormFields AssertionFields(const std::string& assertion, const Scopes& scopes,
                           const std::string& resource) {
  FormFields fields = {{"grant_type", std::string(kJwtBearerGrant)},
                       {"assertion", assertion},
                       {"resource", resource}};
  AddScopes(scopes, &fields);
  return fields;
}

net::HttpRequest TokenRequest(const ServerMetadata& server, const Client& client,
                              FormFields fields) {
  CHECK(client.issuer == server.issuer);
  net::HttpRequest request{.method = "POST",
                           .url = server.token_endpoint,
                           .headers = {{"Accept", "application/json"},
                                       {"Content-Type", "application/x-www-form-urlencoded"}}};
  if (client.auth == TokenAuth::kSecretBasic) {
    // RFC 6749, section 2.3.1: both parts are form-encoded before they are joined.
    const std::string pair =
        net::PercentEncode(client.id) + ":" + net::PercentEncode(client.secret);
    request.headers.Add("Authorization", "Basic " + ToBase64(pair));
  } else {
    fields.emplace_back("client_id", client.id);
    if (client.auth == TokenAuth::kSecretPost) fields.emplace_back("client_secret", client.secret);
  }
  request.body = net::EncodeForm(fields);
  return request;
}

std::string TokenErrorCode(const net::HttpResponse& response) {
  const Result<Json> document = json::Parse(response.body);
  if (!document || !document->is_object()) return "";
  const std::string code = TextOf(*document, "error");
  const bool is_code = std::ranges::all_of(
      code, [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || (c >= '0' && c <= '9'); });
  return is_code && code.size() <= 64 ? code : "";
}

Result<Tokens> ParseTokenResponse(const net::HttpResponse& response, const TokenContext& context) {
  const std::string& issuer = context.client.issuer;
  if (response.status != 200) return MakeError(RefusalOf(response, issuer));
  const Result<Json> document = json::Parse(response.body);
  if (!document || !document->is_object())
    return MakeError(ErrorCode::kCorruptData,
                     "the token endpoint of '{}' must answer with a JSON object; tell its operator",
                     Printable(issuer));
  Tokens tokens{.issuer = issuer,
                .client_id = context.client.id,
                .resource = context.resource,
                .access_token = TextOf(*document, "access_token"),
                .refresh_token = TextOf(*document, "refresh_token"),
                .scopes = context.asked_scopes,
                .expires_us = ExpiryOf(*document, context.now_us)};
  if (!IsHeaderText(tokens.access_token))
    return MakeError(ErrorCode::kCorruptData,
                     "the token endpoint of '{}' gave no access token that can stand in a header; "
                     "tell its operator",
                     Printable(issuer));
  if (!net::EqualsIgnoringCase(TextOf(*document, "token_type"), "Bearer"))
    return MakeError(ErrorCode::kUnsupported,
                     "the token endpoint of '{}' gave a token of type '{}'; Weir can use Bearer",
                     Printable(issuer), Printable(TextOf(*document, "token_type")));
  if (const auto scope = document->find("scope"); scope != document->end() && scope->is_string())
    tokens.scopes = ParseScopes(scope->get<std::string>());
  return tokens;
}

}  // namespace weir::oauth
