#include "policy/policy_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/policy.h"
#include "policy/testing/known_tools.h"

namespace weir::policy {
namespace {

using testing::HasSubstr;

std::string ErrorOf(std::string_view toml) {
  const Result<Policy> policy = Policy::Parse(toml, "p.toml", TestTools());
  if (policy) return "no error";
  EXPECT_EQ(policy.error().code, ErrorCode::kInvalidArgument);
  return policy.error().message;
}

constexpr std::string_view kGood = "[[rule]]\nid = 'r'\ndecision = 'ask'\ntool = 'write_file'\n";

std::string With(std::string_view more) { return std::string(kGood) + std::string(more); }

TEST(PolicyFile, AMisspeltKeyIsNamedWithItsPlaceAndTheNearestOne) {
  EXPECT_EQ(
      ErrorOf("[[rule]]\nid = 'r'\ndecision = 'ask'\n  tol = 'write_file'\ntool = 'write_file'"),
      "p.toml: line 4, column 3: unknown key 'tol'; did you mean 'tool'?");
  EXPECT_EQ(ErrorOf("defualt = 'deny'"),
            "p.toml: line 1, column 1: unknown key 'defualt'; did you mean 'default'?");
  EXPECT_THAT(
      ErrorOf(With("[rule.when]\nargument.path = { insid = 'x' }")),
      HasSubstr("line 6, column 19: unknown key 'insid' in the condition on argument 'path'; "
                "did you mean 'inside'?"));
  EXPECT_THAT(ErrorOf(With("[rule.when]\npath = { inside = 'x' }")),
              HasSubstr("line 6, column 1: unknown key 'path' in [rule.when]"));
}

TEST(PolicyFile, UnknownNamesAreErrors) {
  EXPECT_EQ(ErrorOf("[[rule]]\nid='r'\ndecision='ask'\ntool='write_flie'\n"),
            "p.toml: line 4, column 6: unknown tool 'write_flie'; did you mean 'write_file'?");
  EXPECT_THAT(ErrorOf("[[rule]]\nid='r'\ndecision='ask'\ntool='nothing_*'\n"),
              HasSubstr("unknown tool 'nothing_*'"));
  EXPECT_THAT(ErrorOf(With("server = 'buildin'\n")), HasSubstr("did you mean 'builtin'?"));
  EXPECT_THAT(ErrorOf(With("effect = 'wirte'\n")), HasSubstr("did you mean 'write'?"));
  EXPECT_THAT(ErrorOf(With("effect = ['write', 'x']\n")), HasSubstr("unknown effect 'x'"));
  EXPECT_THAT(ErrorOf("[[rule]]\nid='r'\ndecision='Ask'\ntool='*'\n"),
              HasSubstr("unknown decision 'Ask'; did you mean 'ask'?"));
  EXPECT_THAT(ErrorOf("default = 'allow'\n"), HasSubstr("unknown default 'allow'"));
  EXPECT_EQ(ErrorOf(With("[rule.when]\nargument.paht = { equals = 'x' }\n")),
            "p.toml: line 6, column 10: tool 'write_file' has no argument 'paht'; did you mean "
            "'path'?");
  EXPECT_THAT(ErrorOf("[[rule]]\nid='r'\ndecision='ask'\ntool='*'\n[rule.when]\n"
                      "argument.nothing = { equals = 'x' }\n"),
              HasSubstr("no tool that rule 'r' is about has an argument 'nothing'"));
}

TEST(PolicyFile, WithoutKnownToolsEveryNameIsUnknown) {
  EXPECT_FALSE(Policy::Parse(kGood, "p", {}).has_value());
  EXPECT_TRUE(Policy::Parse("default = 'standard'", "p", {}).has_value());
}

TEST(PolicyFile, DuplicateIdsAreErrors) {
  EXPECT_THAT(ErrorOf(With(kGood)),
              HasSubstr("line 6, column 6: id 'r' is taken by the rule in line 2"));
}

TEST(PolicyFile, WrongTypesAreErrors) {
  EXPECT_THAT(ErrorOf("rule = 1"), HasSubstr("[[rule]]"));
  EXPECT_THAT(ErrorOf("[rule]\nid = 'r'"), HasSubstr("[[rule]]"));
  EXPECT_THAT(ErrorOf("rule = [1]"), HasSubstr("'rule' must be a table"));
  EXPECT_THAT(ErrorOf("[[rule]]\nid=1\ndecision='ask'\ntool='*'\n"),
              HasSubstr("'id' must be a text"));
  EXPECT_THAT(ErrorOf("[[rule]]\nid='r'\ndecision=true\ntool='*'\n"),
              HasSubstr("'decision' must be a text"));
  EXPECT_THAT(ErrorOf(With("reason = 3\n")), HasSubstr("'reason' must be a text"));
  EXPECT_THAT(ErrorOf(With("when = 3\n")), HasSubstr("'when' must be a table"));
  for (const char* condition :
       {"'x'", "{ equals = ['a'] }", "{ equals = 1979-05-27 }", "{ one-of = 'a' }",
        "{ one-of = [] }", "{ glob = 1 }", "{ glob = '' }", "{ glob = 'a\\' }", "{ inside = 1 }",
        "{ inside = '../x' }", "{ inside = '/x' }", "{ min = 'a' }", "{ min = inf }",
        "{ max = nan }", "{}"}) {
    EXPECT_THAT(ErrorOf(With("[rule.when]\nargument.path = " + std::string(condition))),
                HasSubstr("line 6, column"))
        << condition;
  }
  EXPECT_THAT(ErrorOf(With("[rule.when]\n")), HasSubstr("empty [rule.when]"));
  EXPECT_THAT(ErrorOf(With("effect = []\n")), HasSubstr("empty list"));
}

TEST(PolicyFile, RangesThatFitNothingAreErrors) {
  const std::string fetch = "[[rule]]\nid='r'\ndecision='ask'\ntool='fetch'\n[rule.when]\n";
  EXPECT_THAT(ErrorOf(fetch + "argument.seconds = { min = 3, max = 2 }"),
              HasSubstr("line 6, column 28: min 3 is larger than max 2"));
  EXPECT_EQ(ErrorOf(fetch + "argument.seconds = { min = 2, max = 2.0 }"), "no error");
}

TEST(PolicyFile, InsideNeedsAPathArgument) {
  EXPECT_THAT(ErrorOf(With("[rule.when]\nargument.text = { inside = 'x' }")),
              HasSubstr("argument 'text' is no path"));
}

TEST(PolicyFile, RulesThatCanNeverMatchAreErrors) {
  EXPECT_THAT(ErrorOf(With("effect = 'read'\n")), HasSubstr("rule 'r' can never match"));
  EXPECT_THAT(ErrorOf(With("server = 'mail'\n")), HasSubstr("rule 'r' can never match"));
}

TEST(PolicyFile, MissingPartsAreErrors) {
  EXPECT_THAT(ErrorOf("[[rule]]\ndecision='ask'\ntool='*'\n"), HasSubstr("a rule without id"));
  EXPECT_THAT(ErrorOf("[[rule]]\nid='r'\ntool='*'\n"), HasSubstr("rule 'r' has no decision"));
  EXPECT_THAT(ErrorOf("[[rule]]\nid='r'\ndecision='allow'\n"),
              HasSubstr("does not say which calls"));
  EXPECT_THAT(ErrorOf("[[rule]]\nid='a:b'\ndecision='allow'\ntool='*'\n"),
              HasSubstr("id 'a:b' must be"));
}

TEST(PolicyFile, AnEmptyFileIsAnError) {
  for (const char* text : {"", "\n\n", "# only a comment\n"}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("p.toml: line 1, column 1: the policy is empty"));
  }
}

TEST(PolicyFile, BrokenTomlIsAnErrorWithItsPlace) {
  EXPECT_THAT(ErrorOf("[[rule]]\nid = \n"), HasSubstr("p.toml: line 2, column"));
  EXPECT_THAT(ErrorOf("id = 'a'\nid = 'b'\n"), HasSubstr("line 2, column 6"));
  EXPECT_THAT(ErrorOf("a = '\xff'\n"), HasSubstr("line 1, column"));
  EXPECT_NE(ErrorOf(std::string(100'000, '[')), "no error");
  EXPECT_NE(ErrorOf("a = " + std::string(100'000, '[')), "no error");
  EXPECT_THAT(ErrorOf(std::string(2 << 20, '#')), HasSubstr("bytes; a policy has at most"));
}

TEST(PolicyFile, AllProblemsAreToldInFileOrder) {
  const std::string text = ErrorOf("[[rule]]\nid='r'\nx=1\ndecision='a'\ntool='nope'\n");
  const size_t first = text.find("line 3");
  const size_t second = text.find("line 4");
  const size_t third = text.find("line 5");
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  EXPECT_NE(third, std::string::npos) << text;
}

TEST(PolicyFile, ExamplesAreHeldAgainstTheirRule) {
  const std::string rule = With(
      "match = [{ arguments = { path = 'notes/a' } }]\n"
      "no-match = [{ arguments = { path = 'b' } }, { tool = 'read_file' }]\n");
  const std::string when = "[rule.when]\nargument.path = { inside = 'notes' }\n";
  EXPECT_EQ(ErrorOf(rule + when), "no error");
  EXPECT_THAT(ErrorOf(rule),
              HasSubstr("line 6, column 13: rule 'r' matches this example of no match"));
  EXPECT_THAT(ErrorOf(With("match = [{ arguments = { path = 'a' } }]\n") + when),
              HasSubstr("rule 'r' does not match this example of a match: argument 'path'"));
  EXPECT_THAT(ErrorOf(With("match = [{ tool = 'wirte_file' }]\n")),
              HasSubstr("unknown tool 'wirte_file'"));
  EXPECT_THAT(ErrorOf(With("match = [{ arguments = { path = '../a' } }]\n")),
              HasSubstr("leads out"));
  EXPECT_THAT(ErrorOf(With("match = [{ argument = {} }]\n")),
              HasSubstr("did you mean 'arguments'?"));
  EXPECT_THAT(ErrorOf(With("match = { arguments = {} }\n")), HasSubstr("must be a list"));
}

TEST(PolicyFile, EveryMutationOfAGoodFileIsAPolicyOrAnError) {
  const std::string good =
      With("[rule.when]\nargument.path = { inside = 'notes', glob = '*.md' }\n");
  int n_good = 0;
  for (size_t i = 0; i < good.size(); ++i) {
    for (const char c : {'\0', '\'', '\n', '[', '=', 'z'}) {
      std::string text = good;
      text[i] = c;
      n_good += Policy::Parse(text, "p", TestTools()).has_value() ? 1 : 0;
      text.resize(i);
      n_good += Policy::Parse(text, "p", TestTools()).has_value() ? 1 : 0;
    }
  }
  EXPECT_GT(n_good, 0);
}

}  // namespace
}  // namespace weir::policy
