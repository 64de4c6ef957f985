#pragma once
// OAuth 2.1 for one MCP server: from "401" to a token, by MCP's authorization pages of revisions
// 2025-11-25 and 2026-07-28.
//
//   refused  ->  metadata of the resource  ->  metadata of its authorization server
//            ->  a client there (configured, a metadata document, registered)
//            ->  a token (refreshed, by a person's sign-in, by credentials, by an assertion)
//
// What an authorization server gives is sent to no other: when the resource names another one than
// before, everything begins anew. Tokens travel in the Authorization header only, to the origin of
// the server only. An access token is renewed before it expires where that needs no person.

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "net/authorizer.h"
#include "net/http_client.h"
#include "oauth/browser.h"
#include "oauth/challenge.h"
#include "oauth/credentials.h"
#include "oauth/metadata.h"

namespace weir::oauth {

enum class Grant {
  kSignIn,             // a person signs in: authorization code with PKCE
  kClientCredentials,  // the configured client for itself
  kAssertion,          // an assertion of somebody the server trusts
};

struct OAuthOptions {
  std::string server_url;
  Grant grant = Grant::kSignIn;
  std::string client_name = "Weir";
  // Where a metadata document of this client is published, which then is its id; empty: nowhere.
  std::string client_metadata_url = {};
  // A client that was registered by hand: issuer, id, secret. With an empty issuer it belongs to
  // the first authorization server that the resource names, for the life of the authorizer. `auth`
  // is chosen by what the server takes.
  std::optional<Client> client = std::nullopt;
  Scopes scopes = {};  // wanted besides those that the server asks for
};

// Borrowed; all outlive the authorizer.
struct OAuthParts {
  net::HttpClient& http;
  const Clock& clock;
  CredentialStore& store;
  Browser* browser = nullptr;             // for kSignIn
  AssertionSource* assertions = nullptr;  // for kAssertion
};

// Any thread. While one obtains a token, others that need one wait for it; they are not held up
// when they have one.
class OAuthAuthorizer : public net::Authorizer {
 public:
  // Error kInvalidArgument: the URL is none, or a part that the grant needs is missing.
  static Result<std::unique_ptr<OAuthAuthorizer>> Make(OAuthOptions options, OAuthParts parts);

  Result<net::HttpHeaders> Authorize(const std::string& url, const std::stop_token& stop) override;
  // At most three tokens in any two minutes, and none for scopes that the refused one already has.
  Status Refused(const std::string& url, const net::HttpResponse& response,
                 const std::stop_token& stop) override;

 private:
  OAuthAuthorizer(OAuthOptions options, OAuthParts parts, net::Url server_url);

  // Holds the right to change tokens; others wait.
  class Turn;

  // What one renewal has found out.
  struct Findings {
    std::optional<BearerChallenge> challenge;
    ResourceMetadata resource;
    ServerMetadata server;
    Scopes scopes;  // to ask for
  };

  Status CheckUrl(const std::string& url) const;
  Status Load();
  bool IsRunningOut(const Tokens& tokens) const;
  Status CountRenewal();
  Status CheckStepUp(const BearerChallenge& challenge);

  Status Renew(const std::optional<BearerChallenge>& challenge, bool is_step_up,
               const std::stop_token& stop);
  Result<Findings> Discover(const std::optional<BearerChallenge>& challenge,
                            const std::stop_token& stop);
  Result<std::string> ChooseIssuer(const ResourceMetadata& resource);
  // False: the server takes the refresh token no more, and it is forgotten.
  Result<bool> Refresh(const ServerMetadata& server, const Tokens& old,
                       const std::stop_token& stop);
  Result<net::HttpHeaders> RenewQuietly(const Tokens& tokens, const std::stop_token& stop);
  Result<Tokens> Obtain(const Findings& findings, const std::stop_token& stop);
  Result<Tokens> ObtainBySignIn(const Findings& findings, const std::stop_token& stop);
  Result<Tokens> VisitAndRedeem(const Findings& findings, const Client& client, BrowserVisit& visit,
                                const std::stop_token& stop);
  Result<Client> ConfiguredClient(const ServerMetadata& server);
  // The client to act as at the server when a person comes back to `redirect_uri`.
  Result<Client> ClientFor(const ServerMetadata& server, const std::string& redirect_uri,
                           const std::stop_token& stop);
  Result<std::optional<Client>> KnownClient(const ServerMetadata& server,
                                            const std::string& client_id);
  std::optional<Client> DocumentClient(const ServerMetadata& server) const;
  Result<Client> Register(const ServerMetadata& server, const std::string& redirect_uri,
                          const std::stop_token& stop);
  Result<Tokens> AskForTokens(const ServerMetadata& server, const Client& client,
                              const net::FormFields& fields, const Findings& findings,
                              const std::stop_token& stop);
  Status Keep(Tokens tokens);
  Status Forget();
  Result<ServerMetadata> ServerOf(const std::string& issuer, const std::stop_token& stop);

  std::optional<Tokens> CurrentTokens() const;

  OAuthOptions options_;  // client's issuer may be filled in by the holder of the turn
  const OAuthParts parts_;
  const net::Url server_url_;

  mutable std::mutex mutex_;  // guards those up to generation_
  bool is_busy_ = false;
  bool is_loaded_ = false;
  std::optional<Tokens> tokens_;
  int64_t generation_ = 0;  // counts the tokens obtained
  std::condition_variable_any turn_is_free_;

  // Used by the holder of the turn only.
  Scopes asked_scopes_;                   // at the issuer of tokens_
  std::optional<ServerMetadata> server_;  // last read
  std::deque<int64_t> renewals_us_;       // monotonic
};

}  // namespace weir::oauth
