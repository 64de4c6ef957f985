#include "schema/pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::schema {
namespace {

using ::testing::HasSubstr;

void ExpectMatches(const std::string& source, const std::vector<std::string>& good,
                   const std::vector<std::string>& bad) {
  const Result<std::shared_ptr<const Pattern>> pattern = Pattern::Compile(source);
  ASSERT_TRUE(pattern.has_value()) << source << ": " << pattern.error().message;
  for (const std::string& text : good)
    EXPECT_TRUE((*pattern)->Matches(text)) << source << " " << text;
  for (const std::string& text : bad)
    EXPECT_FALSE((*pattern)->Matches(text)) << source << " " << text;
}

TEST(PatternTest, WhatTakesMoreThanLinearTimeIsRefused) {
  for (const char* source : {"(?=a)", "(?!a)", "(?<=a)b", "(?<!a)b", "(a)\\1", "(?<n>a)\\k<n>"}) {
    const Result<std::shared_ptr<const Pattern>> pattern = Pattern::Compile(source);
    ASSERT_FALSE(pattern.has_value()) << source;
    EXPECT_EQ(pattern.error().code, ErrorCode::kUnsupported);
    EXPECT_THAT(pattern.error().message, HasSubstr(source));
  }
}

// RE2 would take these and mean something else.
TEST(PatternTest, WhatIsNoEcma262IsRefused) {
  for (const char* source : {"(?i)a", "\\Qa\\E", "\\Aa", "a\\z", "\\pN", "(?P<n>a)", "\\a", "\\07",
                             "[\\B]", "\\u{110000}", "\\uD800", "\\x4", "\\", "[a", "(?"}) {
    EXPECT_FALSE(Pattern::Compile(source).has_value()) << source;
  }
}

TEST(PatternTest, ClassesMeanWhatEcma262Says) {
  ExpectMatches("^[]", {}, {"", "a", "]"});
  ExpectMatches("^[^]$", {"a", "\n", "ä"}, {"", "ab"});
  ExpectMatches("^[[:alpha:]$", {":", "a", "["}, {"z", ""});
  ExpectMatches("^[\\s-]+$", {" -\t\u00a0\ufeff"}, {"a"});
  ExpectMatches("^[\\S]$", {"a", "ä"}, {" ", "\u2028"});
  ExpectMatches("^[\\b]$", {"\x08"}, {"b"});
  ExpectMatches("^[a^]+$", {"^a"}, {"b"});
  ExpectMatches("^[\\w.-]+$", {"a-b.c"}, {"a b"});
}

TEST(PatternTest, SetsMeanWhatEcma262Says) {
  ExpectMatches("^\\s$", {" ", "\v", "\u00a0", "\u3000", "\ufeff"}, {"a", "\u200b"});
  ExpectMatches("^\\S$", {"a", "\u200b"}, {" ", "\v"});
  ExpectMatches("^.$", {"a", "ä"}, {"\n", "\r", "\u2028"});
  ExpectMatches("^\\d\\w$", {"1a", "1_"}, {"\u0663a", "1ä"});
  ExpectMatches("^\\p{Letter}\\p{Lu}\\P{L}\\p{Script=Greek}$", {"äÄ1α"}, {"1Ä1α", "äÄaα"});
}

TEST(PatternTest, EscapesMeanWhatEcma262Says) {
  ExpectMatches("^\\u00e4\\xe4\\u{e4}\\cA\\0$", {std::string("äää\x01\0", 8)}, {"ä"});
  ExpectMatches("^\\ud83d\\ude00$", {"😀"}, {"x"});
  ExpectMatches("^\\/\\-\\_\\.\\ä$", {"/-_.ä"}, {"/-_xä"});
  ExpectMatches("^(?<year>\\d{4})-(?:\\d\\d)$", {"2024-01"}, {"2024-1"});
  ExpectMatches("^a\\b", {"a b"}, {"ab"});
}

}  // namespace
}  // namespace weir::schema
