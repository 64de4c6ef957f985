#include "oauth/identity_provider.h"

#include "json/json.h"
#include "oauth/discovery.h"
#include "oauth/token_request.h"

namespace weir::oauth {
namespace {

constexpr const char* kExchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange";
constexpr const char* kIdToken = "urn:ietf:params:oauth:token-type:id_token";
constexpr const char* kIdentityAssertion = "urn:ietf:params:oauth:token-type:id-jag";

}  // namespace

Result<std::string> IdentityAssertions::Assertion(const std::string& issuer,
                                                  const std::string& resource,
                                                  const std::stop_token& stop) {
  ASSIGN_OR_RETURN(const net::Url server_url, net::ParseUrl(server_url_));
  RETURN_IF_ERROR(CheckAddress("token endpoint of the identity provider", provider_.token_endpoint,
                               server_url));
  const net::FormFields fields = {{"grant_type", kExchangeGrant},
                                  {"requested_token_type", kIdentityAssertion},
                                  {"subject_token", provider_.id_token},
                                  {"subject_token_type", kIdToken},
                                  {"audience", issuer},
                                  {"resource", resource},
                                  {"client_id", provider_.client_id}};
  ASSIGN_OR_RETURN(const net::HttpResponse response,
                   http_.Send({.method = "POST",
                               .url = provider_.token_endpoint,
                               .headers = {{"Accept", "application/json"},
                                           {"Content-Type", "application/x-www-form-urlencoded"}},
                               .body = net::EncodeForm(fields)},
                              OAuthLimits(), stop));
  if (response.status != 200)
    return MakeError(ErrorCode::kPermissionDenied,
                     "the identity provider does not vouch for you: {} (status {}); sign in there "
                     "again",
                     TokenErrorCode(response), response.status);
  const Result<json::Json> document = json::Parse(response.body);
  const auto text = [&](const char* name) -> std::string {
    if (!document || !document->is_object()) return "";
    const auto found = document->find(name);
    return found != document->end() && found->is_string() ? found->get<std::string>() : "";
  };
  if (text("issued_token_type") != kIdentityAssertion || text("access_token").empty())
    return MakeError(ErrorCode::kCorruptData,
                     "the identity provider gave something else than an identity assertion; tell "
                     "its operator");
  return text("access_token");
}

}  // namespace weir::oauth
