#include "oauth/scopes.h"

#include <gtest/gtest.h>

namespace weir::oauth {
namespace {

TEST(Scopes, WhatIsNoScopeIsLeftOut) {
  EXPECT_EQ(ParseScopes("  a  b a \"c\" d\\e f\tg \xc3\xa4 h"), (Scopes{"a", "b", "h"}));
  EXPECT_EQ(ParseScopes(""), Scopes{});
  EXPECT_EQ(ScopeText({"a", "b"}), "a b");
}

TEST(Scopes, AreSets) {
  EXPECT_TRUE(ContainsAll({"a", "b"}, {"b"}));
  EXPECT_TRUE(ContainsAll({"a"}, {}));
  EXPECT_FALSE(ContainsAll({"a"}, {"a", "b"}));
  EXPECT_EQ(UnionOf({"a", "b"}, {"c", "a"}), (Scopes{"a", "b", "c"}));
}

TEST(ChooseScopes, TheChallengeComesBeforeWhatTheResourceSupports) {
  EXPECT_EQ(ChooseScopes({.challenged = Scopes{"a"}, .resource_supports = Scopes{"b", "c"}}),
            Scopes{"a"});
  EXPECT_EQ(ChooseScopes({.resource_supports = Scopes{"b", "c"}}), (Scopes{"b", "c"}));
  EXPECT_EQ(ChooseScopes({.server_supports = Scopes{"x"}}), Scopes{});
}

TEST(ChooseScopes, KeepsWhatWasAskedForBeforeAndWhatAPersonWants) {
  EXPECT_EQ(ChooseScopes({.challenged = Scopes{"b"}, .asked_before = {"a"}, .configured = {"c"}}),
            (Scopes{"b", "a", "c"}));
}

TEST(ChooseScopes, OfflineAccessIsAskedForOnlyWhereTheServerListsIt) {
  const Scopes offered = {"a", "offline_access"};
  EXPECT_EQ(
      ChooseScopes(
          {.challenged = Scopes{"a"}, .server_supports = offered, .wants_refresh_token = true}),
      offered);
  EXPECT_EQ(ChooseScopes({.challenged = offered,
                          .server_supports = Scopes{"a"},
                          .asked_before = offered,
                          .wants_refresh_token = true}),
            Scopes{"a"});
  EXPECT_EQ(ChooseScopes({.challenged = offered, .wants_refresh_token = true}), Scopes{"a"});
  EXPECT_EQ(ChooseScopes({.challenged = Scopes{"a"}, .server_supports = offered}), Scopes{"a"});
  EXPECT_EQ(ChooseScopes({.server_supports = offered, .wants_refresh_token = true}), Scopes{});
}

}  // namespace
}  // namespace weir::oauth
