#pragma once
// The two ends of a visit to the authorization endpoint: the URL that a person opens, and the URL
// that the person comes back with (OAuth 2.1, section 4.1; RFC 8707; RFC 9207). Pure; any thread.

#include <string>

#include "base/result.h"
#include "oauth/credentials.h"
#include "oauth/metadata.h"
#include "oauth/pkce.h"

namespace weir::oauth {

struct AuthorizationRequest {
  std::string redirect_uri;
  std::string client_id;
  std::string resource;
  Scopes scopes;
  std::string state;
  std::string code_challenge;
};

// Errors: kUnsupported when the server has no authorization endpoint, or does not say that it
// checks PKCE by S256; kPermissionDenied when its endpoint's own query holds one of our parameters.
Result<std::string> AuthorizationUrl(const ServerMetadata& server,
                                     const AuthorizationRequest& request);

// The code in the URL that the person came back with. Refused, in this order: another address than
// redirect_uri, a parameter twice, another state, an issuer that is not the server's to the byte
// or is missing where the server says it sends one, an error of the server, no code. All are
// kPermissionDenied but the malformed ones (kInvalidArgument).
Result<std::string> CodeOfRedirect(const std::string& redirect, const ServerMetadata& server,
                                   const AuthorizationRequest& request);

}  // namespace weir::oauth
