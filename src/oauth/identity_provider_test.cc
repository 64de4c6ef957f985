#include "oauth/identity_provider.h"

#include <gtest/gtest.h>

#include "oauth/testing/fake_web.h"

namespace weir::oauth {
namespace {

using json::Json;

constexpr const char* kTokenUrl = "https://idp.example/token";
constexpr const char* kIdJag = "urn:ietf:params:oauth:token-type:id-jag";

Result<std::string> AssertionFrom(FakeWeb& web, const std::string& token_url = kTokenUrl) {
  IdentityAssertions source({.token_endpoint = token_url, .client_id = "me", .id_token = "SECRET"},
                            "https://mcp.example/mcp", web);
  return source.Assertion("https://as.example", "https://mcp.example/mcp", {});
}

TEST(IdentityAssertions, TheTokenGoesToNoAddressThatMayNotBeUsed) {
  FakeWeb web;
  EXPECT_FALSE(AssertionFrom(web, "http://idp.example/token"));
  EXPECT_FALSE(AssertionFrom(web, "https://127.0.0.1/token"));
  EXPECT_TRUE(web.requests().empty());
}

TEST(IdentityAssertions, ARefusalOrSomethingElseIsAnErrorWithoutTheSecret) {
  FakeWeb web;
  web.Put(kTokenUrl, [](const net::HttpRequest&) {
    return JsonResponse(400, {{"error", "invalid_grant"}, {"error_description", "SECRET"}});
  });
  const auto refused = AssertionFrom(web);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(refused.error().message.find("SECRET"), std::string::npos);
  for (const Json& answer :
       {Json::array(), Json{{"access_token", "a"}}, Json{{"issued_token_type", kIdJag}},
        Json{{"access_token", "a"},
             {"issued_token_type", "urn:ietf:params:oauth:token-type:jwt"}}}) {
    web.PutJson(kTokenUrl, answer);
    EXPECT_EQ(AssertionFrom(web).error().code, ErrorCode::kCorruptData);
  }
}

TEST(IdentityAssertions, ExchangesTheIdTokenForOneServerAndResource) {
  FakeWeb web;
  web.PutJson(kTokenUrl,
              {{"access_token", "jag"}, {"issued_token_type", kIdJag}, {"token_type", "N_A"}});
  EXPECT_EQ(*AssertionFrom(web), "jag");
  const net::FormFields sent = FormOf(web.requests()[0]);
  EXPECT_EQ(FieldIn(sent, "audience"), "https://as.example");
  EXPECT_EQ(FieldIn(sent, "resource"), "https://mcp.example/mcp");
  EXPECT_EQ(FieldIn(sent, "subject_token"), "SECRET");
  EXPECT_EQ(FieldIn(sent, "requested_token_type"), kIdJag);
}

}  // namespace
}  // namespace weir::oauth
