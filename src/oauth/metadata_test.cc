#include "oauth/metadata.h"

#include <gtest/gtest.h>

namespace weir::oauth {
namespace {

using json::Json;

net::Url At(const std::string& text) { return *net::ParseUrl(text); }

Json GoodResource() {
  return Json{{"resource", "https://mcp.example/a/mcp"},
              {"authorization_servers", Json::array({"https://as.example"})}};
}

Json GoodServer() {
  return Json{{"issuer", "https://as.example"},
              {"authorization_endpoint", "https://as.example/authorize"},
              {"token_endpoint", "https://as.example/token"}};
}

ErrorCode ResourceCode(const Json& document) {
  const auto parsed = ParseResourceMetadata(document, At("https://mcp.example/a/mcp"));
  return parsed ? ErrorCode::kInternal : parsed.error().code;
}

ErrorCode ServerCode(const Json& document, const std::string& from = "https://mcp.example/mcp") {
  const auto parsed = ParseServerMetadata(document, "https://as.example", At(from));
  return parsed ? ErrorCode::kInternal : parsed.error().code;
}

TEST(ResourceMetadata, OfAnotherResourceIsRefused) {
  for (const char* resource :
       {"https://evil.example/a/mcp", "https://mcp.example/b", "https://mcp.example/a/mcp/deeper",
        "https://mcp.example/a/mc", "http://mcp.example/a/mcp", "https://mcp.example:444/a/mcp",
        "https://mcp.example/a/mcp#x", "https://mcp.example/a/mcp?x=1", "mcp", ""}) {
    Json document = GoodResource();
    document["resource"] = resource;
    EXPECT_EQ(ResourceCode(document), ErrorCode::kPermissionDenied) << resource;
  }
}

TEST(ResourceMetadata, WithoutWhatItMustHoldIsRefused) {
  EXPECT_EQ(ResourceCode(Json::array()), ErrorCode::kCorruptData);
  for (const auto& [name, value] : {std::pair<const char*, Json>{"resource", nullptr},
                                    {"resource", 5},
                                    {"authorization_servers", Json::array()},
                                    {"authorization_servers", "https://as.example"},
                                    {"authorization_servers", Json::array({1})},
                                    {"scopes_supported", "a b"}}) {
    Json document = GoodResource();
    document[name] = value;
    EXPECT_EQ(ResourceCode(document), ErrorCode::kCorruptData) << name;
  }
}

TEST(ResourceMetadata, OfTheServerOrWhatItLiesBeneathIsTaken) {
  for (const char* resource :
       {"https://mcp.example/a/mcp", "https://mcp.example/a/mcp/", "https://mcp.example/a",
        "https://mcp.example", "https://mcp.example/", "https://MCP.example:443/a/mcp"}) {
    Json document = GoodResource();
    document["resource"] = resource;
    document["scopes_supported"] = Json::array({"x", "y"});
    const auto parsed = ParseResourceMetadata(document, At("https://mcp.example/a/mcp"));
    ASSERT_TRUE(parsed) << resource;
    EXPECT_EQ(parsed->resource, resource);
    EXPECT_EQ(parsed->scopes_supported, (Scopes{"x", "y"}));
  }
}

TEST(ServerMetadata, OfAnotherIssuerIsRefusedToTheByte) {
  for (const char* issuer : {"https://as.example/", "https://AS.example", "https://as.example:443",
                             "http://as.example", "https://evil.example", ""}) {
    Json document = GoodServer();
    document["issuer"] = issuer;
    EXPECT_EQ(ServerCode(document), ErrorCode::kPermissionDenied) << issuer;
  }
}

TEST(ServerMetadata, WithEndpointsThatMayNotBeUsedIsRefused) {
  for (const char* name : {"authorization_endpoint", "token_endpoint", "registration_endpoint"}) {
    for (const char* url : {"http://as.example/x", "http://127.0.0.1/x", "https://localhost/x",
                            "javascript:alert(1)", "file:///x", "https://user@as.example/"}) {
      Json document = GoodServer();
      document[name] = url;
      EXPECT_NE(ServerCode(document), ErrorCode::kInternal) << name << " " << url;
    }
  }
}

TEST(ServerMetadata, WithMembersOfOtherTypesIsRefused) {
  for (const auto& [name, value] : {std::pair<const char*, Json>{"issuer", nullptr},
                                    {"token_endpoint", nullptr},
                                    {"token_endpoint", 1},
                                    {"authorization_endpoint", true},
                                    {"code_challenge_methods_supported", "S256"},
                                    {"grant_types_supported", Json::object()},
                                    {"authorization_response_iss_parameter_supported", "true"}}) {
    Json document = GoodServer();
    document[name] = value;
    EXPECT_EQ(ServerCode(document), ErrorCode::kCorruptData) << name;
  }
}

TEST(ServerMetadata, FillsInWhatTheRfcSays) {
  const auto parsed =
      ParseServerMetadata(GoodServer(), "https://as.example", At("https://mcp.example/mcp"));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->token_auth_methods, std::vector<std::string>{"client_secret_basic"});
  EXPECT_TRUE(parsed->code_challenge_methods.empty());
  EXPECT_FALSE(parsed->sends_issuer);
  EXPECT_FALSE(parsed->scopes_supported);
}

TEST(CheckAddress, KeepsAStrangerFromLeadingUsToThisMachine) {
  const net::Url remote = At("https://mcp.example/");
  const net::Url local = At("http://localhost:8000/");
  EXPECT_TRUE(CheckAddress("x", "https://as.example/", remote));
  EXPECT_FALSE(CheckAddress("x", "https://127.0.0.1/", remote));
  EXPECT_FALSE(CheckAddress("x", "http://[::1]:5/", remote));
  EXPECT_FALSE(CheckAddress("x", "http://as.example/", remote));
  EXPECT_TRUE(CheckAddress("x", "http://127.0.0.1:9/", local));
  EXPECT_TRUE(CheckAddress("x", "https://as.example/", local));
  EXPECT_FALSE(CheckAddress("x", "http://as.example/", local));
}

TEST(WellKnown, PlacesStandInTheOrderOfTheSpecification) {
  using Urls = std::vector<std::string>;
  EXPECT_EQ(ResourceMetadataUrls(At("https://a/mcp")),
            (Urls{"https://a/.well-known/oauth-protected-resource/mcp",
                  "https://a/.well-known/oauth-protected-resource"}));
  EXPECT_EQ(ResourceMetadataUrls(At("https://a")),
            Urls{"https://a/.well-known/oauth-protected-resource"});
  EXPECT_EQ(ServerMetadataUrls(At("https://a")),
            (Urls{"https://a/.well-known/oauth-authorization-server",
                  "https://a/.well-known/openid-configuration"}));
  EXPECT_EQ(ServerMetadataUrls(At("https://a/t/")),
            (Urls{"https://a/.well-known/oauth-authorization-server/t",
                  "https://a/.well-known/openid-configuration/t",
                  "https://a/t/.well-known/openid-configuration"}));
}

}  // namespace
}  // namespace weir::oauth
