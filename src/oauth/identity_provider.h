#pragma once
// Enterprise-managed authorization: a company's identity provider, where the person is signed in
// already, vouches for the person at an MCP server's authorization server (token exchange, RFC
// 8693, for an identity assertion that is redeemed by RFC 7523).

#include <string>

#include "net/http_client.h"
#include "oauth/browser.h"

namespace weir::oauth {

struct IdentityProvider {
  std::string token_endpoint;
  std::string client_id;  // ours at the provider
  std::string id_token;   // of the person's sign-in there; a secret, shown to nobody else
};

// `http` is borrowed. Any thread.
class IdentityAssertions : public AssertionSource {
 public:
  // `server_url` decides which addresses may be used (CheckAddress).
  IdentityAssertions(IdentityProvider provider, std::string server_url, net::HttpClient& http)
      : provider_(std::move(provider)), server_url_(std::move(server_url)), http_(http) {}

  // Errors: those of HttpClient and CheckAddress; kPermissionDenied when the provider refuses,
  // kCorruptData when it gives something else than an identity assertion.
  Result<std::string> Assertion(const std::string& issuer, const std::string& resource,
                                const std::stop_token& stop) override;

 private:
  const IdentityProvider provider_;
  const std::string server_url_;
  net::HttpClient& http_;
};

}  // namespace weir::oauth
