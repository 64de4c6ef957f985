#include "oauth/authorization.h"

#include <gtest/gtest.h>

#include "net/url.h"

namespace weir::oauth {
namespace {

ServerMetadata Server() {
  return {.issuer = "https://as.example",
          .authorization_endpoint = "https://as.example/authorize",
          .token_endpoint = "https://as.example/token",
          .registration_endpoint = "",
          .scopes_supported = std::nullopt,
          .grant_types = std::nullopt,
          .token_auth_methods = {"none"},
          .code_challenge_methods = {"plain", "S256"},
          .sends_issuer = true};
}

AuthorizationRequest Request() {
  return {.redirect_uri = "http://127.0.0.1:5000/callback",
          .client_id = "id&1",
          .resource = "https://mcp.example/mcp",
          .scopes = {"a", "b"},
          .state = "the-state",
          .code_challenge = "challenge"};
}

ErrorCode CodeOf(const Result<std::string>& result) {
  return result ? ErrorCode::kInternal : result.error().code;
}

Result<std::string> Redirected(const std::string& query, bool sends_issuer = true) {
  ServerMetadata server = Server();
  server.sends_issuer = sends_issuer;
  return CodeOfRedirect("http://127.0.0.1:5000/callback?" + query, server, Request());
}

constexpr const char* kIss = "&iss=https%3A%2F%2Fas.example";

TEST(AuthorizationUrl, IsRefusedWithoutS256) {
  for (const std::vector<std::string>& methods :
       {std::vector<std::string>{}, {"plain"}, {"s256"}}) {
    ServerMetadata server = Server();
    server.code_challenge_methods = methods;
    EXPECT_EQ(CodeOf(AuthorizationUrl(server, Request())), ErrorCode::kUnsupported);
  }
}

TEST(AuthorizationUrl, IsRefusedWhereThereIsNoEndpointOrOneThatSpeaksForUs) {
  ServerMetadata server = Server();
  server.authorization_endpoint = "";
  EXPECT_EQ(CodeOf(AuthorizationUrl(server, Request())), ErrorCode::kUnsupported);
  for (const char* own : {"redirect_uri=https://evil", "state=x", "x=1&%73cope=all"}) {
    server.authorization_endpoint = std::string("https://as.example/authorize?") + own;
    EXPECT_EQ(CodeOf(AuthorizationUrl(server, Request())), ErrorCode::kPermissionDenied) << own;
  }
}

TEST(AuthorizationUrl, HoldsEverythingTheServerMustKnow) {
  ServerMetadata server = Server();
  server.authorization_endpoint += "?tenant=1";
  const auto text = AuthorizationUrl(server, Request());
  ASSERT_TRUE(text);
  const auto url = net::ParseUrl(*text);
  ASSERT_TRUE(url);
  EXPECT_EQ(url->Origin() + url->path, "https://as.example/authorize");
  EXPECT_EQ(*net::DecodeForm(*url->query),
            (net::FormFields{{"tenant", "1"},
                             {"response_type", "code"},
                             {"client_id", "id&1"},
                             {"redirect_uri", "http://127.0.0.1:5000/callback"},
                             {"state", "the-state"},
                             {"code_challenge", "challenge"},
                             {"code_challenge_method", "S256"},
                             {"resource", "https://mcp.example/mcp"},
                             {"scope", "a b"}}));
}

TEST(AuthorizationUrl, LeavesScopeOutWhenThereIsNoneAndAsksForConsentForOfflineAccess) {
  AuthorizationRequest request = Request();
  request.scopes = {};
  EXPECT_EQ(AuthorizationUrl(Server(), request)->find("scope"), std::string::npos);
  EXPECT_EQ(AuthorizationUrl(Server(), request)->find("prompt"), std::string::npos);
  request.scopes = {"a", "offline_access"};
  EXPECT_NE(AuthorizationUrl(Server(), request)->find("prompt=consent"), std::string::npos);
}

TEST(CodeOfRedirect, ToAnotherAddressIsRefused) {
  for (const char* address : {"http://127.0.0.1:5001/callback", "http://localhost:5000/callback",
                              "https://127.0.0.1:5000/callback", "http://127.0.0.1:5000/callback/",
                              "http://127.0.0.1:5000/", "https://evil.example/callback"})
    EXPECT_EQ(CodeOf(CodeOfRedirect(std::string(address) + "?code=c&state=the-state" + kIss,
                                    Server(), Request())),
              ErrorCode::kPermissionDenied)
        << address;
}

TEST(CodeOfRedirect, WithAnotherStateIsRefusedBeforeAnythingElseIsBelieved) {
  for (const char* query : {"code=c", "code=c&state=", "code=c&state=the-stat",
                            "code=c&state=THE-STATE", "error=access_denied"}) {
    const auto code = Redirected(std::string(query) + kIss);
    ASSERT_EQ(CodeOf(code), ErrorCode::kPermissionDenied) << query;
    EXPECT_NE(code.error().message.find("state"), std::string::npos) << query;
  }
}

TEST(CodeOfRedirect, FromAnotherIssuerIsRefusedToTheByteWhetherAdvertisedOrNot) {
  for (const char* issuer : {"https%3A%2F%2Fevil.example", "https%3A%2F%2Fas.example%2F",
                             "https%3A%2F%2FAS.example", "https%3A%2F%2Fas.example%3A443", ""}) {
    const std::string query = std::string("code=c&state=the-state&iss=") + issuer;
    EXPECT_EQ(CodeOf(Redirected(query, true)), ErrorCode::kPermissionDenied) << issuer;
    EXPECT_EQ(CodeOf(Redirected(query, false)), ErrorCode::kPermissionDenied) << issuer;
  }
  // Also an error is believed only from the right one.
  const auto error = Redirected("error=access_denied&state=the-state&iss=https%3A%2F%2Fevil");
  EXPECT_EQ(error.error().message.find("access_denied"), std::string::npos);
}

TEST(CodeOfRedirect, WithoutIssuerIsRefusedOnlyWhereOneIsPromised) {
  EXPECT_EQ(CodeOf(Redirected("code=c&state=the-state", true)), ErrorCode::kPermissionDenied);
  EXPECT_EQ(*Redirected("code=c&state=the-state", false), "c");
}

TEST(CodeOfRedirect, WithAParameterTwiceOrNoCodeIsRefused) {
  const std::string good = std::string("state=the-state") + kIss;
  EXPECT_EQ(CodeOf(Redirected("code=a&code=b&" + good)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(Redirected("code=a&state=x&" + good)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(Redirected(good)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(Redirected("code=&" + good)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(CodeOfRedirect("", Server(), Request())), ErrorCode::kInvalidArgument);
}

TEST(CodeOfRedirect, SaysWhyTheServerRefused) {
  const auto code = Redirected(
      std::string("error=access_denied&error_description=no+way%0Athere&state=the-state") + kIss);
  ASSERT_EQ(CodeOf(code), ErrorCode::kPermissionDenied);
  EXPECT_NE(code.error().message.find("access_denied: no way?there"), std::string::npos)
      << code.error().message;
}

TEST(CodeOfRedirect, GivesTheCode) {
  EXPECT_EQ(*Redirected(std::string("code=a%2Bb&state=the-state") + kIss), "a+b");
}

}  // namespace
}  // namespace weir::oauth
