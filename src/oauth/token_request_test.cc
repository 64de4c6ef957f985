#include "oauth/token_request.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "oauth/testing/fake_web.h"

namespace weir::oauth {
namespace {

using json::Json;

const Client kClient{.issuer = "https://as.example", .id = "id 1", .secret = "s:e%"};

ServerMetadata ServerOfClient() {
  return {.issuer = "https://as.example",
          .authorization_endpoint = "",
          .token_endpoint = "https://as.example/token",
          .registration_endpoint = "",
          .scopes_supported = std::nullopt,
          .grant_types = std::nullopt,
          .token_auth_methods = {},
          .code_challenge_methods = {}};
}

Result<Tokens> ParseAnswer(const net::HttpResponse& response) {
  const std::string resource = "https://mcp.example";
  const Scopes asked = {"a"};
  return ParseTokenResponse(
      response,
      {.client = kClient, .resource = resource, .asked_scopes = asked, .now_us = 1'000'000});
}

Json GoodAnswer() { return Json{{"access_token", "secret-token"}, {"token_type", "bearer"}}; }

TEST(TokenResponse, ARefusalSaysTheCodeAndNothingElseOfTheAnswer) {
  const auto tokens = ParseAnswer(JsonResponse(
      400, {{"error", "invalid_grant"}, {"error_description", "code secret-code is used up"}}));
  ASSERT_FALSE(tokens);
  EXPECT_EQ(tokens.error().code, ErrorCode::kPermissionDenied);
  EXPECT_NE(tokens.error().message.find("invalid_grant"), std::string::npos);
  EXPECT_EQ(tokens.error().message.find("secret-code"), std::string::npos);
  EXPECT_EQ(ParseAnswer(Refusal(503, "")).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(
      ParseAnswer(JsonResponse(401, {{"error", "SECRET token"}})).error().message.find("SECRET"),
      std::string::npos);
}

TEST(TokenResponse, WhatIsNoBearerTokenIsRefusedAndNotRepeated) {
  EXPECT_EQ(ParseAnswer({.status = 200, .body = "secret"}).error().code, ErrorCode::kCorruptData);
  EXPECT_EQ(ParseAnswer(JsonResponse(200, Json::array())).error().code, ErrorCode::kCorruptData);
  for (const Json& token :
       {Json(""), Json(5), Json("secret\r\nEvil: 1"), Json("secret x"), Json("secret\xc3\xa4")}) {
    Json answer = GoodAnswer();
    answer["access_token"] = token;
    const auto tokens = ParseAnswer(JsonResponse(200, answer));
    ASSERT_FALSE(tokens);
    EXPECT_EQ(tokens.error().code, ErrorCode::kCorruptData);
    EXPECT_EQ(tokens.error().message.find("secret"), std::string::npos);
  }
  for (const Json& type : {Json("DPoP"), Json("mac"), Json(nullptr)}) {
    Json answer = GoodAnswer();
    answer["token_type"] = type;
    EXPECT_EQ(ParseAnswer(JsonResponse(200, answer)).error().code, ErrorCode::kUnsupported);
  }
}

TEST(TokenResponse, OddLifetimesAreNotBelieved) {
  const auto expiry = [](const Json& expires_in) {
    Json answer = GoodAnswer();
    answer["expires_in"] = expires_in;
    const auto tokens = ParseAnswer(JsonResponse(200, answer));
    return tokens ? tokens->expires_us : -1;
  };
  EXPECT_EQ(expiry(nullptr), 0);
  EXPECT_EQ(expiry("3600"), 0);
  EXPECT_EQ(expiry(-5), 1'000'000);
  EXPECT_EQ(expiry(10), 11'000'000);
  EXPECT_EQ(expiry(1e300), 1'000'000 + int64_t{3650} * 24 * 3600 * 1'000'000);
}

TEST(TokenResponse, BelongsToClientIssuerAndResource) {
  Json answer = GoodAnswer();
  answer["refresh_token"] = "r";
  const auto tokens = ParseAnswer(JsonResponse(200, answer));
  ASSERT_TRUE(tokens);
  EXPECT_EQ(*tokens, (Tokens{.issuer = "https://as.example",
                             .client_id = "id 1",
                             .resource = "https://mcp.example",
                             .access_token = "secret-token",
                             .refresh_token = "r",
                             .scopes = {"a"}}));
  answer["scope"] = "b c";
  EXPECT_EQ(ParseAnswer(JsonResponse(200, answer))->scopes, (Scopes{"b", "c"}));
}

TEST(TokenRequest, ProvesTheClientInOnePlaceOnly) {
  const net::FormFields fields = CodeFields("c", "http://127.0.0.1:5/callback", "v", "https://r");
  Client client = kClient;
  net::HttpRequest request = TokenRequest(ServerOfClient(), client, fields);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://as.example/token");
  EXPECT_FALSE(request.headers.Find("Authorization"));
  EXPECT_EQ(FieldIn(FormOf(request), "client_id"), "id 1");
  EXPECT_EQ(FieldIn(FormOf(request), "client_secret"), "(none)");
  EXPECT_EQ(FieldIn(FormOf(request), "code_verifier"), "v");
  EXPECT_EQ(FieldIn(FormOf(request), "resource"), "https://r");

  client.auth = TokenAuth::kSecretPost;
  request = TokenRequest(ServerOfClient(), client, fields);
  EXPECT_FALSE(request.headers.Find("Authorization"));
  EXPECT_EQ(FieldIn(FormOf(request), "client_secret"), "s:e%");

  client.auth = TokenAuth::kSecretBasic;
  request = TokenRequest(ServerOfClient(), client, fields);
  EXPECT_EQ(request.headers.Find("Authorization"), "Basic " + ToBase64("id%201:s%3Ae%25"));
  EXPECT_EQ(FieldIn(FormOf(request), "client_id"), "(none)");
  EXPECT_EQ(FieldIn(FormOf(request), "client_secret"), "(none)");
}

TEST(TokenRequest, HoldsTheFieldsOfItsGrant) {
  EXPECT_EQ(RefreshFields({.issuer = "i",
                           .client_id = "c",
                           .resource = "r",
                           .access_token = "a",
                           .refresh_token = "f"}),
            (net::FormFields{
                {"grant_type", "refresh_token"}, {"refresh_token", "f"}, {"resource", "r"}}));
  EXPECT_EQ(
      ClientCredentialsFields({"a", "b"}, "r"),
      (net::FormFields{{"grant_type", "client_credentials"}, {"resource", "r"}, {"scope", "a b"}}));
  EXPECT_EQ(AssertionFields("jwt", {}, "r"),
            (net::FormFields{{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"},
                             {"assertion", "jwt"},
                             {"resource", "r"}}));
}

TEST(TokenRequestDeathTest, NeverShowsAClientToAnotherIssuer) {
  Client client = kClient;
  client.issuer = "https://other.example";
  EXPECT_DEATH((void)TokenRequest(ServerOfClient(), client, {}), "issuer");
}

}  // namespace
}  // namespace weir::oauth
