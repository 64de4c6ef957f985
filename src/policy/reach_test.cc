// Rules that can never match and rules that can never decide are load errors; what is not certain
// is none.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/policy.h"
#include "policy/testing/schema_tools.h"

namespace weir::policy {
namespace {

using testing::HasSubstr;

std::string LoadError(const std::string& toml) {
  const Result<Policy> policy = Policy::Parse(toml, "p.toml", SchemaTools());
  return policy ? "no error" : policy.error().message;
}

std::string OneRuleOn(const std::string& tool, const std::string& when) {
  return "[[rule]]\nid='r'\ndecision='ask'\ntool='" + tool + "'\n[rule.when]\n" + when + "\n";
}

TEST(NeverMatches, ATestThatTheSchemaRulesOutIsAnErrorAtTheTest) {
  struct Case {
    const char* tool;
    const char* when;
    const char* error;
  };
  for (const Case& c : {
           Case{"resize", "argument.width = { glob = '1*' }",
                "line 6, column 27: glob can never be met: argument 'width' of tool 'resize' is a "
                "whole number"},
           Case{"resize", "argument.width = { regex = '1.*' }", "is a whole number"},
           Case{"resize", "argument.width = { equals = 'wide' }", "equals can never be met"},
           Case{"resize", "argument.width = { equals = 1.5 }", "is a whole number"},
           Case{"resize", "argument.width = { min = 4001 }", "is at most 4000"},
           Case{"resize", "argument.width = { max = 0 }", "is at least 1"},
           Case{"resize", "argument.width = { equals = 5000 }", "equals can never be met"},
           Case{"resize", "argument.width = { max-length = 2 }", "is a whole number"},
           Case{"resize", "argument.scale = { max = -1 }", "is at least 0"},
           Case{"resize", "argument.keep = { min = 1 }", "is true or false"},
           Case{"resize", "argument.unit = { min = 1 }", "is one of pixel, percent"},
           Case{"resize", "argument.unit = { glob = 'inch*' }", "is one of pixel, percent"},
           Case{"resize", "argument.unit = { equals = 'pixle' }", "is one of pixel, percent"},
           Case{"resize", "argument.unit = { one-of = ['pixel', 'percnt'] }",
                "line 6, column 38: \"percnt\" can never be: argument 'unit' is one of pixel, "
                "percent; did you mean 'percent'?"},
           Case{"write_file", "argument.text = { min-length = 101 }", "has at most 100"},
           Case{"fetch", "argument.tags = { host-in = ['a.org'] }", "is a list"},
           Case{"fetch", "argument.tags = { min-length = 4 }", "has at most 3"},
           Case{"fetch", "argument.'/tags/*' = { min = 1 }", "is a text"},
           Case{"fetch", "argument.'/url/0' = { equals = 'a' }", "with a part '0'"},
           Case{"fetch", "argument.'/tags/a' = { equals = 'a' }", "with a part 'a'"},
           Case{"send_mail", "argument.'/to/*/adress' = { equals = 'a' }",
                "tool 'send_mail' has no argument '/to/*/adress' with a part 'adress'; did you "
                "mean 'address'?"},
           Case{"send_mail", "argument.to = { recipient-in = ['@a.org'] }", "is a list"},
       }) {
    EXPECT_THAT(LoadError(OneRuleOn(c.tool, c.when)), HasSubstr(c.error)) << c.when;
    EXPECT_THAT(LoadError(OneRuleOn(c.tool, c.when)), HasSubstr("p.toml: line 6, column"));
  }
}

TEST(NeverMatches, WhatTheSchemaLeavesOpenIsNoError) {
  struct Case {
    const char* tool;
    const char* when;
  };
  for (const Case& c : {Case{"resize", "argument.width = { min = 4000 }"},
                        Case{"resize", "argument.width = { equals = 3.0 }"},
                        Case{"resize", "argument.scale = { max = 0 }"},
                        Case{"resize", "argument.unit = { glob = 'p*' }"},
                        Case{"resize", "argument.unit = { regex = '.*l' }"},
                        Case{"fetch", "argument.anything = { glob = 'x' }"},
                        Case{"fetch", "argument.'/anything/0/x' = { min = 3 }"},
                        Case{"fetch", "argument.'/tags/2' = { glob = 'x*' }"},
                        Case{"*", "argument.width = { min = 2 }"},
                        Case{"*_file", "argument.text = { glob = 'x' }"}}) {
    EXPECT_EQ(LoadError(OneRuleOn(c.tool, c.when)), "no error") << c.when;
  }
}

TEST(NeverMatches, ConditionsThatFitDifferentToolsOnlyFitNone) {
  EXPECT_THAT(
      LoadError(OneRuleOn("*", "argument.width = { min = 2 }\nargument.url = { glob = 'x' }")),
      HasSubstr("line 1, column 1: rule 'r' can never match: no tool that it is about fits "
                "all of its conditions"));
}

// ---- rules that can never decide ----

// Two rules for write_file with what is given.
std::string Two(const std::string& first, const std::string& second) {
  return "[[rule]]\nid='a'\n" + first + "\n[[rule]]\nid='b'\n" + second + "\n";
}

TEST(NeverDecides, AStricterOrEarlierRuleThatCoversAnotherIsAnError) {
  const std::string deny = "decision='deny'\ntool='write_file'";
  EXPECT_THAT(LoadError(Two(deny, "decision='allow'\ntool='write_file'")),
              HasSubstr("p.toml: line 5, column 1: rule 'b' can never decide: rule 'a' in line 1 "
                        "says deny to every call that it matches"));
  EXPECT_THAT(LoadError(Two("decision='allow'\ntool='write_file'", deny)),
              HasSubstr("line 1, column 1: rule 'a' can never decide"));
  for (const char* covered :
       {"decision='ask'\ntool='write_file'", "decision='deny'\ntool='write_file'",
        "decision='allow'\ntool='write_file'\nserver='builtin'",
        "decision='allow'\ntool='write_file'\neffect='write'",
        "decision='preview'\ntool='write_file'\n[rule.when]\nargument.path={inside='x'}",
        "decision='ask-typed'\ntool='write_file'\n[rule.when]\ncalls={max=3}"}) {
    EXPECT_THAT(LoadError(Two(deny, covered)), HasSubstr("rule 'b' can never decide")) << covered;
  }
  EXPECT_THAT(LoadError(Two("decision='deny'\ntool='*'", "decision='allow'\ntool='*_file'")),
              HasSubstr("rule 'b' can never decide"));
  EXPECT_THAT(
      LoadError(Two("decision='deny'\neffect=['write','read']", "decision='allow'\ntool='resize'")),
      HasSubstr("rule 'b' can never decide"));
}

TEST(NeverDecides, ConditionsFollowWhereThatIsPlainToSee) {
  struct Case {
    const char* cover;
    const char* rule;
  };
  const auto load = [](const char* cover, const char* rule) {
    return LoadError(Two("decision='deny'\ntool='*'\n[rule.when]\n" + std::string(cover),
                         "decision='allow'\ntool='*'\n[rule.when]\n" + std::string(rule)));
  };
  for (const Case& c : {
           Case{"argument.path={inside='a'}", "argument.path={inside='a/b'}"},
           Case{"argument.path={glob='a*'}", "argument.path={glob='a*',inside='b'}"},
           Case{"argument.text={one-of=['a','b']}", "argument.text={equals='a'}"},
           Case{"argument.text={one-of=['a','b']}", "argument.text={one-of=['b','a']}"},
           Case{"argument.width={min=2}", "argument.width={min=2,max=3}"},
           Case{"argument.width={max=9}", "argument.width={max=3.5}"},
           Case{"argument.text={min-length=1}", "argument.text={min-length=2}"},
           Case{"argument.url={host-in=['a.org','b.org']}", "argument.url={host-in=['b.org']}"},
           Case{"argument.text={origin=['file','person']}", "argument.text={origin='file'}"},
           Case{"origin=['file','tool-result']", "origin='file'"},
           Case{"calls={min=1}", "calls={min=2,max=3}"},
           Case{"confidence={max=0.5}", "confidence={max=0.4}"},
           Case{"time={from='08:00',to='09:00'}", "time={from='08:00',to='09:00'}\ncalls={max=1}"},
       }) {
    EXPECT_THAT(load(c.cover, c.rule), HasSubstr("rule 'b' can never decide")) << c.rule;
  }
  for (const Case& c : {
           Case{"argument.path={inside='a/b'}", "argument.path={inside='a'}"},
           Case{"argument.path={inside='a'}", "argument.path={inside='ab'}"},
           Case{"argument.path={inside='a'}", "argument.text={equals='a'}"},
           Case{"argument.text={one-of=['a','b']}", "argument.text={equals='c'}"},
           Case{"argument.text={equals='a'}", "argument.text={one-of=['b','a']}"},
           Case{"argument.width={min=2}", "argument.width={min=1,max=3}"},
           Case{"argument.width={max=9}", "argument.width={min=3}"},
           Case{"argument.text={max-length=9}", "argument.text={min-length=3}"},
           Case{"argument.url={host-in=['a.org']}", "argument.url={host-in=['a.org','b.org']}"},
           Case{"origin='file'", "origin=['file','person']"},
           Case{"origin='file'", "calls={min=1}"},
           Case{"calls={min=1}", "calls={max=3}"},
           Case{"time={from='08:00',to='09:00'}", "time={from='08:00',to='10:00'}"},
       }) {
    EXPECT_EQ(load(c.cover, c.rule), "no error") << c.cover << " / " << c.rule;
  }
}

TEST(NeverDecides, ANarrowerOrLooserRuleCoversNothing) {
  const std::string allow = "decision='allow'\ntool='write_file'";
  EXPECT_EQ(LoadError(Two(allow,
                          "decision='deny'\ntool='write_file'\n[rule.when]\n"
                          "argument.path={inside='x'}")),
            "no error");
  EXPECT_EQ(LoadError(Two("decision='deny'\ntool='write_file'", "decision='allow'\ntool='*_file'")),
            "no error");
  EXPECT_EQ(LoadError(Two("decision='deny'\nserver='mail'", "decision='allow'\ntool='*'")),
            "no error");
  EXPECT_EQ(LoadError(Two("decision='deny'\neffect='write'", "decision='allow'\ntool='*'")),
            "no error");
  // The first of two equally strict ones decides, so a wider later one hides nothing.
  EXPECT_EQ(LoadError(Two("decision='ask'\ntool='write_file'", "decision='ask'\ntool='*'")),
            "no error");
  // A stranger's effect only tightens: the second rule decides.
  EXPECT_EQ(LoadError(Two("decision='ask'\neffect='network'", "decision='ask'\ntool='send_mail'")),
            "no error");
}

}  // namespace
}  // namespace weir::policy
