#include "oauth/pkce.h"

#include <gtest/gtest.h>

namespace weir::oauth {
namespace {

TEST(Pkce, GivesTheChallengeOfTheRfc) {
  // RFC 7636, appendix B.
  EXPECT_EQ(PkceChallenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

TEST(Pkce, IsAnotherEveryTime) {
  const Pkce first = NewPkce();
  const Pkce second = NewPkce();
  EXPECT_EQ(first.verifier.size(), 43U);
  EXPECT_NE(first.verifier, second.verifier);
  EXPECT_EQ(first.challenge, PkceChallenge(first.verifier));
  EXPECT_EQ(first.verifier.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                             "0123456789-_"),
            std::string::npos);
  EXPECT_NE(RandomText(), RandomText());
}

TEST(Base64, EncodesAsTheRfc) {
  EXPECT_EQ(Base64(""), "");
  EXPECT_EQ(Base64("f"), "Zg==");
  EXPECT_EQ(Base64("fo"), "Zm8=");
  EXPECT_EQ(Base64("foo"), "Zm9v");
  EXPECT_EQ(Base64("foob"), "Zm9vYg==");
  EXPECT_EQ(Base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(Base64("\xfb\xff"), "+/8=");
  EXPECT_EQ(Base64Url("\xfb\xff"), "-_8");
}

}  // namespace
}  // namespace weir::oauth
