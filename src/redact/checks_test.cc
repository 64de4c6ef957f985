#include "redact/checks.h"

#include <gtest/gtest.h>

namespace weir::redact {
namespace {

TEST(Checks, LuhnRefusesAChangedOrSwappedDigit) {
  EXPECT_TRUE(LuhnHolds("79927398713"));  // the example of the standard's description
  EXPECT_FALSE(LuhnHolds("79927398710"));
  EXPECT_FALSE(LuhnHolds("79927398731"));
  EXPECT_FALSE(LuhnHolds(""));
}

TEST(Checks, IbanNeedsLengthAndRemainder) {
  // The example numbers of the IBAN registry.
  EXPECT_TRUE(IbanHolds("DE89370400440532013000"));
  EXPECT_TRUE(IbanHolds("GB29NWBK60161331926819"));
  EXPECT_TRUE(IbanHolds("NO9386011117947"));
  EXPECT_FALSE(IbanHolds("DE89370400440532013001"));
  EXPECT_FALSE(IbanHolds("DE8937040044053201300"));
  EXPECT_FALSE(IbanHolds("ZZ89370400440532013000"));
  EXPECT_FALSE(IbanHolds("GB29NWBK6016133192681a"));
  EXPECT_FALSE(IbanHolds(""));
  EXPECT_EQ(IbanLength("MT"), 31U);
  EXPECT_EQ(IbanLength("US"), 0U);
}

TEST(Checks, TheChecksumOfATokenIsTheCrcInBase62) {
  // CRC-32 of "123456789" is CBF43926, the check value of its definition.
  EXPECT_TRUE(Base62ChecksumHolds("1234567893jZRME"));
  EXPECT_FALSE(Base62ChecksumHolds("123456789000000"));
  EXPECT_FALSE(Base62ChecksumHolds("short"));
}

TEST(Checks, EntropyIsInBitsAByte) {
  EXPECT_EQ(Entropy(""), 0);
  EXPECT_NEAR(Entropy("aaaa"), 0, 1e-9);
  EXPECT_NEAR(Entropy("abab"), 1, 1e-9);
  EXPECT_NEAR(Entropy("0123456789abcdef"), 4, 1e-9);
}

TEST(Checks, DecodesBothAlphabetsOfBase64) {
  EXPECT_EQ(DecodeBase64("dXNlcjpwYXNz"), "user:pass");
  EXPECT_EQ(DecodeBase64("dXNlcg=="), "user");
  EXPECT_EQ(DecodeBase64("_-8"), DecodeBase64("/+8="));
  EXPECT_EQ(DecodeBase64("a"), std::nullopt);
  EXPECT_EQ(DecodeBase64("ab cd"), std::nullopt);
}

}  // namespace
}  // namespace weir::redact
