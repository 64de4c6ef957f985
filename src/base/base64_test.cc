#include "base/base64.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Base64, WhatNobodyWouldWriteIsNone) {
  for (const char* text : {"SGVsbG8", "SGVsbG8==", "SGVs!!!bG8=", "SGVsbG8=\n", "=", "A", "AB",
                           "AB=", "QR==", "SGVs bG8="}) {
    EXPECT_FALSE(FromBase64(text)) << text;
  }
}

TEST(Base64, EveryLengthAndByteComesBack) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(FromBase64(ToBase64(bytes)), bytes);
    bytes += static_cast<char>(i * 7);
  }
  EXPECT_EQ(ToBase64("Hello"), "SGVsbG8=");
  EXPECT_EQ(ToBase64(""), "");
}

TEST(Base64, EncodesAsTheRfc) {
  EXPECT_EQ(ToBase64(""), "");
  EXPECT_EQ(ToBase64("f"), "Zg==");
  EXPECT_EQ(ToBase64("fo"), "Zm8=");
  EXPECT_EQ(ToBase64("foo"), "Zm9v");
  EXPECT_EQ(ToBase64("foob"), "Zm9vYg==");
  EXPECT_EQ(ToBase64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(ToBase64("\xfb\xff"), "+/8=");
  EXPECT_EQ(ToBase64Url("\xfb\xff"), "-_8");
}

}  // namespace
}  // namespace weir
