#include "tests/conformance/auth_setup.h"

#include "oauth/browser.h"
#include "oauth/credentials.h"
#include "oauth/discovery.h"
#include "oauth/identity_provider.h"
#include "oauth/oauth_authorizer.h"

namespace weir::conformance {
namespace {

using json::Json;
using oauth::OAuthAuthorizer;
using oauth::OAuthOptions;

// The id that the suite expects of a client with a metadata document.
constexpr const char* kClientMetadataUrl = "https://conformance-test.local/client-metadata.json";
// Nobody listens there: the browser below does not follow the last redirect.
constexpr const char* kRedirectUri = "http://127.0.0.1:39517/callback";

// A person who is signed in already and agrees: the authorization endpoint answers with the
// redirect at once.
class AgreeingVisit : public oauth::BrowserVisit {
 public:
  explicit AgreeingVisit(net::HttpClient& http) : http_(http) {}

  const std::string& redirect_uri() const override { return redirect_uri_; }

  Result<std::string> Go(const oauth::SignIn& sign_in, const std::stop_token& stop) override {
    ASSIGN_OR_RETURN(const net::HttpResponse response,
                     http_.Send({.url = sign_in.url}, oauth::OAuthLimits(), stop));
    const auto location = response.headers.Find("Location");
    if (!location)
      return MakeError(ErrorCode::kPermissionDenied,
                       "the authorization endpoint answered {} without a redirect",
                       response.status);
    return std::string(*location);
  }

 private:
  net::HttpClient& http_;
  const std::string redirect_uri_ = kRedirectUri;
};

class AgreeingBrowser : public oauth::Browser {
 public:
  explicit AgreeingBrowser(net::HttpClient& http) : http_(http) {}
  Result<std::unique_ptr<oauth::BrowserVisit>> Open(const std::string&) override {
    return std::make_unique<AgreeingVisit>(http_);
  }

 private:
  net::HttpClient& http_;
};

class FixedAssertion : public oauth::AssertionSource {
 public:
  explicit FixedAssertion(std::string assertion) : assertion_(std::move(assertion)) {}
  Result<std::string> Assertion(const std::string&, const std::string&,
                                const std::stop_token&) override {
    return assertion_;
  }

 private:
  const std::string assertion_;
};

// The authorizer with all that it borrows but the HTTP client.
class ScenarioAuthorizer : public net::Authorizer {
 public:
  explicit ScenarioAuthorizer(net::HttpClient& http) : http_(http), browser_(http) {}

  Status Begin(OAuthOptions options, std::unique_ptr<oauth::AssertionSource> assertions) {
    assertions_ = std::move(assertions);
    ASSIGN_OR_RETURN(oauth_,
                     OAuthAuthorizer::Make(std::move(options), {.http = http_,
                                                                .clock = SystemClock(),
                                                                .store = store_,
                                                                .browser = &browser_,
                                                                .assertions = assertions_.get()}));
    return {};
  }

  Result<net::HttpHeaders> Authorize(const std::string& url, const std::stop_token& stop) override {
    return oauth_->Authorize(url, stop);
  }
  Status Refused(const std::string& url, const net::HttpResponse& response,
                 const std::stop_token& stop) override {
    return oauth_->Refused(url, response, stop);
  }

 private:
  net::HttpClient& http_;
  AgreeingBrowser browser_;
  oauth::MemoryCredentialStore store_;
  std::unique_ptr<oauth::AssertionSource> assertions_;
  std::unique_ptr<OAuthAuthorizer> oauth_;
};

std::string ContextText(const Json& context, const char* name) {
  const auto found = context.find(name);
  return found != context.end() && found->is_string() ? found->get<std::string>() : "";
}

std::unique_ptr<oauth::AssertionSource> AssertionsFor(const std::string& scenario,
                                                      const Json& context,
                                                      const std::string& server_url,
                                                      net::HttpClient& http) {
  if (scenario != "auth/enterprise-managed-authorization")
    return std::make_unique<FixedAssertion>(ContextText(context, "valid_jwt"));
  return std::make_unique<oauth::IdentityAssertions>(
      oauth::IdentityProvider{.token_endpoint = ContextText(context, "idp_token_endpoint"),
                              .client_id = ContextText(context, "idp_client_id"),
                              .id_token = ContextText(context, "idp_id_token")},
      server_url, http);
}

oauth::Grant GrantFor(const std::string& scenario) {
  if (scenario == "auth/client-credentials-basic") return oauth::Grant::kClientCredentials;
  if (scenario == "auth/wif-jwt-bearer" || scenario == "auth/enterprise-managed-authorization")
    return oauth::Grant::kAssertion;
  return oauth::Grant::kSignIn;
}

}  // namespace

Result<std::unique_ptr<net::Authorizer>> AuthorizerFor(const std::string& scenario,
                                                       const Json& context,
                                                       const std::string& server_url,
                                                       net::HttpClient& http) {
  if (!scenario.starts_with("auth/")) return std::unique_ptr<net::Authorizer>();
  OAuthOptions options{.server_url = server_url,
                       .grant = GrantFor(scenario),
                       .client_name = "Weir conformance client",
                       .client_metadata_url = kClientMetadataUrl};
  if (const std::string id = ContextText(context, "client_id"); !id.empty())
    options.client = oauth::Client{.issuer = ContextText(context, "issuer"),
                                   .id = id,
                                   .secret = ContextText(context, "client_secret")};
  auto authorizer = std::make_unique<ScenarioAuthorizer>(http);
  RETURN_IF_ERROR(
      authorizer->Begin(std::move(options), AssertionsFor(scenario, context, server_url, http)));
  return std::unique_ptr<net::Authorizer>(std::move(authorizer));
}

}  // namespace weir::conformance
