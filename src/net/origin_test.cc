#include <gtest/gtest.h>

#include "net/http_server.h"

namespace weir::net {
namespace {

bool IsServed(const HttpHeaders& headers, const OriginRules& rules = {.port = 8123}) {
  return CheckOrigin({.method = "POST", .url = "/", .headers = headers}, rules).has_value();
}

TEST(CheckOrigin, AForeignHostIsRefusedWhateverItLooksLike) {
  for (const char* host :
       {"evil.example.com", "evil.example.com:8123", "localhost.evil.example:8123", "localhost",
        "localhost:8124", "localhost:", "localhost:81230", "127.0.0.1", "127.0.0.2:8123",
        "127.0.0.1:8123@evil.example", "[::1", "[::2]:8123", "::1:8123", "", " localhost:8123",
        "0.0.0.0:8123"}) {
    EXPECT_FALSE(IsServed({{"Host", host}})) << host;
  }
  EXPECT_FALSE(IsServed({}));
  EXPECT_FALSE(IsServed({{"Host", "localhost:8123"}, {"Host", "evil.example.com"}}));
}

TEST(CheckOrigin, APageOfAnotherSiteIsRefused) {
  for (const char* origin :
       {"http://evil.example.com", "https://evil.example.com", "null", "", "file://",
        "http://localhost", "http://localhost:9999", "http://localhost:8123/x",
        "http://localhost:8123.evil.example", "http://localhost:8123@evil.example",
        "ftp://localhost:8123", "http://"}) {
    EXPECT_FALSE(IsServed({{"Host", "localhost:8123"}, {"Origin", origin}})) << origin;
  }
  EXPECT_FALSE(IsServed({{"Host", "localhost:8123"},
                         {"Origin", "http://localhost:8123"},
                         {"Origin", "http://evil.example.com"}}));
}

TEST(CheckOrigin, LoopbackNamesWithOurPortAreServedWithAndWithoutOrigin) {
  for (const char* host : {"localhost:8123", "LOCALHOST:8123", "127.0.0.1:8123", "[::1]:8123"}) {
    EXPECT_TRUE(IsServed({{"Host", host}})) << host;
    EXPECT_TRUE(IsServed({{"Host", host}, {"Origin", std::string("http://") + host}})) << host;
  }
  EXPECT_TRUE(IsServed({{"Host", "localhost"}}, {.port = 80}));
}

TEST(CheckOrigin, AHostThatWasAllowedIsServedAsItIsWritten) {
  const OriginRules rules{.port = 8123, .hosts_also = {"weir.example:8123"}};
  EXPECT_TRUE(IsServed({{"Host", "weir.example:8123"}}, rules));
  EXPECT_TRUE(
      IsServed({{"Host", "weir.example:8123"}, {"Origin", "https://weir.example:8123"}}, rules));
  EXPECT_FALSE(IsServed({{"Host", "weir.example"}}, rules));
  EXPECT_FALSE(IsServed({{"Host", "weir.example:8124"}}, rules));
}

TEST(CheckOrigin, TheRefusalNamesTheHostWithoutItsControlCharacters) {
  const Status refused = CheckOrigin({.headers = {{"Host", "e\x1bvil"}}}, {.port = 1});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kPermissionDenied);
  EXPECT_NE(refused.error().message.find("'e?vil'"), std::string::npos);
}

TEST(IsLoopbackAddress, OnlyAddressesOfThisMachineAre) {
  for (const char* yes : {"127.0.0.1", "127.9.9.9", "::1"}) EXPECT_TRUE(IsLoopbackAddress(yes));
  for (const char* no : {"0.0.0.0", "::", "10.0.0.1", "localhost", "", "1.127.0.0"})
    EXPECT_FALSE(IsLoopbackAddress(no)) << no;
}

}  // namespace
}  // namespace weir::net
