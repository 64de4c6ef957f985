#include "oauth/authorization.h"

#include <algorithm>
#include <optional>

#include "base/printable.h"
#include "net/url.h"

namespace weir::oauth {
namespace {

using net::FormFields;

std::optional<std::string> FieldOf(const FormFields& fields, std::string_view name) {
  for (const auto& [known, value] : fields)
    if (known == name) return value;
  return std::nullopt;
}

bool HasFieldTwice(const FormFields& fields) {
  for (size_t i = 0; i < fields.size(); ++i)
    for (size_t j = i + 1; j < fields.size(); ++j)
      if (fields[i].first == fields[j].first) return true;
  return false;
}

FormFields ParametersOf(const AuthorizationRequest& request) {
  FormFields fields = {{"response_type", "code"},
                       {"client_id", request.client_id},
                       {"redirect_uri", request.redirect_uri},
                       {"state", request.state},
                       {"code_challenge", request.code_challenge},
                       {"code_challenge_method", "S256"},
                       {"resource", request.resource}};
  if (!request.scopes.empty()) fields.emplace_back("scope", ScopeText(request.scopes));
  // OpenID Connect gives a refresh token for offline_access only after asking the person.
  if (HasScope(request.scopes, kOfflineAccess)) fields.emplace_back("prompt", "consent");
  return fields;
}

Status CheckIssuer(const FormFields& fields, const ServerMetadata& server) {
  const std::optional<std::string> issuer = FieldOf(fields, "iss");
  if (!issuer && server.sends_issuer)
    return MakeError(ErrorCode::kPermissionDenied,
                     "the answer to the sign-in does not say which authorization server it is "
                     "from, though '{}' says it always does; it may be another's",
                     Printable(server.issuer));
  if (issuer && *issuer != server.issuer)
    return MakeError(ErrorCode::kPermissionDenied,
                     "the answer to the sign-in is from '{}' instead of '{}'; the two must be the "
                     "same to the byte",
                     Printable(*issuer), Printable(server.issuer));
  return {};
}

}  // namespace

Result<std::string> AuthorizationUrl(const ServerMetadata& server,
                                     const AuthorizationRequest& request) {
  if (server.authorization_endpoint.empty())
    return MakeError(ErrorCode::kUnsupported,
                     "'{}' has no authorization endpoint, so nobody can sign in there; configure "
                     "client credentials",
                     Printable(server.issuer));
  if (std::ranges::find(server.code_challenge_methods, "S256") ==
      server.code_challenge_methods.end())
    return MakeError(ErrorCode::kUnsupported,
                     "'{}' does not say that it checks PKCE by S256, without which a code can be "
                     "stolen; its operator must add code_challenge_methods_supported",
                     Printable(server.issuer));
  ASSIGN_OR_RETURN(net::Url url, net::ParseUrl(server.authorization_endpoint));
  const FormFields parameters = ParametersOf(request);
  if (url.query) {
    ASSIGN_OR_RETURN(const FormFields own, net::DecodeForm(*url.query));
    for (const auto& [name, value] : parameters) {
      if (FieldOf(own, name))
        return MakeError(ErrorCode::kPermissionDenied,
                         "the authorization endpoint of '{}' sets '{}' in its own URL, where it "
                         "would speak for us",
                         Printable(server.issuer), name);
    }
  }
  const bool has_query = url.query && !url.query->empty();
  url.query = (has_query ? *url.query + "&" : "") + net::EncodeForm(parameters);
  return url.Text();
}

Result<std::string> CodeOfRedirect(const std::string& redirect, const ServerMetadata& server,
                                   const AuthorizationRequest& request) {
  ASSIGN_OR_RETURN(const net::Url url, net::ParseUrl(redirect));
  ASSIGN_OR_RETURN(const net::Url expected, net::ParseUrl(request.redirect_uri));
  if (url.Origin() != expected.Origin() || url.path != expected.path)
    return MakeError(ErrorCode::kPermissionDenied,
                     "the answer to the sign-in came to another address than the one asked for");
  ASSIGN_OR_RETURN(const FormFields fields, net::DecodeForm(url.query.value_or("")));
  if (HasFieldTwice(fields))
    return MakeError(ErrorCode::kInvalidArgument,
                     "the answer to the sign-in holds a parameter twice");
  if (FieldOf(fields, "state") != request.state)
    return MakeError(ErrorCode::kPermissionDenied,
                     "the answer to the sign-in does not belong to the request (its state is "
                     "another or missing); start again");
  RETURN_IF_ERROR(CheckIssuer(fields, server));
  if (const auto error = FieldOf(fields, "error"))
    return MakeError(ErrorCode::kPermissionDenied, "'{}' refused the sign-in: {}: {}",
                     Printable(server.issuer), Printable(*error),
                     Printable(FieldOf(fields, "error_description").value_or("no reason given")));
  const std::optional<std::string> code = FieldOf(fields, "code");
  if (!code || code->empty())
    return MakeError(ErrorCode::kInvalidArgument, "the answer to the sign-in at '{}' holds no code",
                     Printable(server.issuer));
  return *code;
}

}  // namespace weir::oauth
