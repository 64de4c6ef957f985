#include "unicode/utf8.h"

#include <gtest/gtest.h>
#include <utf8proc.h>

#include <array>
#include <random>
#include <string>

namespace weir::unicode {
namespace {

// Strict decoding by the oracle: the length of the sequence at the start, or a negative number.
int OracleLength(std::string_view text, int32_t* value) {
  return static_cast<int>(utf8proc_iterate(reinterpret_cast<const uint8_t*>(text.data()),
                                           static_cast<utf8proc_ssize_t>(text.size()), value));
}

TEST(Utf8, EveryScalarValueSurvivesAppendAndDecode) {
  for (char32_t value = 0; value <= 0x10FFFF; ++value) {
    if (value >= 0xD800 && value <= 0xDFFF) continue;
    std::string text;
    Append(value, &text);
    const CodePoint point = Decode(text, 0);
    ASSERT_TRUE(point.valid) << std::hex << static_cast<uint32_t>(value);
    ASSERT_EQ(point.value, value);
    ASSERT_EQ(point.n_bytes, static_cast<int>(text.size()));
    ASSERT_EQ(CompletePrefix(text), text.size());
  }
}

TEST(Utf8, EveryShortByteStringIsJudgedAsByUtf8proc) {
  for (int word = 0; word < 0x1000000; word += 7) {  // a step of 7 visits every pair of bytes
    const std::array<char, 4> bytes = {static_cast<char>(word), static_cast<char>(word >> 8),
                                       static_cast<char>(word >> 16), static_cast<char>(0xBF)};
    const std::string_view text(bytes.data(), bytes.size());
    int32_t oracle = 0;
    const int n_bytes = OracleLength(text, &oracle);
    const CodePoint point = Decode(text, 0);
    ASSERT_EQ(point.valid, n_bytes > 0) << std::hex << word;
    if (n_bytes <= 0) continue;
    ASSERT_EQ(point.n_bytes, n_bytes);
    ASSERT_EQ(static_cast<int32_t>(point.value), oracle);
  }
}

TEST(Utf8, RefusesSurrogatesOverlongFormsAndValuesBeyondUnicode) {
  for (const std::string_view bad :
       {"\xED\xA0\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\x80", "\xFF", "\xC3", "\xE2\x82"}) {
    EXPECT_FALSE(IsValidUtf8(bad)) << testing::PrintToString(bad);
  }
  EXPECT_TRUE(IsValidUtf8("a\xC3\xBC\xE2\x82\xAC\xF0\x9F\x9A\x80"));
  EXPECT_TRUE(IsValidUtf8(""));
}

TEST(Utf8, BadPartsAreReplacedOnceForEveryMaximalSubpart) {
  const std::string r = "\xEF\xBF\xBD";
  EXPECT_EQ(ReplaceInvalid("a\xF0\x9F\x9A"
                           "b"),
            "a" + r + "b");
  EXPECT_EQ(ReplaceInvalid("\xED\xA0\x80"), r + r + r);
  EXPECT_EQ(ReplaceInvalid("\xE2\x82"), r);
  EXPECT_EQ(ReplaceInvalid("\xC3\xC3\xBC"), r + "\xC3\xBC");
}

TEST(Utf8, CompletePrefixHoldsBackOnlyWhatMoreBytesCouldComplete) {
  EXPECT_EQ(CompletePrefix(""), 0u);
  EXPECT_EQ(CompletePrefix("ab"), 2u);
  EXPECT_EQ(CompletePrefix("a\xE2\x82"), 1u);
  EXPECT_EQ(CompletePrefix("a\xF0\x9F\x9A"), 1u);
  EXPECT_EQ(CompletePrefix("a\xE2\x82\xAC"), 4u);
  EXPECT_EQ(CompletePrefix("a\xE0\x80"), 3u);  // E0 80 can never become valid
  EXPECT_EQ(CompletePrefix("\x80\x80\x80\x80"), 4u);
  EXPECT_EQ(CompletePrefix("\xC3"), 0u);
}

TEST(Utf8, PrefixAndRestDecodeLikeTheWholeForRandomBytes) {
  std::mt19937 random(1);
  constexpr std::string_view kAlphabet =
      "a\x80\xBF\xC3\xE2\x82\xAC\xED\xA0\xF0\x9F\x9A\xF4\x90\xFF";
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (int n = random() % 12; n > 0; --n) text += kAlphabet[random() % kAlphabet.size()];
    const size_t cut = CompletePrefix(text);
    ASSERT_LE(text.size() - cut, 3u);
    ASSERT_EQ(ReplaceInvalid(text.substr(0, cut)) + ReplaceInvalid(text.substr(cut)),
              ReplaceInvalid(text));
  }
}

}  // namespace
}  // namespace weir::unicode
