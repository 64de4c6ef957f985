#include "mcp_server/base64.h"

#include <gtest/gtest.h>

namespace weir::mcp_server {
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

}  // namespace
}  // namespace weir::mcp_server
