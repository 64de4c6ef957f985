#include "schema/format.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::schema {
namespace {

struct Case {
  std::string format;
  std::vector<std::string> good;
  std::vector<std::string> bad;
};

TEST(FormatTest, KnownFormatsAreChecked) {
  const std::vector<Case> cases = {
      {"date",
       {"2024-02-29", "1999-12-31"},
       {"2023-02-29", "2024-13-01", "2024-00-10", "2024-1-1", "2024-04-31", ""}},
      {"time",
       {"12:00:00Z", "23:59:60+05:30", "01:02:03.5-00:00"},
       {"12:00:00", "24:00:00Z", "12:00:00.Z", "12:00:00+5:30"}},
      {"date-time",
       {"2024-01-02T03:04:05Z", "2024-01-02t03:04:05.678+01:00"},
       {"2024-01-02", "2024-01-02T03:04:05", "x"}},
      {"email",
       {"a@b.example", "first.last+tag@mail.example.org"},
       {"a", "@b", "a@", "a b@c.d", ".a@b.c", "a@b..c"}},
      {"uri",
       {"https://example.org/a?b#c", "mailto:a@b.c"},
       {"example.org", "/a/b", "http:", "http://a b"}},
      {"uuid",
       {"123e4567-e89b-12d3-a456-426614174000"},
       {"123e4567e89b12d3a456426614174000", "g23e4567-e89b-12d3-a456-426614174000"}},
      {"ipv4", {"127.0.0.1"}, {"127.0.0", "256.0.0.1", "::1"}},
      {"ipv6", {"::1", "2001:db8::8a2e:370:7334"}, {"127.0.0.1", "::g"}},
      {"hostname", {"a", "www.example.org"}, {"", "-a", "a-", "a..b", "a_b"}},
  };
  for (const Case& c : cases) {
    for (const std::string& text : c.good)
      EXPECT_TRUE(MatchesFormat(c.format, text)) << c.format << " " << text;
    for (const std::string& text : c.bad)
      EXPECT_FALSE(MatchesFormat(c.format, text)) << c.format << " " << text;
  }
}

TEST(FormatTest, UnknownFormatsAcceptEverything) {
  EXPECT_TRUE(MatchesFormat("", "x"));
  EXPECT_TRUE(MatchesFormat("int64", "x"));
}

TEST(FormatTest, AZeroByteIsNoPartOfAnAddress) {
  EXPECT_FALSE(MatchesFormat("ipv4", std::string_view("1.2.3.4\0x", 9)));
}

}  // namespace
}  // namespace weir::schema
