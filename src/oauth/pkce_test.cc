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

}  // namespace
}  // namespace weir::oauth
