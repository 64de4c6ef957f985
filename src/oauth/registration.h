#pragma once
// Becoming a client of an authorization server: how to prove oneself there, and dynamic
// registration (RFC 7591). Pure; any thread.

#include <string>

#include "base/result.h"
#include "json/json.h"
#include "oauth/credentials.h"
#include "oauth/metadata.h"

namespace weir::oauth {

// None for a client without a secret, which many servers take without saying so; else a secret in
// the header before one in the body. Error kUnsupported when the server takes neither.
Result<TokenAuth> ChooseTokenAuth(const ServerMetadata& server, bool has_secret);
// The method to register with: none where the server takes it, since what is installed on a
// person's machine keeps no secret.
Result<TokenAuth> ChooseRegistrationAuth(const ServerMetadata& server);

// The body of a registration request for a native application with a redirect to this machine.
json::Json RegistrationRequest(const ServerMetadata& server, const std::string& client_name,
                               const std::string& redirect_uri, TokenAuth auth);

// The answer to a request that asked for `asked`. Errors: kCorruptData (no id,
// a secret of another type), kUnsupported (a method we do not know). No message holds the answer.
Result<Client> ParseRegistration(const json::Json& document, const std::string& issuer,
                                 const std::string& redirect_uri, TokenAuth asked);

// True once the secret has expired.
bool IsExpired(const Client& client, int64_t now_us);

}  // namespace weir::oauth
