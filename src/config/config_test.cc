// What every configuration file has in common: places, nearest names, typed values.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/nearest.h"
#include "config/problems.h"
#include "config/toml_tree.h"
#include "config/values.h"

namespace weir::config {
namespace {

using testing::HasSubstr;

TEST(DidYouMean, NamesTheNearestOrListsWhatThereIs) {
  const std::vector<std::string> keys = {"tool", "effect", "when"};
  EXPECT_EQ(DidYouMean("tol", keys), "; did you mean 'tool'?");
  EXPECT_EQ(DidYouMean("toool", keys), "; did you mean 'tool'?");
  EXPECT_EQ(DidYouMean("wehn", keys), "; did you mean 'when'?");
  EXPECT_EQ(DidYouMean("colour", keys), "; expected one of tool, effect, when");
  EXPECT_EQ(DidYouMean("x", {}), "");
}

TEST(ParseToml, EveryValueAndKeyKnowsItsPlace) {
  Problems problems;
  TomlNode top;
  ASSERT_TRUE(ParseToml("a = 1\n[b]\n  c = [\"x\", true]\n", "f.toml", &top, problems));
  const TomlNode* table = top.Find("b");
  ASSERT_NE(table, nullptr);
  ASSERT_EQ(table->members.size(), 1U);
  EXPECT_EQ(table->members[0].at, (Place{3, 3}));
  ASSERT_TRUE(table->members[0].node.is_list());
  EXPECT_EQ(table->members[0].node.items[1].at, (Place{3, 13}));
  EXPECT_EQ(TypeName(table->members[0].node.items[1]), "true or false");
  EXPECT_EQ(top.Find("none"), nullptr);
}

TEST(ParseToml, WhatIsNoTomlIsReportedWithItsPlace) {
  Problems problems;
  TomlNode top;
  EXPECT_FALSE(ParseToml("a = 1\na = 2\n", "f.toml", &top, problems));
  EXPECT_THAT(problems.Text("f.toml"), HasSubstr("f.toml: line 2"));
}

TEST(ParseToml, LettersThatNoKeyMayHaveAreAnErrorWithAPlace) {
  for (const char* text : {"[rule\xd2\x8chen]\n", "\xc3\xa4 = 1\n", "a = \xd0\xb1\n", "a = n\n"}) {
    Problems problems;
    TomlNode top;
    EXPECT_FALSE(ParseToml(text, "f.toml", &top, problems)) << text;
    EXPECT_THAT(problems.Text("f.toml"), HasSubstr("f.toml: line 1")) << text;
    EXPECT_EQ(problems.Text("f.toml").find('\n'), std::string::npos) << text;
  }
}

TEST(Values, WhatDoesNotFitIsReportedInFileOrderAndNothingIsTaken) {
  Problems problems;
  TomlNode top;
  ASSERT_TRUE(ParseToml("n = -1\nw = \"rde\"\nt = 3\nx = 1\n", "f", &top, problems));
  Values values(problems);
  EXPECT_FALSE(values.Text(*top.Find("t"), "t"));
  EXPECT_FALSE(values.Word(*top.Find("w"), "w", {"red", "green"}));
  EXPECT_FALSE(values.Count(*top.Find("n"), "n"));
  values.CheckKeys(top, {"n", "w", "t"}, " here");
  EXPECT_EQ(problems.Text("f"),
            "f: line 1, column 5: 'n' must be a whole number from 0 on, not -1\n"
            "f: line 2, column 5: unknown w 'rde'; did you mean 'red'?\n"
            "f: line 3, column 5: 't' must be a text in quotes, not a whole number\n"
            "f: line 4, column 1: unknown key 'x' here; expected one of n, w, t");
}

}  // namespace
}  // namespace weir::config
