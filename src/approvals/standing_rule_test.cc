#include "approvals/standing_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/testing/known_tools.h"

namespace weir::approvals {
namespace {

using policy::TestCall;
using testing::HasSubstr;

const std::vector<policy::KnownTool>& Known() {
  static const std::vector<policy::KnownTool> known = policy::TestTools();
  return known;
}

bool Covers(const StandingRule& rule, const policy::ProposedCall& call) {
  const Result<policy::Policy> compiled = CompileRule(rule, "rule", call, Known());
  std::string why;
  return compiled && RuleMatches(*compiled, call, &why);
}

std::string Refusal(const StandingRule& rule, const policy::ProposedCall& like) {
  const Result<policy::Policy> compiled = CompileRule(rule, "the rule", like, Known());
  return compiled ? "compiled" : compiled.error().message;
}

policy::ProposedCall WriteAt(const std::string& path) {
  return TestCall("write_file", {{"path", path}, {"text", "x"}});
}

TEST(SuggestRule, AFileInAFolderGivesTheFolder) {
  const StandingRule rule = SuggestRule(WriteAt("notes/2026/a.md"), Known()).value();
  EXPECT_THAT(rule.text, HasSubstr("argument.path = { inside = \"notes/2026\" }"));
  EXPECT_TRUE(Covers(rule, WriteAt("notes/2026/b.md")));
  EXPECT_TRUE(Covers(rule, WriteAt("notes/x/../2026/b.md")));
  EXPECT_FALSE(Covers(rule, WriteAt("notes/b.md")));
  EXPECT_FALSE(Covers(rule, WriteAt("notes/2026/../b.md")));
  EXPECT_FALSE(Covers(rule, WriteAt("../notes/2026/b.md")));
  EXPECT_EQ(rule.matches["path"], "notes/2026/a.md");
  EXPECT_EQ(rule.matches_not["path"], "other-notes/2026/a.md");
}

TEST(SuggestRule, AFileOfTheWorkspaceItselfGivesThatFileOnly) {
  const StandingRule rule = SuggestRule(WriteAt("a.md"), Known()).value();
  EXPECT_TRUE(Covers(rule, WriteAt("./a.md")));
  EXPECT_FALSE(Covers(rule, WriteAt("b.md")));
}

TEST(SuggestRule, ADeleteGivesThatFileOnly) {
  const StandingRule rule =
      SuggestRule(TestCall("delete_file", {{"path", "tmp/a.log"}}), Known()).value();
  EXPECT_TRUE(Covers(rule, TestCall("delete_file", {{"path", "tmp/a.log"}})));
  EXPECT_FALSE(Covers(rule, TestCall("delete_file", {{"path", "tmp/b.log"}})));
}

TEST(SuggestRule, EveryPathArgumentIsHeld) {
  const auto move = [](const char* from, const char* to) {
    return TestCall("move_file", {{"source", from}, {"destination", to}});
  };
  const StandingRule rule = SuggestRule(move("in/a", "out/a"), Known()).value();
  EXPECT_TRUE(Covers(rule, move("in/b", "out/b")));
  EXPECT_FALSE(Covers(rule, move("in/b", "elsewhere/b")));
  EXPECT_FALSE(Covers(rule, move("elsewhere/b", "out/b")));
}

TEST(SuggestRule, WithoutPathsEveryArgumentIsEqual) {
  const auto fetch = [](const char* url, json::Json seconds, bool fast) {
    return TestCall("fetch", {{"url", url}, {"seconds", std::move(seconds)}, {"fast", fast}});
  };
  const StandingRule rule = SuggestRule(fetch("http://x/", 2.5, true), Known()).value();
  EXPECT_TRUE(Covers(rule, fetch("http://x/", 2.5, true)));
  EXPECT_FALSE(Covers(rule, fetch("http://y/", 2.5, true)));
  EXPECT_FALSE(Covers(rule, fetch("http://x/", 3, true)));
  EXPECT_FALSE(Covers(rule, fetch("http://x/", 2.5, false)));
}

TEST(SuggestRule, IsForOneServer) {
  const StandingRule rule =
      SuggestRule(TestCall("send_mail", {{"to", "eva"}, {"text", "hi"}}, "mail"), Known()).value();
  EXPECT_THAT(rule.text, HasSubstr("server = \"mail\""));
  EXPECT_FALSE(Covers(rule, TestCall("write_file", {{"path", "eva"}, {"text", "hi"}})));
}

TEST(SuggestRule, OddTextsAreWrittenSoThatTheyAreReadBack) {
  for (const char* text : {"\"", "\\", "a\nb", "\t\x01\x7f", "'''", "\"\"\"", "ü€😀", "", "#x",
                           "]]\n[[rule]]\ndecision = \"allow\"", "*", "\\u0041"}) {
    const policy::ProposedCall call = TestCall("calculate", {{"expression", text}});
    const Result<StandingRule> rule = SuggestRule(call, Known());
    ASSERT_TRUE(rule.has_value()) << text << ": " << rule.error().message;
    EXPECT_TRUE(Covers(*rule, call)) << text;
    EXPECT_FALSE(Covers(*rule, TestCall("calculate", {{"expression", "1"}}))) << text;
  }
}

TEST(SuggestRule, NumbersAreWrittenSoThatTheyAreReadBack) {
  for (const json::Json& number :
       {json::Json(0), json::Json(-7), json::Json(1e300), json::Json(0.1), json::Json(3.0),
        json::Json(int64_t{1} << 53)}) {
    const policy::ProposedCall call = TestCall("read_mail", {{"limit", number}}, "mail");
    const Result<StandingRule> rule = SuggestRule(call, Known());
    ASSERT_TRUE(rule.has_value()) << number.dump() << ": " << rule.error().message;
    EXPECT_TRUE(Covers(*rule, call)) << number.dump();
  }
}

TEST(SuggestRule, WhereNothingIsToHoldOnToThereIsNoRule) {
  for (const policy::ProposedCall& call :
       {TestCall("calculate", json::Json::object()),
        TestCall("calculate", {{"expression", json::Json::array()}}),
        TestCall("calculate", {{"expression", nullptr}}),
        TestCall("calculate", {{"expression", UINT64_MAX}}),
        TestCall("calculate", {{"expression", "\xff"}}),
        TestCall("calculate", {{"expression", std::string(2000, 'x')}}), WriteAt("../out"),
        TestCall("write_file", {{"path", 1}}), TestCall("no_such_tool", {{"a", 1}}),
        TestCall("calculate", json::Json::array())}) {
    const Result<StandingRule> rule = SuggestRule(call, Known());
    EXPECT_FALSE(rule.has_value()) << call.tool << " " << json::Dump(call.arguments);
  }
}

// ---- rules of other origin ----

StandingRule Rule(std::string text) {
  return {std::move(text), {{"path", "notes/a"}}, {{"path", "b"}}};
}

TEST(CompileRule, SaysWhatIsWrongWithARule) {
  const policy::ProposedCall like = WriteAt("notes/a");
  const std::string good =
      "[[rule]]\nid = \"x\"\ndecision = \"allow\"\ntool = \"write_file\"\n"
      "[rule.when]\nargument.path = { inside = \"notes\" }\n";
  EXPECT_EQ(Refusal(Rule(good), like), "compiled");
  EXPECT_THAT(Refusal(Rule(""), like), HasSubstr("the rule"));
  EXPECT_THAT(Refusal(Rule("[[["), like), HasSubstr("no valid TOML"));
  EXPECT_THAT(Refusal(Rule("default = \"standard\""), like), HasSubstr("holds 0 rules"));
  EXPECT_THAT(
      Refusal(Rule(good + "[[rule]]\nid = \"y\"\ndecision = \"allow\"\ntool = \"*\"\n"), like),
      HasSubstr("holds 2 rules"));
  EXPECT_THAT(
      Refusal(Rule("[[rule]]\nid = \"x\"\ndecision = \"ask\"\ntool = \"write_file\"\n"), like),
      HasSubstr("does not match its example"));
  EXPECT_THAT(
      Refusal(Rule("[[rule]]\nid = \"x\"\ndecision = \"allow\"\ntool = \"write_file\"\n"), like),
      HasSubstr("should not match"));
  EXPECT_THAT(
      Refusal(Rule("[[rule]]\nid = \"x\"\ndecision = \"allow\"\ntool = \"writ_file\"\n"), like),
      HasSubstr("did you mean 'write_file'"));
  EXPECT_THAT(Refusal(Rule(std::string(20'000, '#')), like), HasSubstr("at most"));
  StandingRule no_example = Rule(good);
  no_example.matches = nullptr;
  EXPECT_THAT(Refusal(no_example, like), HasSubstr("needs the arguments"));
}

// The built-in rules beside it must not be taken for the rule itself.
TEST(CompileRule, DefaultRulesAreNoMatch) {
  const StandingRule rule{
      "default = \"standard\"\n[[rule]]\nid = \"x\"\ndecision = \"allow\"\ntool = \"read_file\"\n"
      "[rule.when]\nargument.path = { equals = \"a\" }\n",
      {{"path", "a"}},
      {{"path", "b"}}};
  EXPECT_TRUE(Covers(rule, TestCall("read_file", {{"path", "a"}})));
  EXPECT_FALSE(Covers(rule, TestCall("read_file", {{"path", "b"}})));
}

}  // namespace
}  // namespace weir::approvals
