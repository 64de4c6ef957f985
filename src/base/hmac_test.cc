#include "base/hmac.h"

#include <gtest/gtest.h>

#include <string>

namespace weir {
namespace {

TEST(Hmac, MatchesThePublishedTestCases) {
  // RFC 4231, test cases 1, 2 and 6 (a key longer than a block).
  EXPECT_EQ(ToHex(HmacSha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(ToHex(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(ToHex(HmacSha256(std::string(131, '\xaa'),
                             "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hmac, HexIsReadBackAndNothingElseIs) {
  const Sha256Digest digest = Sha256("x");
  EXPECT_EQ(DigestFromHex(ToHex(digest)), digest);
  EXPECT_FALSE(DigestFromHex(""));
  EXPECT_FALSE(DigestFromHex(std::string(63, 'a')));
  EXPECT_FALSE(DigestFromHex(std::string(65, 'a')));
  for (const char c : {'A', 'g', ' ', '/', ':', '`', '\0'}) {
    EXPECT_FALSE(DigestFromHex(std::string(63, 'a') + c)) << c;
    EXPECT_FALSE(DigestFromHex(c + std::string(63, 'a'))) << c;
  }
}

TEST(Hmac, KeysDifferAndAreWiped) {
  Sha256Digest key = RandomKey();
  EXPECT_FALSE(SameDigest(key, RandomKey()));
  EXPECT_TRUE(SameDigest(key, Sha256Digest(key)));
  Wipe(key);
  EXPECT_EQ(key, Sha256Digest{});
}

}  // namespace
}  // namespace weir
