#include "net/http_message.h"

#include <gtest/gtest.h>

namespace weir::net {
namespace {

TEST(HttpHeaders, NamesCompareWithoutCaseAndValuesKeepTheirOrder) {
  HttpHeaders headers{{"Accept", "a"}, {"X", "1"}};
  headers.Add("accept", "b");
  EXPECT_EQ(headers.Find("ACCEPT"), "a");
  EXPECT_EQ(headers.All("Accept"), (std::vector<std::string_view>{"a", "b"}));
  EXPECT_FALSE(headers.Find("accep"));
  headers.Set("ACCEPT", "c");
  EXPECT_EQ(headers.All("accept"), (std::vector<std::string_view>{"c"}));
  headers.Remove("x");
  EXPECT_EQ(headers.fields().size(), 1U);
}

TEST(MediaType, IsLowerCaseWithoutParametersAndSpaces) {
  EXPECT_EQ(MediaType("Text/Event-Stream; charset=utf-8"), "text/event-stream");
  EXPECT_EQ(MediaType("  application/json\t"), "application/json");
  EXPECT_EQ(MediaType(""), "");
  EXPECT_EQ(MediaType(" ;x"), "");
}

TEST(EqualsIgnoringCase, OnlyAsciiLettersAreTheSame) {
  EXPECT_TRUE(EqualsIgnoringCase("aZ", "Az"));
  EXPECT_FALSE(EqualsIgnoringCase("a", "ab"));
  EXPECT_FALSE(EqualsIgnoringCase("[", "{"));
}

}  // namespace
}  // namespace weir::net
