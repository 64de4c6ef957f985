#include "oauth/challenge.h"

#include <gtest/gtest.h>

namespace weir::oauth {
namespace {

TEST(ParseChallenges, WhatBreaksTheGrammarIsLeftOutWithWhatFollows) {
  for (const char* text :
       {"", " , ,", "=x", "\"Bearer\"", "Bearer scope=\"open", "Bearer scope=\"a\\",
        "Bearer scope=", "Bearer scope=\"a\", scope=\"b\"", "Bearer scope=a, =b"})
    for (const Challenge& challenge : ParseChallenges(text))
      EXPECT_TRUE(challenge.parameters.empty() || challenge.Find("scope") == "a") << text;
  const auto kept =
      ParseChallenges("Basic realm=\"x\", Bearer scope=\"a\", scope=\"b\", Digest a=b");
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].scheme, "basic");
}

TEST(ParseChallenges, ReadsSchemesParametersAndTokens) {
  const auto challenges = ParseChallenges(
      "Negotiate, Basic YWJj==, BEARER Realm=\"a \\\"b\\\", c\", SCOPE = x ,error=invalid_token, "
      "DPoP");
  ASSERT_EQ(challenges.size(), 4U);
  EXPECT_EQ(challenges[0].scheme, "negotiate");
  EXPECT_EQ(challenges[1].scheme, "basic");
  EXPECT_TRUE(challenges[1].parameters.empty());
  EXPECT_EQ(challenges[2].scheme, "bearer");
  EXPECT_EQ(challenges[2].Find("realm"), "a \"b\", c");
  EXPECT_EQ(challenges[2].Find("scope"), "x");
  EXPECT_EQ(challenges[2].Find("error"), "invalid_token");
  EXPECT_FALSE(challenges[2].Find("x"));
  EXPECT_EQ(challenges[3].scheme, "dpop");
}

TEST(BearerChallenge, IsTheFirstOfSeveralFields) {
  const net::HttpHeaders headers = {
      {"WWW-Authenticate", "Basic realm=\"x\""},
      {"www-authenticate",
       "Bearer error=\"insufficient_scope\", scope=\"a b\", resource_metadata=\"https://a/b\""},
      {"WWW-Authenticate", "Bearer scope=\"other\""}};
  const auto challenge = BearerChallenge::Of(headers);
  ASSERT_TRUE(challenge);
  EXPECT_EQ(challenge->error, "insufficient_scope");
  EXPECT_EQ(challenge->scope, "a b");
  EXPECT_EQ(challenge->resource_metadata, "https://a/b");
  EXPECT_FALSE(BearerChallenge::Of({{"WWW-Authenticate", "Basic realm=\"x\""}}));
  EXPECT_FALSE(BearerChallenge::Of({}));
}

}  // namespace
}  // namespace weir::oauth
