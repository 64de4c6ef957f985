#include "oauth/oauth_authorizer.h"

#include <algorithm>

#include "base/log.h"
#include "base/printable.h"
#include "oauth/authorization.h"
#include "oauth/discovery.h"
#include "oauth/registration.h"
#include "oauth/token_request.h"

namespace weir::oauth {
namespace {

constexpr size_t kMaxRenewals = 3;
constexpr int64_t kRenewalWindowUs = 120'000'000;
// A token this close to its end is renewed first, so that it does not end on the way.
constexpr int64_t kSafetyUs = 30'000'000;

net::HttpHeaders HeaderOf(const Tokens& tokens) {
  return {{"Authorization", "Bearer " + tokens.access_token}};
}

std::optional<Scopes> ChallengedScopes(const std::optional<BearerChallenge>& challenge) {
  if (!challenge || !challenge->scope) return std::nullopt;
  return ParseScopes(*challenge->scope);
}

}  // namespace

class OAuthAuthorizer::Turn {
 public:
  Turn(OAuthAuthorizer& authorizer, const std::stop_token& stop) : authorizer_(authorizer) {
    std::unique_lock lock(authorizer_.mutex_);
    has_ = authorizer_.turn_is_free_.wait(lock, stop, [this] { return !authorizer_.is_busy_; });
    if (has_) authorizer_.is_busy_ = true;
  }
  ~Turn() {
    if (!has_) return;
    {
      const std::lock_guard lock(authorizer_.mutex_);
      authorizer_.is_busy_ = false;
    }
    authorizer_.turn_is_free_.notify_all();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  // Error kCancelled: a stop came first.
  Status Check() const {
    if (has_) return {};
    return MakeError(ErrorCode::kCancelled, "signing in to '{}' was stopped",
                     authorizer_.server_url_.Origin());
  }

 private:
  OAuthAuthorizer& authorizer_;
  bool has_ = false;
};

Result<std::unique_ptr<OAuthAuthorizer>> OAuthAuthorizer::Make(OAuthOptions options,
                                                               OAuthParts parts) {
  ASSIGN_OR_RETURN(net::Url server_url, net::ParseUrl(options.server_url));
  if (options.grant == Grant::kSignIn && parts.browser == nullptr)
    return MakeError(ErrorCode::kInvalidArgument, "a sign-in needs a browser");
  if (options.grant == Grant::kAssertion && parts.assertions == nullptr)
    return MakeError(ErrorCode::kInvalidArgument, "an assertion needs a source");
  if (options.grant != Grant::kSignIn && !options.client)
    return MakeError(ErrorCode::kInvalidArgument,
                     "without a person who signs in, a client id must be configured");
  return std::unique_ptr<OAuthAuthorizer>(
      new OAuthAuthorizer(std::move(options), parts, std::move(server_url)));
}

OAuthAuthorizer::OAuthAuthorizer(OAuthOptions options, OAuthParts parts, net::Url server_url)
    : options_(std::move(options)), parts_(parts), server_url_(std::move(server_url)) {}

// --- what callers ask ---

Result<net::HttpHeaders> OAuthAuthorizer::Authorize(const std::string& url,
                                                    const std::stop_token& stop) {
  RETURN_IF_ERROR(CheckUrl(url));
  if (const std::optional<Tokens> tokens = CurrentTokens(); tokens && !IsRunningOut(*tokens))
    return HeaderOf(*tokens);
  const Turn turn(*this, stop);
  RETURN_IF_ERROR(turn.Check());
  RETURN_IF_ERROR(Load());
  const std::optional<Tokens> tokens = CurrentTokens();
  if (!tokens) return net::HttpHeaders();
  if (!IsRunningOut(*tokens)) return HeaderOf(*tokens);
  return RenewQuietly(*tokens, stop);
}

Status OAuthAuthorizer::Refused(const std::string& url, const net::HttpResponse& response,
                                const std::stop_token& stop) {
  RETURN_IF_ERROR(CheckUrl(url));
  int64_t generation_before = 0;
  {
    const std::lock_guard lock(mutex_);
    generation_before = generation_;
  }
  const Turn turn(*this, stop);
  RETURN_IF_ERROR(turn.Check());
  {
    const std::lock_guard lock(mutex_);
    if (generation_ != generation_before) return {};  // another thread has just renewed
  }
  RETURN_IF_ERROR(Load());
  const std::optional<BearerChallenge> challenge = BearerChallenge::Of(response.headers);
  if (response.status == 401) {
    RETURN_IF_ERROR(CountRenewal());
    return Renew(challenge, false, stop);
  }
  if (response.status == 403 && challenge && challenge->error == "insufficient_scope") {
    RETURN_IF_ERROR(CheckStepUp(*challenge));
    RETURN_IF_ERROR(CountRenewal());
    return Renew(challenge, true, stop);
  }
  return MakeError(ErrorCode::kPermissionDenied,
                   "'{}' answered {} and does not say what would be enough; ask its operator for "
                   "access",
                   server_url_.Origin(), response.status);
}

// --- rules ---

Status OAuthAuthorizer::CheckUrl(const std::string& url) const {
  ASSIGN_OR_RETURN(const net::Url asked, net::ParseUrl(url));
  if (asked.Origin() == server_url_.Origin()) return {};
  return MakeError(ErrorCode::kPermissionDenied, "tokens for '{}' are not sent to '{}'",
                   server_url_.Origin(), asked.Origin());
}

bool OAuthAuthorizer::IsRunningOut(const Tokens& tokens) const {
  return tokens.expires_us != 0 && tokens.expires_us - kSafetyUs <= parts_.clock.UnixMicros();
}

Status OAuthAuthorizer::CountRenewal() {
  const int64_t now_us = parts_.clock.MonotonicMicros();
  while (!renewals_us_.empty() && renewals_us_.front() <= now_us - kRenewalWindowUs)
    renewals_us_.pop_front();
  if (renewals_us_.size() >= kMaxRenewals)
    return MakeError(ErrorCode::kPermissionDenied,
                     "'{}' has refused {} tokens within two minutes; more would not help, so ask "
                     "its operator why",
                     server_url_.Origin(), kMaxRenewals);
  renewals_us_.push_back(now_us);
  return {};
}

Status OAuthAuthorizer::CheckStepUp(const BearerChallenge& challenge) {
  const Scopes wanted = ChallengedScopes(challenge).value_or(Scopes{});
  if (wanted.empty())
    return MakeError(ErrorCode::kPermissionDenied,
                     "'{}' wants more rights than the token gives and does not name them; ask its "
                     "operator",
                     server_url_.Origin());
  const std::optional<Tokens> tokens = CurrentTokens();
  if (tokens && ContainsAll(tokens->scopes, wanted))
    return MakeError(ErrorCode::kPermissionDenied,
                     "'{}' wants the scopes '{}', which the token has already; another token would "
                     "not help, so ask its operator for access",
                     server_url_.Origin(), Printable(ScopeText(wanted)));
  return {};
}

// --- from a refusal to a token ---

Status OAuthAuthorizer::Renew(const std::optional<BearerChallenge>& challenge, bool is_step_up,
                              const std::stop_token& stop) {
  if (!server_url_.is_https() && !server_url_.IsLoopback())
    return MakeError(ErrorCode::kPermissionDenied,
                     "'{}' asks for a token but is not https, so that it could be read on the way; "
                     "configure it with https",
                     server_url_.Origin());
  ASSIGN_OR_RETURN(Findings findings, Discover(challenge, stop));
  std::optional<Tokens> tokens = CurrentTokens();
  if (tokens && (tokens->issuer != findings.server.issuer ||
                 tokens->resource != findings.resource.resource)) {
    RETURN_IF_ERROR(Forget());
    tokens.reset();
  }
  if (tokens && !is_step_up && !tokens->refresh_token.empty()) {
    ASSIGN_OR_RETURN(const bool is_renewed, Refresh(findings.server, *tokens, stop));
    if (is_renewed) return {};
  }
  findings.scopes =
      ChooseScopes({.challenged = ChallengedScopes(findings.challenge),
                    .resource_supports = findings.resource.scopes_supported,
                    .server_supports = findings.server.scopes_supported,
                    .asked_before = tokens ? UnionOf(asked_scopes_, tokens->scopes) : Scopes{},
                    .configured = options_.scopes,
                    .wants_refresh_token = options_.grant == Grant::kSignIn});
  ASSIGN_OR_RETURN(Tokens obtained, Obtain(findings, stop));
  asked_scopes_ = findings.scopes;
  return Keep(std::move(obtained));
}

Result<OAuthAuthorizer::Findings> OAuthAuthorizer::Discover(
    const std::optional<BearerChallenge>& challenge, const std::stop_token& stop) {
  Findings findings{.challenge = challenge, .resource = {}, .server = {}, .scopes = {}};
  ASSIGN_OR_RETURN(findings.resource, DiscoverResource(parts_.http, server_url_, challenge, stop));
  ASSIGN_OR_RETURN(const std::string issuer, ChooseIssuer(findings.resource));
  server_.reset();  // read anew: it may have changed since
  ASSIGN_OR_RETURN(findings.server, ServerOf(issuer, stop));
  return findings;
}

Result<std::string> OAuthAuthorizer::ChooseIssuer(const ResourceMetadata& resource) {
  const std::vector<std::string>& listed = resource.authorization_servers;
  const auto is_listed = [&](const std::string& issuer) {
    return std::ranges::find(listed, issuer) != listed.end();
  };
  if (options_.client && !options_.client->issuer.empty()) {
    if (is_listed(options_.client->issuer)) return options_.client->issuer;
    return MakeError(ErrorCode::kPermissionDenied,
                     "the client configured for '{}' belongs to the authorization server '{}', but "
                     "the server now names '{}'; credentials of one are not sent to another, so "
                     "register there and configure that client",
                     server_url_.Origin(), Printable(options_.client->issuer),
                     Printable(listed[0]));
  }
  if (const std::optional<Tokens> tokens = CurrentTokens(); tokens && is_listed(tokens->issuer))
    return tokens->issuer;
  for (const std::string& issuer : listed) {
    ASSIGN_OR_RETURN(const std::optional<Client> known, parts_.store.FindClient(issuer));
    if (known) return issuer;
  }
  return listed[0];
}

Result<ServerMetadata> OAuthAuthorizer::ServerOf(const std::string& issuer,
                                                 const std::stop_token& stop) {
  if (!server_ || server_->issuer != issuer) {
    ASSIGN_OR_RETURN(server_, DiscoverServer(parts_.http, issuer, server_url_, stop));
  }
  return *server_;
}

Result<Tokens> OAuthAuthorizer::Obtain(const Findings& findings, const std::stop_token& stop) {
  if (options_.grant == Grant::kSignIn) return ObtainBySignIn(findings, stop);
  ASSIGN_OR_RETURN(const Client client, ConfiguredClient(findings.server));
  const std::string& resource = findings.resource.resource;
  if (options_.grant == Grant::kClientCredentials)
    return AskForTokens(findings.server, client, ClientCredentialsFields(findings.scopes, resource),
                        findings, stop);
  ASSIGN_OR_RETURN(const std::string assertion,
                   parts_.assertions->Assertion(findings.server.issuer, resource, stop));
  return AskForTokens(findings.server, client,
                      AssertionFields(assertion, findings.scopes, resource), findings, stop);
}

Result<Tokens> OAuthAuthorizer::ObtainBySignIn(const Findings& findings,
                                               const std::stop_token& stop) {
  ASSIGN_OR_RETURN(const std::optional<Client> known,
                   parts_.store.FindClient(findings.server.issuer));
  ASSIGN_OR_RETURN(const std::unique_ptr<BrowserVisit> visit,
                   parts_.browser->Open(known ? known->redirect_uri : ""));
  ASSIGN_OR_RETURN(const Client client, ClientFor(findings.server, visit->redirect_uri(), stop));
  return VisitAndRedeem(findings, client, *visit, stop);
}

Result<Tokens> OAuthAuthorizer::VisitAndRedeem(const Findings& findings, const Client& client,
                                               BrowserVisit& visit, const std::stop_token& stop) {
  const Pkce pkce = NewPkce();
  const AuthorizationRequest request{.redirect_uri = visit.redirect_uri(),
                                     .client_id = client.id,
                                     .resource = findings.resource.resource,
                                     .scopes = findings.scopes,
                                     .state = RandomText(),
                                     .code_challenge = pkce.challenge};
  ASSIGN_OR_RETURN(const std::string url, AuthorizationUrl(findings.server, request));
  ASSIGN_OR_RETURN(const std::string redirect, visit.Go({.url = url,
                                                         .server_url = options_.server_url,
                                                         .issuer = findings.server.issuer,
                                                         .scopes = findings.scopes,
                                                         .state = request.state},
                                                        stop));
  ASSIGN_OR_RETURN(const std::string code, CodeOfRedirect(redirect, findings.server, request));
  return AskForTokens(findings.server, client,
                      CodeFields(code, request.redirect_uri, pkce.verifier, request.resource),
                      findings, stop);
}

// --- clients ---

Result<Client> OAuthAuthorizer::ConfiguredClient(const ServerMetadata& server) {
  if (options_.client->issuer.empty()) options_.client->issuer = server.issuer;
  Client client = *options_.client;
  if (client.issuer != server.issuer)
    return MakeError(ErrorCode::kPermissionDenied,
                     "the configured client belongs to '{}' and is not shown to '{}'",
                     Printable(client.issuer), Printable(server.issuer));
  ASSIGN_OR_RETURN(client.auth, ChooseTokenAuth(server, !client.secret.empty()));
  return client;
}

std::optional<Client> OAuthAuthorizer::DocumentClient(const ServerMetadata& server) const {
  if (options_.client_metadata_url.empty() || !server.takes_client_metadata_documents)
    return std::nullopt;
  return Client{.issuer = server.issuer, .id = options_.client_metadata_url};
}

Result<Client> OAuthAuthorizer::ClientFor(const ServerMetadata& server,
                                          const std::string& redirect_uri,
                                          const std::stop_token& stop) {
  if (options_.client) return ConfiguredClient(server);
  if (const std::optional<Client> client = DocumentClient(server)) return *client;
  ASSIGN_OR_RETURN(const std::optional<Client> known, parts_.store.FindClient(server.issuer));
  if (known && known->redirect_uri == redirect_uri && !IsExpired(*known, parts_.clock.UnixMicros()))
    return *known;
  return Register(server, redirect_uri, stop);
}

Result<std::optional<Client>> OAuthAuthorizer::KnownClient(const ServerMetadata& server,
                                                           const std::string& client_id) {
  if (options_.client && options_.client->id == client_id) {
    ASSIGN_OR_RETURN(Client configured, ConfiguredClient(server));
    return std::optional<Client>(std::move(configured));
  }
  if (std::optional<Client> client = DocumentClient(server); client && client->id == client_id)
    return client;
  ASSIGN_OR_RETURN(std::optional<Client> stored, parts_.store.FindClient(server.issuer));
  if (stored && stored->id != client_id) stored.reset();
  return stored;
}

Result<Client> OAuthAuthorizer::Register(const ServerMetadata& server,
                                         const std::string& redirect_uri,
                                         const std::stop_token& stop) {
  if (server.registration_endpoint.empty())
    return MakeError(ErrorCode::kUnsupported,
                     "'{}' registers no clients by itself; register one there with the redirect "
                     "address '{}' and put its id into the configuration",
                     Printable(server.issuer), redirect_uri);
  ASSIGN_OR_RETURN(const TokenAuth auth, ChooseRegistrationAuth(server));
  const json::Json body = RegistrationRequest(server, options_.client_name, redirect_uri, auth);
  ASSIGN_OR_RETURN(const net::HttpResponse response,
                   parts_.http.Send({.method = "POST",
                                     .url = server.registration_endpoint,
                                     .headers = {{"Accept", "application/json"},
                                                 {"Content-Type", "application/json"}},
                                     .body = json::Dump(body)},
                                    OAuthLimits(), stop));
  if (response.status != 200 && response.status != 201)
    return MakeError(ErrorCode::kPermissionDenied,
                     "'{}' does not register this client: {} (status {}); register one by hand and "
                     "put its id into the configuration",
                     Printable(server.issuer), TokenErrorCode(response), response.status);
  ASSIGN_OR_RETURN(const json::Json document, json::Parse(response.body));
  ASSIGN_OR_RETURN(Client client, ParseRegistration(document, server.issuer, redirect_uri, auth));
  RETURN_IF_ERROR(parts_.store.PutClient(client));
  return client;
}

// --- tokens ---

Result<Tokens> OAuthAuthorizer::AskForTokens(const ServerMetadata& server, const Client& client,
                                             const net::FormFields& fields,
                                             const Findings& findings,
                                             const std::stop_token& stop) {
  ASSIGN_OR_RETURN(const net::HttpResponse response,
                   parts_.http.Send(TokenRequest(server, client, fields), OAuthLimits(), stop));
  if (TokenErrorCode(response) == "invalid_client")
    RETURN_IF_ERROR(parts_.store.ForgetClient(server.issuer));  // the next sign-in registers anew
  return ParseTokenResponse(response, {.client = client,
                                       .resource = findings.resource.resource,
                                       .asked_scopes = findings.scopes,
                                       .now_us = parts_.clock.UnixMicros()});
}

Result<bool> OAuthAuthorizer::Refresh(const ServerMetadata& server, const Tokens& old,
                                      const std::stop_token& stop) {
  ASSIGN_OR_RETURN(const std::optional<Client> client, KnownClient(server, old.client_id));
  if (!client) {
    RETURN_IF_ERROR(Forget());
    return false;
  }
  ASSIGN_OR_RETURN(
      const net::HttpResponse response,
      parts_.http.Send(TokenRequest(server, *client, RefreshFields(old)), OAuthLimits(), stop));
  if (response.status >= 400 && response.status < 500) {
    RETURN_IF_ERROR(Forget());
    return false;
  }
  ASSIGN_OR_RETURN(Tokens renewed,
                   ParseTokenResponse(response, {.client = *client,
                                                 .resource = old.resource,
                                                 .asked_scopes = old.scopes,
                                                 .now_us = parts_.clock.UnixMicros()}));
  if (renewed.refresh_token.empty()) renewed.refresh_token = old.refresh_token;
  RETURN_IF_ERROR(Keep(std::move(renewed)));
  return true;
}

// Before a token ends, without asking anybody.
Result<net::HttpHeaders> OAuthAuthorizer::RenewQuietly(const Tokens& tokens,
                                                       const std::stop_token& stop) {
  const bool has_ended = tokens.expires_us <= parts_.clock.UnixMicros();
  net::HttpHeaders as_it_is = has_ended ? net::HttpHeaders() : HeaderOf(tokens);
  if (tokens.refresh_token.empty()) return as_it_is;
  Result<ServerMetadata> server = ServerOf(tokens.issuer, stop);
  if (!server) return has_ended ? Result<net::HttpHeaders>(MakeError(server.error())) : as_it_is;
  const Result<bool> is_renewed = Refresh(*server, tokens, stop);
  if (!is_renewed)
    return has_ended ? Result<net::HttpHeaders>(MakeError(is_renewed.error())) : as_it_is;
  return *is_renewed ? HeaderOf(*CurrentTokens()) : net::HttpHeaders();
}

std::optional<Tokens> OAuthAuthorizer::CurrentTokens() const {
  const std::lock_guard lock(mutex_);
  return tokens_;
}

Status OAuthAuthorizer::Load() {
  {
    const std::lock_guard lock(mutex_);
    if (is_loaded_) return {};
  }
  ASSIGN_OR_RETURN(std::optional<Tokens> stored, parts_.store.FindTokens(server_url_.Text()));
  const std::lock_guard lock(mutex_);
  tokens_ = std::move(stored);
  is_loaded_ = true;
  return {};
}

// A store that can not be written costs a sign-in next time, not this one.
Status OAuthAuthorizer::Keep(Tokens tokens) {
  if (const Status kept = parts_.store.PutTokens(server_url_.Text(), tokens); !kept)
    Log(LogLevel::kWarn, "tokens are not kept beyond this process: " + kept.error().message);
  const std::lock_guard lock(mutex_);
  tokens_ = std::move(tokens);
  ++generation_;
  return {};
}

Status OAuthAuthorizer::Forget() {
  asked_scopes_.clear();
  {
    const std::lock_guard lock(mutex_);
    tokens_.reset();
  }
  return parts_.store.ForgetTokens(server_url_.Text());
}

}  // namespace weir::oauth
