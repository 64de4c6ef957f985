#include "tests/conformance/auth_setup.h"

#include <optional>

#include "json/json.h"
#include "oauth/browser.h"
#include "oauth/credentials.h"
#include "oauth/discovery.h"
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

class Setup : public AuthSetup {
 public:
  explicit Setup(net::HttpClient& http) : browser_(http) {}

  Status Begin(OAuthOptions options, std::string assertion, net::HttpClient& http) {
    assertion_.emplace(std::move(assertion));
    ASSIGN_OR_RETURN(authorizer_,
                     OAuthAuthorizer::Make(std::move(options), {.http = http,
                                                                .clock = SystemClock(),
                                                                .store = store_,
                                                                .browser = &browser_,
                                                                .assertions = &*assertion_}));
    return {};
  }

  net::Authorizer& authorizer() override { return *authorizer_; }

 private:
  AgreeingBrowser browser_;
  oauth::MemoryCredentialStore store_;
  std::optional<FixedAssertion> assertion_;
  std::unique_ptr<OAuthAuthorizer> authorizer_;
};

std::string ContextText(const Json& context, const char* name) {
  const auto found = context.find(name);
  return found != context.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

Result<std::unique_ptr<AuthSetup>> MakeAuthSetup(const std::string& scenario,
                                                 const std::string& context,
                                                 const std::string& server_url,
                                                 net::HttpClient& http) {
  Json known = Json::object();
  if (!context.empty()) {
    ASSIGN_OR_RETURN(known, json::Parse(context));
  }
  OAuthOptions options{.server_url = server_url,
                       .client_name = "Weir conformance client",
                       .client_metadata_url = kClientMetadataUrl};
  if (scenario == "auth/client-credentials-basic") options.grant = oauth::Grant::kClientCredentials;
  if (scenario == "auth/wif-jwt-bearer") options.grant = oauth::Grant::kAssertion;
  if (const std::string id = ContextText(known, "client_id"); !id.empty())
    options.client = oauth::Client{.issuer = ContextText(known, "issuer"),
                                   .id = id,
                                   .secret = ContextText(known, "client_secret")};
  auto setup = std::make_unique<Setup>(http);
  RETURN_IF_ERROR(setup->Begin(std::move(options), ContextText(known, "valid_jwt"), http));
  return std::unique_ptr<AuthSetup>(std::move(setup));
}

}  // namespace weir::conformance
