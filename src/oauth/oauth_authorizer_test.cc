// The whole way from "401" to a token, with everything on it that can be wrong.

#include "oauth/oauth_authorizer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/base64.h"
#include "oauth/pkce.h"
#include "oauth/testing/fake_web.h"

namespace weir::oauth {
namespace {

using json::Json;

constexpr const char* kServerUrl = "https://mcp.example/mcp";
constexpr const char* kResourceUrl = "https://mcp.example/.well-known/oauth-protected-resource/mcp";
constexpr const char* kIssuer = "https://as.example";
constexpr const char* kOtherIssuer = "https://other.example/tenant";
constexpr int64_t kSecondUs = 1'000'000;

class OAuthTest : public testing::Test {
 protected:
  OAuthTest() { NameIssuer(kIssuer); }

  void NameIssuer(const std::string& issuer, const Json& scopes = nullptr) {
    Json document{{"resource", kServerUrl}, {"authorization_servers", Json::array({issuer})}};
    if (!scopes.is_null()) document["scopes_supported"] = scopes;
    web_.PutJson(kResourceUrl, document);
  }

  OAuthAuthorizer& Make(OAuthOptions options = {.server_url = kServerUrl}) {
    auto made = OAuthAuthorizer::Make(
        std::move(options), {.http = web_, .clock = clock_, .store = store_, .browser = &browser_});
    EXPECT_TRUE(made);
    authorizer_ = *std::move(made);
    return *authorizer_;
  }

  Status Refused(int status = 401, const std::string& challenge = "") {
    return authorizer_->Refused(kServerUrl, Refusal(status, challenge), {});
  }

  // The Authorization header that goes along now, or "".
  std::string Header() {
    const auto headers = authorizer_->Authorize(kServerUrl, {});
    EXPECT_TRUE(headers) << headers.error().message;
    return headers ? std::string(headers->Find("Authorization").value_or("")) : "";
  }

  // An error, no sign-in finished, no token asked for.
  void ExpectRefusal(const Status& status, ErrorCode code) {
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, code) << status.error().message;
    EXPECT_EQ(web_.CountOf(std::string(kIssuer) + "/token"), 0);
    EXPECT_EQ(Header(), "");
  }

  // What the last sign-in asked for.
  std::string Asked(const std::string& name) {
    const auto url = net::ParseUrl(browser_.sign_ins.back().url);
    return FieldIn(*net::DecodeForm(*url->query), name);
  }

  // A token endpoint that gives refresh tokens and takes them when `takes_refresh`.
  void GiveRefreshTokens(const bool* takes_refresh) {
    server_.token = [this, takes_refresh](const net::FormFields& fields) {
      if (FieldIn(fields, "grant_type") == "refresh_token" && !*takes_refresh)
        return JsonResponse(400, {{"error", "invalid_grant"}});
      ++server_.n_tokens;
      return JsonResponse(200, {{"access_token", "token-" + std::to_string(server_.n_tokens)},
                                {"token_type", "Bearer"},
                                {"expires_in", 100},
                                {"refresh_token", "refresh-" + std::to_string(server_.n_tokens)}});
    };
  }

  FakeWeb web_;
  FakeAuthorizationServer server_{web_, kIssuer};
  FakeAuthorizationServer other_{web_, kOtherIssuer};
  FakeBrowser browser_;
  MemoryCredentialStore store_;
  FakeClock clock_{1'000 * kSecondUs};
  std::unique_ptr<OAuthAuthorizer> authorizer_;
};

// --- refusals before anything is asked of a person ---

TEST_F(OAuthTest, ATokenGoesToNoOtherOrigin) {
  Make();
  ASSERT_TRUE(Refused());
  for (const char* url : {"https://evil.example/mcp", "http://mcp.example/mcp",
                          "https://mcp.example:8443/mcp", "https://mcp.example.evil/mcp", ""})
    EXPECT_FALSE(authorizer_->Authorize(url, {})) << url;
  EXPECT_FALSE(authorizer_->Refused("https://evil.example/mcp", Refusal(401, ""), {}));
}

TEST_F(OAuthTest, AServerWithoutHttpsGetsNoToken) {
  Make({.server_url = "http://mcp.example/mcp"});
  const Status status = authorizer_->Refused("http://mcp.example/mcp", Refusal(401, ""), {});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kPermissionDenied);
  EXPECT_TRUE(web_.requests().empty());
}

TEST_F(OAuthTest, MetadataOfAnotherResourceIsRefused) {
  web_.PutJson(kResourceUrl, {{"resource", "https://evil.example/mcp"},
                              {"authorization_servers", Json::array({kIssuer})}});
  Make();
  ExpectRefusal(Refused(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(web_.requests().size(), 1U);
}

TEST_F(OAuthTest, AChallengeMayNotLeadToThisMachineOrToPlainHttp) {
  Make();
  for (const char* url : {"http://127.0.0.1:9/x", "https://localhost/x", "http://mcp.example/x",
                          "file:///etc/passwd"}) {
    EXPECT_FALSE(Refused(401, std::string("Bearer resource_metadata=\"") + url + "\""));
    clock_.Advance(200 * kSecondUs);
  }
  EXPECT_TRUE(web_.requests().empty());
}

TEST_F(OAuthTest, MetadataOfAnotherIssuerIsRefusedAndNotPassedOver) {
  server_.metadata["issuer"] = "https://attacker.example";
  server_.Publish();
  Make();
  ExpectRefusal(Refused(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(web_.urls(),
            (std::vector<std::string>{
                kResourceUrl, "https://as.example/.well-known/oauth-authorization-server"}));
}

TEST_F(OAuthTest, AnAuthorizationServerThatDoesNotAnswerIsNotPassedOver) {
  web_.Put("https://as.example/.well-known/oauth-authorization-server",
           [](const net::HttpRequest&) { return Refusal(503, ""); });
  Make();
  ExpectRefusal(Refused(), ErrorCode::kUnavailable);
  web_.Remove("https://as.example/.well-known/oauth-authorization-server");
  ExpectRefusal(Refused(), ErrorCode::kNotFound);
}

TEST_F(OAuthTest, WithoutPkceNobodySignsIn) {
  for (const Json& methods : {Json(nullptr), Json::array({"plain"})}) {
    server_.metadata["code_challenge_methods_supported"] = methods;
    server_.Publish();
    Make();
    ExpectRefusal(Refused(), ErrorCode::kUnsupported);
  }
  EXPECT_TRUE(browser_.sign_ins.empty());
}

TEST_F(OAuthTest, WithoutAnyWayToBecomeAClientTheErrorSaysWhatToDo) {
  server_.metadata.erase("registration_endpoint");
  server_.Publish();
  Make();
  const Status status = Refused();
  ExpectRefusal(status, ErrorCode::kUnsupported);
  EXPECT_NE(status.error().message.find(browser_.redirect_uri), std::string::npos);
}

TEST_F(OAuthTest, ARegistrationThatIsRefusedIsAnError) {
  web_.Put(std::string(kIssuer) + "/register", [](const net::HttpRequest&) {
    return JsonResponse(400, {{"error", "invalid_redirect_uri"}});
  });
  Make();
  const Status status = Refused();
  ExpectRefusal(status, ErrorCode::kPermissionDenied);
  EXPECT_NE(status.error().message.find("invalid_redirect_uri"), std::string::npos);
}

TEST_F(OAuthTest, A403WithoutAChallengeIsFinal) {
  Make();
  ExpectRefusal(Refused(403), ErrorCode::kPermissionDenied);
  ExpectRefusal(Refused(403, "Bearer error=\"invalid_token\""), ErrorCode::kPermissionDenied);
  ExpectRefusal(Refused(403, "Bearer error=\"insufficient_scope\""), ErrorCode::kPermissionDenied);
  EXPECT_TRUE(web_.requests().empty());
}

// --- refusals of what a person comes back with ---

TEST_F(OAuthTest, AnAnswerThatIsNotTheRightOneAsksForNoToken) {
  const auto with = [](const std::string& query) {
    return [query](const SignIn& sign_in, const std::string& uri) -> Result<std::string> {
      return uri + "?code=c&state=" + sign_in.state + query;
    };
  };
  const FakeBrowser::Answer answers[] = {
      with(""),
      with("&iss=https%3A%2F%2Fevil.example"),
      with("&iss=https%3A%2F%2Fas.example%2F"),
      with("&iss=https%3A%2F%2Fas.example&error=access_denied"),
      [](const SignIn&, const std::string& uri) -> Result<std::string> {
        return uri + "?code=c&state=other&iss=https%3A%2F%2Fas.example";
      },
      [](const SignIn& sign_in, const std::string&) {
        return FakeBrowser::RightAnswer(sign_in, "http://127.0.0.1:1/callback");
      }};
  for (const FakeBrowser::Answer& answer : answers) {
    browser_.answer = answer;
    Make();
    ExpectRefusal(Refused(), ErrorCode::kPermissionDenied);
  }
}

TEST_F(OAuthTest, AnUnadvertisedIssuerIsComparedAllTheSame) {
  server_.metadata.erase("authorization_response_iss_parameter_supported");
  server_.Publish();
  browser_.answer = [](const SignIn& sign_in, const std::string& uri) -> Result<std::string> {
    return uri + "?code=c&iss=https%3A%2F%2Fevil.example&state=" + sign_in.state;
  };
  Make();
  ExpectRefusal(Refused(), ErrorCode::kPermissionDenied);
  browser_.answer = [](const SignIn& sign_in, const std::string& uri) -> Result<std::string> {
    return uri + "?code=c&state=" + sign_in.state;
  };
  EXPECT_TRUE(Refused());
}

TEST_F(OAuthTest, APersonWhoSaysNoIsNotAskedAgain) {
  browser_.answer = [](const SignIn&, const std::string&) -> Result<std::string> {
    return MakeError(ErrorCode::kPermissionDenied, "no");
  };
  Make();
  ExpectRefusal(Refused(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(browser_.sign_ins.size(), 1U);
}

TEST_F(OAuthTest, NoErrorHoldsASecret) {
  server_.registration = Json{{"client_id", "id"},
                              {"client_secret", "SECRET"},
                              {"token_endpoint_auth_method", "client_secret_post"}};
  server_.Publish();
  server_.token = [](const net::FormFields& fields) {
    return JsonResponse(400, {{"error", "invalid_grant"},
                              {"error_description", json::Dump(FieldIn(fields, "code_verifier"))}});
  };
  Make();
  const Status status = Refused();
  ASSERT_FALSE(status);
  ASSERT_TRUE(server_.last_token_request);
  const net::FormFields sent = FormOf(*server_.last_token_request);
  EXPECT_EQ(FieldIn(sent, "client_secret"), "SECRET");
  for (const char* name : {"client_secret", "code", "code_verifier"})
    EXPECT_EQ(status.error().message.find(FieldIn(sent, name)), std::string::npos) << name;
}

// --- limits ---

TEST_F(OAuthTest, AServerThatRefusesEveryTokenIsGivenThree) {
  Make();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Refused()) << i;
  const Status status = Refused();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(browser_.sign_ins.size(), 3U);
  clock_.Advance(121 * kSecondUs);
  EXPECT_TRUE(Refused());
}

TEST_F(OAuthTest, ScopesThatTheTokenHasAreNotAskedForAgain) {
  Make();
  ASSERT_TRUE(Refused(401, "Bearer scope=\"admin\""));
  const Status status = Refused(403, "Bearer error=\"insufficient_scope\", scope=\"admin\"");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(browser_.sign_ins.size(), 1U);
}

// --- what works ---

TEST_F(OAuthTest, FromARefusalToAToken) {
  Make();
  EXPECT_EQ(Header(), "");
  ASSERT_TRUE(Refused());
  EXPECT_EQ(Header(), "Bearer https://as.example-token-1");
  EXPECT_EQ(Asked("resource"), kServerUrl);
  EXPECT_EQ(Asked("scope"), "(none)");
  EXPECT_EQ(Asked("client_id"), "https://as.example-client");
  const net::FormFields sent = FormOf(*server_.last_token_request);
  EXPECT_EQ(FieldIn(sent, "grant_type"), "authorization_code");
  EXPECT_EQ(FieldIn(sent, "code"), "the-code");
  EXPECT_EQ(FieldIn(sent, "resource"), kServerUrl);
  EXPECT_EQ(FieldIn(sent, "redirect_uri"), Asked("redirect_uri"));
  EXPECT_EQ(PkceChallenge(FieldIn(sent, "code_verifier")), Asked("code_challenge"));
  EXPECT_EQ((*server_.last_registration)["application_type"], "native");
}

TEST_F(OAuthTest, TheResourceIsSentAsItWasPublished) {
  web_.Remove(kResourceUrl);
  web_.PutJson(
      "https://mcp.example/.well-known/oauth-protected-resource",
      {{"resource", "https://mcp.example"}, {"authorization_servers", Json::array({kIssuer})}});
  Make();
  ASSERT_TRUE(Refused());
  EXPECT_EQ(Asked("resource"), "https://mcp.example");
  EXPECT_EQ(FieldIn(FormOf(*server_.last_token_request), "resource"), "https://mcp.example");
}

TEST_F(OAuthTest, TheChallengeSaysWhereTheMetadataLiesAndWhichScopes) {
  web_.PutJson("https://mcp.example/custom.json",
               {{"resource", kServerUrl},
                {"authorization_servers", Json::array({kOtherIssuer})},
                {"scopes_supported", Json::array({"x"})}});
  Make();
  ASSERT_TRUE(
      Refused(401, "Bearer resource_metadata=\"https://mcp.example/custom.json\", scope=\"a b\""));
  EXPECT_EQ(Asked("scope"), "a b");
  EXPECT_EQ(browser_.sign_ins[0].issuer, kOtherIssuer);
  EXPECT_EQ(web_.CountOf(kResourceUrl), 0);
}

TEST_F(OAuthTest, OpenIdDiscoveryIsTriedInOrderAndPagesThatAreNoJsonArePassedOver) {
  NameIssuer(kOtherIssuer);
  web_.Put("https://other.example/.well-known/oauth-authorization-server/tenant",
           [](const net::HttpRequest&) {
             return net::HttpResponse{
                 .status = 200, .headers = {{"Content-Type", "text/html"}}, .body = "<html>"};
           });
  web_.PutJson("https://other.example/tenant/.well-known/openid-configuration", other_.metadata);
  Make();
  ASSERT_TRUE(Refused());
  EXPECT_EQ(web_.CountOf("https://other.example/.well-known/openid-configuration/tenant"), 1);
  EXPECT_EQ(web_.CountOf("https://other.example/.well-known/oauth-authorization-server"), 0);
}

TEST_F(OAuthTest, WithoutResourceMetadataTheServersOriginIsAsked) {
  web_.Remove(kResourceUrl);
  FakeAuthorizationServer own(web_, "https://mcp.example");
  Make();
  ASSERT_TRUE(Refused());
  EXPECT_EQ(browser_.sign_ins[0].issuer, "https://mcp.example");
}

TEST_F(OAuthTest, MoreScopesAreAskedForTogetherWithThoseBefore) {
  NameIssuer(kIssuer, Json::array({"profile"}));
  Make();
  ASSERT_TRUE(Refused(401, "Bearer scope=\"basic\""));
  EXPECT_EQ(Asked("scope"), "basic");
  ASSERT_TRUE(Refused(403, "Bearer error=\"insufficient_scope\", scope=\"write\""));
  EXPECT_EQ(Asked("scope"), "write basic");
  EXPECT_EQ(Header(), "Bearer https://as.example-token-2");
  EXPECT_EQ(web_.CountOf(std::string(kIssuer) + "/register"), 1);
}

TEST_F(OAuthTest, OfflineAccessIsAskedForWhereItIsOffered) {
  NameIssuer(kIssuer, Json::array({"basic"}));
  server_.metadata["scopes_supported"] = Json::array({"basic", "offline_access"});
  server_.Publish();
  Make();
  ASSERT_TRUE(Refused());
  EXPECT_EQ(Asked("scope"), "basic offline_access");
  EXPECT_EQ(Asked("prompt"), "consent");
}

TEST_F(OAuthTest, AClientMetadataDocumentComesBeforeRegistration) {
  server_.metadata["client_id_metadata_document_supported"] = true;
  server_.Publish();
  Make({.server_url = kServerUrl, .client_metadata_url = "https://weir.example/client.json"});
  ASSERT_TRUE(Refused());
  EXPECT_EQ(Asked("client_id"), "https://weir.example/client.json");
  EXPECT_FALSE(server_.last_registration);
}

TEST_F(OAuthTest, AConfiguredClientComesFirst) {
  server_.metadata["client_id_metadata_document_supported"] = true;
  server_.metadata["token_endpoint_auth_methods_supported"] = Json::array({"client_secret_basic"});
  server_.Publish();
  Make({.server_url = kServerUrl,
        .client_metadata_url = "https://weir.example/client.json",
        .client = Client{.issuer = kIssuer, .id = "mine", .secret = "s"}});
  ASSERT_TRUE(Refused());
  EXPECT_EQ(Asked("client_id"), "mine");
  EXPECT_EQ(server_.last_token_request->headers.Find("Authorization"),
            "Basic " + ToBase64("mine:s"));
}

TEST_F(OAuthTest, AConfiguredClientIsNotShownToAnotherIssuer) {
  for (const std::string issuer : {"", kIssuer}) {
    NameIssuer(kIssuer);
    Make({.server_url = kServerUrl,
          .client = Client{.issuer = issuer, .id = "mine", .secret = "s"}});
    server_.metadata["token_endpoint_auth_methods_supported"] = Json::array({"client_secret_post"});
    server_.Publish();
    ASSERT_TRUE(Refused());
    NameIssuer(kOtherIssuer);
    const Status status = Refused();
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kPermissionDenied);
    EXPECT_FALSE(other_.last_token_request);
  }
}

TEST_F(OAuthTest, WhenTheAuthorizationServerChangesEverythingBeginsAnew) {
  bool takes_refresh = true;
  GiveRefreshTokens(&takes_refresh);
  Make();
  ASSERT_TRUE(Refused(401, "Bearer scope=\"a\""));
  NameIssuer(kOtherIssuer);
  ASSERT_TRUE(Refused(401, "Bearer scope=\"b\""));
  EXPECT_EQ(Asked("client_id"), std::string(kOtherIssuer) + "-client");
  EXPECT_EQ(Asked("scope"), "b");
  EXPECT_EQ(Header(), "Bearer " + std::string(kOtherIssuer) + "-token-1");
  for (const net::HttpRequest& request : web_.requests()) {
    if (!request.url.starts_with("https://other.example")) continue;
    EXPECT_EQ(request.body.find("as.example"), std::string::npos);
    EXPECT_EQ(request.body.find("refresh-"), std::string::npos);
  }
  EXPECT_EQ((*store_.FindTokens(kServerUrl))->issuer, kOtherIssuer);
}

TEST_F(OAuthTest, ATokenIsRenewedBeforeItEndsWithoutAPerson) {
  bool takes_refresh = true;
  GiveRefreshTokens(&takes_refresh);
  Make();
  ASSERT_TRUE(Refused());
  clock_.Advance(60 * kSecondUs);
  EXPECT_EQ(Header(), "Bearer token-1");
  clock_.Advance(11 * kSecondUs);
  EXPECT_EQ(Header(), "Bearer token-2");
  EXPECT_EQ(FieldIn(FormOf(*server_.last_token_request), "refresh_token"), "refresh-1");
  EXPECT_EQ(FieldIn(FormOf(*server_.last_token_request), "resource"), kServerUrl);
  EXPECT_EQ(browser_.sign_ins.size(), 1U);
  // Also when the server refuses it before that.
  ASSERT_TRUE(Refused());
  EXPECT_EQ(Header(), "Bearer token-3");
  EXPECT_EQ(browser_.sign_ins.size(), 1U);
}

TEST_F(OAuthTest, ARefreshTokenThatIsTakenNoMoreLeadsToASignIn) {
  bool takes_refresh = false;
  GiveRefreshTokens(&takes_refresh);
  Make();
  ASSERT_TRUE(Refused());
  clock_.Advance(90 * kSecondUs);
  EXPECT_EQ(Header(), "");
  EXPECT_FALSE(*store_.FindTokens(kServerUrl));
  ASSERT_TRUE(Refused());
  EXPECT_EQ(browser_.sign_ins.size(), 2U);
  EXPECT_EQ(Header(), "Bearer token-2");
}

TEST_F(OAuthTest, ARefreshThatCanNotBeTriedKeepsTheTokenUntilItEnds) {
  bool takes_refresh = true;
  GiveRefreshTokens(&takes_refresh);
  Make();
  ASSERT_TRUE(Refused());
  server_.token = [](const net::FormFields&) { return Refusal(503, ""); };
  clock_.Advance(80 * kSecondUs);
  EXPECT_EQ(Header(), "Bearer token-1");
  clock_.Advance(30 * kSecondUs);
  EXPECT_EQ(authorizer_->Authorize(kServerUrl, {}).error().code, ErrorCode::kUnavailable);
}

TEST_F(OAuthTest, TheNextProcessGoesOnWithWhatIsKept) {
  bool takes_refresh = true;
  GiveRefreshTokens(&takes_refresh);
  Make();
  ASSERT_TRUE(Refused());
  Make();
  EXPECT_EQ(Header(), "Bearer token-1");
  clock_.Advance(200 * kSecondUs);
  EXPECT_EQ(Header(), "Bearer token-2");
  EXPECT_EQ(browser_.sign_ins.size(), 1U);
  EXPECT_EQ(web_.CountOf(std::string(kIssuer) + "/register"), 1);
}

TEST_F(OAuthTest, ARegistrationIsForItsRedirectAddress) {
  Make();
  ASSERT_TRUE(Refused());
  ASSERT_TRUE(Refused());
  EXPECT_EQ(browser_.last_wanted, browser_.redirect_uri);
  EXPECT_EQ(web_.CountOf(std::string(kIssuer) + "/register"), 1);
  browser_.redirect_uri = "http://127.0.0.1:5001/callback";
  ASSERT_TRUE(Refused());
  EXPECT_EQ(web_.CountOf(std::string(kIssuer) + "/register"), 2);
}

TEST_F(OAuthTest, AClientThatTheServerNoLongerKnowsIsRegisteredAnew) {
  Make();
  ASSERT_TRUE(Refused());
  const auto right = server_.token;
  server_.token = [](const net::FormFields&) {
    return JsonResponse(401, {{"error", "invalid_client"}});
  };
  ASSERT_FALSE(Refused());
  server_.token = right;
  ASSERT_TRUE(Refused());
  EXPECT_EQ(web_.CountOf(std::string(kIssuer) + "/register"), 2);
}

TEST_F(OAuthTest, ClientCredentialsNeedNoPerson) {
  server_.metadata["token_endpoint_auth_methods_supported"] = Json::array({"client_secret_basic"});
  server_.metadata.erase("authorization_endpoint");
  server_.Publish();
  Make({.server_url = kServerUrl,
        .grant = Grant::kClientCredentials,
        .client = Client{.issuer = kIssuer, .id = "mine", .secret = "s"},
        .scopes = {"x"}});
  ASSERT_TRUE(Refused());
  EXPECT_EQ(FieldIn(FormOf(*server_.last_token_request), "grant_type"), "client_credentials");
  EXPECT_EQ(FieldIn(FormOf(*server_.last_token_request), "scope"), "x");
  EXPECT_EQ(Header(), "Bearer https://as.example-token-1");
  EXPECT_TRUE(browser_.sign_ins.empty());
}

// --- several threads ---

TEST_F(OAuthTest, OfManyThreadsThatAreRefusedOneSignsIn) {
  Make();
  std::atomic<int> n_waiting = 0;
  browser_.answer = [&](const SignIn& sign_in, const std::string& uri) -> Result<std::string> {
    while (n_waiting < 7) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return FakeBrowser::RightAnswer(sign_in, uri);
  };
  std::atomic<int> n_ok = 0;
  {
    std::vector<std::jthread> threads;
    threads.emplace_back([&] { n_ok += Refused().has_value() ? 1 : 0; });
    while (web_.requests().empty()) std::this_thread::yield();
    for (int i = 0; i < 7; ++i) {
      threads.emplace_back([&] {
        ++n_waiting;
        n_ok += Refused().has_value() ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(n_ok, 8);
  EXPECT_EQ(browser_.sign_ins.size(), 1U);
}

TEST_F(OAuthTest, AStopEndsTheWaitForAnothersSignIn) {
  Make();
  std::atomic<bool> is_in = false;
  std::atomic<bool> may_end = false;
  browser_.answer = [&](const SignIn& sign_in, const std::string& uri) -> Result<std::string> {
    is_in = true;
    while (!may_end) std::this_thread::yield();
    return FakeBrowser::RightAnswer(sign_in, uri);
  };
  const std::jthread first([&] { EXPECT_TRUE(Refused()); });
  while (!is_in) std::this_thread::yield();
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(authorizer_->Refused(kServerUrl, Refusal(401, ""), stop.get_token()).error().code,
            ErrorCode::kCancelled);
  EXPECT_EQ(authorizer_->Authorize(kServerUrl, stop.get_token()).error().code,
            ErrorCode::kCancelled);
  may_end = true;
}

TEST(OAuthAuthorizer, IsNotMadeWithoutWhatItsGrantNeeds) {
  FakeWeb web;
  FakeBrowser browser;
  MemoryCredentialStore store;
  const OAuthParts parts{.http = web, .clock = SystemClock(), .store = store, .browser = &browser};
  OAuthParts no_browser = parts;
  no_browser.browser = nullptr;
  EXPECT_FALSE(OAuthAuthorizer::Make({.server_url = "mcp.example"}, parts));
  EXPECT_FALSE(OAuthAuthorizer::Make({.server_url = kServerUrl}, no_browser));
  EXPECT_FALSE(
      OAuthAuthorizer::Make({.server_url = kServerUrl, .grant = Grant::kClientCredentials}, parts));
  EXPECT_FALSE(OAuthAuthorizer::Make({.server_url = kServerUrl,
                                      .grant = Grant::kAssertion,
                                      .client = Client{.issuer = kIssuer, .id = "a"}},
                                     parts));
}

}  // namespace
}  // namespace weir::oauth
