#include "oauth/registration.h"

#include <gtest/gtest.h>

namespace weir::oauth {
namespace {

using json::Json;

ServerMetadata ServerThatTakes(std::vector<std::string> methods) {
  return {.issuer = "https://as.example",
          .authorization_endpoint = "https://as.example/a",
          .token_endpoint = "https://as.example/t",
          .registration_endpoint = "https://as.example/r",
          .scopes_supported = std::nullopt,
          .grant_types = std::nullopt,
          .token_auth_methods = std::move(methods),
          .code_challenge_methods = {"S256"}};
}

Result<Client> Parse(const Json& document, TokenAuth asked = TokenAuth::kNone) {
  return ParseRegistration(document, "https://as.example", "http://127.0.0.1:5/callback", asked);
}

TEST(Registration, AnAnswerThatIsNoClientIsRefused) {
  for (const Json& document :
       {Json::array(), Json::object(), Json{{"client_id", ""}}, Json{{"client_id", 5}},
        Json{{"client_id", "a"}, {"client_secret", 5}},
        Json{{"client_id", "a"}, {"token_endpoint_auth_method", 5}}}) {
    const auto client = Parse(document);
    ASSERT_FALSE(client) << json::Dump(document);
    EXPECT_EQ(client.error().code, ErrorCode::kCorruptData);
  }
}

TEST(Registration, AMethodThatCanNotBeDoneIsRefused) {
  const Json with_jwt{{"client_id", "a"}, {"token_endpoint_auth_method", "private_key_jwt"}};
  EXPECT_EQ(Parse(with_jwt).error().code, ErrorCode::kUnsupported);
  const Json no_secret{{"client_id", "a"}, {"token_endpoint_auth_method", "client_secret_basic"}};
  EXPECT_EQ(Parse(no_secret).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(Parse(Json{{"client_id", "a"}}, TokenAuth::kSecretPost).error().code,
            ErrorCode::kUnsupported);
}

TEST(Registration, TakesWhatTheServerChose) {
  const auto client = Parse({{"client_id", "a"},
                             {"client_secret", "s"},
                             {"client_secret_expires_at", 100},
                             {"token_endpoint_auth_method", "client_secret_post"}});
  ASSERT_TRUE(client);
  EXPECT_EQ(*client, (Client{.issuer = "https://as.example",
                             .id = "a",
                             .secret = "s",
                             .auth = TokenAuth::kSecretPost,
                             .redirect_uri = "http://127.0.0.1:5/callback",
                             .secret_expires_us = 100'000'000}));
  EXPECT_FALSE(IsExpired(*client, 99'999'999));
  EXPECT_TRUE(IsExpired(*client, 100'000'000));
}

TEST(Registration, ASecretThatIsNotNeededIsNotKept) {
  const auto client = Parse({{"client_id", "a"}, {"client_secret", "s"}});
  ASSERT_TRUE(client);
  EXPECT_EQ(client->secret, "");
  EXPECT_FALSE(IsExpired(*client, INT64_MAX));
}

TEST(Registration, AsksForWhatANativeClientNeeds) {
  ServerMetadata server = ServerThatTakes({"none"});
  Json request =
      RegistrationRequest(server, "Weir", "http://127.0.0.1:5/callback", TokenAuth::kNone);
  EXPECT_EQ(request["application_type"], "native");
  EXPECT_EQ(request["redirect_uris"], Json::array({"http://127.0.0.1:5/callback"}));
  EXPECT_EQ(request["grant_types"], Json::array({"authorization_code", "refresh_token"}));
  EXPECT_EQ(request["response_types"], Json::array({"code"}));
  EXPECT_EQ(request["token_endpoint_auth_method"], "none");
  server.grant_types = {"authorization_code"};
  request = RegistrationRequest(server, "Weir", "x", TokenAuth::kNone);
  EXPECT_EQ(request["grant_types"], Json::array({"authorization_code"}));
}

TEST(TokenAuthChoice, IsOneThatTheServerTakes) {
  EXPECT_EQ(*ChooseTokenAuth(ServerThatTakes({"client_secret_post", "client_secret_basic"}), true),
            TokenAuth::kSecretBasic);
  EXPECT_EQ(*ChooseTokenAuth(ServerThatTakes({"client_secret_post"}), true),
            TokenAuth::kSecretPost);
  EXPECT_EQ(*ChooseTokenAuth(ServerThatTakes({"client_secret_basic"}), false), TokenAuth::kNone);
  const auto none = ChooseTokenAuth(ServerThatTakes({"private_key_jwt"}), true);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(none.error().message.find("private_key_jwt"), std::string::npos);
  EXPECT_EQ(*ChooseRegistrationAuth(ServerThatTakes({"client_secret_basic", "none"})),
            TokenAuth::kNone);
  EXPECT_EQ(*ChooseRegistrationAuth(ServerThatTakes({"client_secret_basic"})),
            TokenAuth::kSecretBasic);
  EXPECT_FALSE(ChooseRegistrationAuth(ServerThatTakes({"tls_client_auth"})));
}

}  // namespace
}  // namespace weir::oauth
