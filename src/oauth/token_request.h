#pragma once
// The token endpoint: what is sent there and what comes back (OAuth 2.1, sections 3.2 and 4). Pure;
// any thread. No error holds a token, a code or a secret.

#include <string>

#include "base/result.h"
#include "net/http_message.h"
#include "net/url.h"
#include "oauth/credentials.h"
#include "oauth/metadata.h"

namespace weir::oauth {

inline constexpr std::string_view kJwtBearerGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer";

// The fields of each grant; TokenRequest adds how the client proves itself.
net::FormFields CodeFields(const std::string& code, const std::string& redirect_uri,
                           const std::string& code_verifier, const std::string& resource);
net::FormFields RefreshFields(const Tokens& tokens);
net::FormFields ClientCredentialsFields(const Scopes& scopes, const std::string& resource);
net::FormFields AssertionFields(const std::string& assertion, const Scopes& scopes,
                                const std::string& resource);

// A POST of `fields` as `client`. The client's issuer must be the server's.
net::HttpRequest TokenRequest(const ServerMetadata& server, const Client& client,
                              net::FormFields fields);

// Why a token endpoint said no: "invalid_grant" and the like, of the characters RFC 6749 allows;
// empty when the answer names none.
std::string TokenErrorCode(const net::HttpResponse& response);

struct TokenContext {
  const Client& client;
  const std::string& resource;
  const Scopes& asked_scopes;  // what is granted when the answer does not say
  int64_t now_us = 0;          // Unix, microseconds
};

// Errors: kPermissionDenied (the endpoint said no), kUnavailable (it answered 5xx), kCorruptData
// (no access token, or one that can not stand in a header), kUnsupported (another type than
// Bearer).
Result<Tokens> ParseTokenResponse(const net::HttpResponse& response, const TokenContext& context);

}  // namespace weir::oauth
