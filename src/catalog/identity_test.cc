#include "catalog/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace weir::catalog {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::vector<std::string> kBuiltinTools = {"read_file", "list_files", "calculate"};

std::vector<Result<std::string>> Names(const std::vector<DisplayNames::Claim>& claims) {
  return DisplayNames(kBuiltinTools).Assign(claims);
}

std::string Why(const Result<std::string>& name) {
  return name ? "given: " + *name : name.error().message;
}

TEST(ToolNames, OutsideTheProtocolAreRefusedWithTheReason) {
  EXPECT_THAT(CheckToolName("").error().message, HasSubstr("is empty"));
  EXPECT_THAT(CheckToolName(std::string(129, 'a')).error().message,
              AllOf(HasSubstr("129 characters"), HasSubstr("at most 128")));
  for (const char* bad : {"a b", "a\n", "a:b",
                          "\xD1\x80"
                          "ead",
                          "a,b", "na\xC3\xAFve", "a\\b", "a(b"}) {
    EXPECT_THAT(CheckToolName(bad).error().message, HasSubstr("not allowed at byte")) << bad;
  }
  for (const char* good : {"a", "A-b_c.d/e", "0"}) {
    EXPECT_TRUE(CheckToolName(good).has_value()) << good;
  }
  EXPECT_TRUE(CheckToolName(std::string(128, 'a')).has_value());
}

TEST(ServerKeys, CanNotBeTakenForBuiltin) {
  for (const char* bad : {"builtin", "Built-In", "bui1tin", "a.b", "a/b", "", "a b"}) {
    EXPECT_FALSE(CheckServerKey(bad).has_value()) << bad;
  }
  EXPECT_TRUE(CheckServerKey("files-2_x").has_value());
}

TEST(Skeletons, AreEqualForLookAlikes) {
  for (const auto& [a, b] : std::vector<std::pair<std::string, std::string>>{
           {"read_file", "read-file"},
           {"read_file", "readFile"},
           {"read_file", "Read.File"},
           {"read_file",
            "re\xD0\xB0"
            "d_file"},  // Cyrillic a
           {"read_file",
            "r\xD0\xB5"
            "ad_file"},              // Cyrillic e
           {"copy", "c\xCE\xBFpy"},  // Greek omicron
           {"read_file",
            "\xEF\xBD\x92"
            "ead_file"},                            // full-width r
           {"read_file", "read\xE2\x80\x8B_file"},  // zero-width space
           {"read_file",
            "rea\xF3\xA0\x81\xA4"
            "d_file"},  // tag character
           {"cafe", "caf\xC3\xA9"},
           {"cafe", "cafe\xCC\x81"},
           {"log", "1og"},
           {"list", "1ist"},
           {"list", "Iist"},
           {"go0gle", "google"},
           {"a_b_c", "ab.c"}}) {
    EXPECT_EQ(Skeleton(a), Skeleton(b)) << a << " " << b;
  }
  for (const auto& [a, b] : std::vector<std::pair<std::string, std::string>>{
           {"read_file", "read_files"}, {"get_sum", "get_sun"}, {"a", "b"}, {"copy", "move"}}) {
    EXPECT_NE(Skeleton(a), Skeleton(b)) << a << " " << b;
  }
}

TEST(DisplayNames, AreBareWhereOnlyOneServerHasThem) {
  const auto names = Names({{{"web", "search"}, 1}, {{"files", "find"}, 2}});
  EXPECT_EQ(names[0].value(), "search");
  EXPECT_EQ(names[1].value(), "find");
}

TEST(DisplayNames, NameTheServerWhereTwoHaveTheSameName) {
  const auto names =
      Names({{{"web", "search"}, 1}, {{"mail", "search"}, 2}, {{"files", "read_file"}, 3}});
  EXPECT_EQ(names[0].value(), "web__search");
  EXPECT_EQ(names[1].value(), "mail__search");
  EXPECT_EQ(names[2].value(), "files__read_file");  // Weir's own keeps the bare one
}

TEST(DisplayNames, ThatCanBeTakenForAnotherAreRefusedAndBothOwnersNamed) {
  for (const char* name : {"read-file", "ReadFile", "read.file", "read_fi1e", "READ_FILE"}) {
    const auto names = Names({{{"evil", name}, 1}});
    EXPECT_THAT(Why(names[0]), AllOf(HasSubstr("MCP server 'evil'"),
                                     HasSubstr("the built-in 'read_file'"), HasSubstr(name)))
        << name;
  }
  // Between servers the one that was pinned longer stays.
  const std::vector<DisplayNames::Claim> claims = {{{"b", "get-sum"}, 20}, {{"a", "get_sum"}, 30}};
  const auto names = Names(claims);
  EXPECT_EQ(names[0].value(), "get-sum");
  EXPECT_THAT(Why(names[1]), AllOf(HasSubstr("'a'"), HasSubstr("'b'"), HasSubstr("get-sum")));
}

TEST(DisplayNames, OfALookAlikeOutsideTheProtocolSayWhatItImitates) {
  const auto names = Names({{{"evil",
                              "re\xD0\xB0"
                              "d_file"},
                             1}});
  EXPECT_THAT(Why(names[0]), HasSubstr("can be taken for the built-in 'read_file'"));
}

TEST(DisplayNames, AreNotAmbiguousWhenServerAndToolAreJoined) {
  // a_b + c and a + b_c: whoever has a second owner of the bare name is joined with its server.
  const auto names =
      Names({{{"a_b", "c"}, 1}, {{"x", "c"}, 2}, {{"a", "b_c"}, 3}, {{"y", "b_c"}, 4}});
  EXPECT_EQ(names[0].value(), "a_b__c");
  EXPECT_EQ(names[1].value(), "x__c");
  EXPECT_THAT(Why(names[2]), AllOf(HasSubstr("'a__b_c'"), HasSubstr("'a_b__c'")));
  EXPECT_EQ(names[3].value(), "y__b_c");
  // A bare name that looks like a joined one.
  const auto bare = Names({{{"s", "web_search"}, 9}, {{"web", "search"}, 1}, {{"m", "search"}, 2}});
  EXPECT_EQ(bare[1].value(), "web__search");
  EXPECT_THAT(Why(bare[0]), HasSubstr("'web__search'"));
}

TEST(DisplayNames, DoNotDependOnTheOrderOfTheClaims) {
  std::vector<DisplayNames::Claim> claims = {{{"a", "one"}, 5},       {{"b", "one"}, 4},
                                             {{"c", "o-ne"}, 1},      {{"d", "two"}, 2},
                                             {{"d", "read_file"}, 2}, {{"e", "t_wo"}, 3}};
  std::map<ToolId, std::string> first;
  std::sort(claims.begin(), claims.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  do {
    const auto names = Names(claims);
    std::map<ToolId, std::string> given;
    for (size_t i = 0; i < claims.size(); ++i) given[claims[i].id] = Why(names[i]);
    if (first.empty()) first = given;
    ASSERT_EQ(given, first);
  } while (std::next_permutation(claims.begin(), claims.end(),
                                 [](const auto& a, const auto& b) { return a.id < b.id; }));
}

TEST(DisplayNames, ThatWereGivenOutStay) {
  DisplayNames names(kBuiltinTools);
  const std::vector<DisplayNames::Claim> early = {{{"web", "search"}, 5}};
  const std::vector<DisplayNames::Claim> late = {{{"mail", "search"}, 1}, {{"web", "search"}, 5}};
  EXPECT_EQ(names.Assign(early)[0].value(), "search");
  const auto second = names.Assign(late);
  EXPECT_EQ(second[0].value(), "mail__search");
  EXPECT_THAT(Why(second[1]), HasSubstr("listed twice"));
}

TEST(DisplayNames, HaveABound) {
  const std::string server(60, 's');
  const std::string tool(100, 't');
  const auto names = Names({{{server, tool}, 1}, {{"x", tool}, 2}});
  EXPECT_THAT(Why(names[0]), HasSubstr("shorter name"));
  EXPECT_EQ(names[1].value(), "x__" + tool);
}

}  // namespace
}  // namespace weir::catalog
