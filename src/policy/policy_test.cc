#include "policy/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "policy/testing/known_tools.h"

namespace weir::policy {
namespace {

using testing::HasSubstr;

Policy Load(std::string_view toml) {
  Result<Policy> policy = Policy::Parse(toml, "policy.toml", TestTools());
  EXPECT_TRUE(policy.has_value()) << policy.error().message;
  return policy ? *policy : Policy::Default();
}

Verdict VerdictOf(const Policy& policy, const ProposedCall& call) {
  return policy.Decide(call).verdict;
}

// ---- the default ----

TEST(DefaultPolicy, ReadsAreAllowedWritesAndDeletesAskNetworkIsDenied) {
  const std::vector<KnownTool> tools = TestTools();
  for (const Policy& policy : {Policy::Default(), Policy::Default(tools)}) {
    EXPECT_EQ(VerdictOf(policy, TestCall("read_file", {{"path", "a"}})), Verdict::kAllow);
    EXPECT_EQ(VerdictOf(policy, TestCall("calculate", {{"expression", "1"}})), Verdict::kAllow);
    EXPECT_EQ(VerdictOf(policy, TestCall("write_file", {{"path", "a"}, {"text", ""}})),
              Verdict::kAsk);
    EXPECT_EQ(VerdictOf(policy, TestCall("delete_file", {{"path", "a"}})), Verdict::kAsk);
    EXPECT_EQ(VerdictOf(policy, TestCall("fetch", {{"url", "x"}})), Verdict::kDeny);
  }
}

TEST(DefaultPolicy, UnknownEffectsAndMalformedCallsAreDenied) {
  ProposedCall call = TestCall("read_file", {{"path", "a"}});
  for (const char* effect : {"", "READ", "read ", "execute"}) {
    call.effect = effect;
    EXPECT_EQ(VerdictOf(Policy::Default(), call), Verdict::kDeny) << effect;
  }
  call = TestCall("read_file", {{"path", "a"}});
  call.arguments = json::Json::array({"path", "a"});
  EXPECT_EQ(VerdictOf(Policy::Default(), call), Verdict::kDeny);
  call.arguments = nullptr;
  EXPECT_EQ(VerdictOf(Policy::Default(), call), Verdict::kDeny);
  call = TestCall("calculate", {{"expression", "\xff"}});  // no canonical form
  EXPECT_EQ(VerdictOf(Policy::Default(), call), Verdict::kDeny);
  call = TestCall("read_file", {{"path", "a"}});
  call.tool = "";
  EXPECT_EQ(VerdictOf(Policy::Default(), call), Verdict::kDeny);
}

TEST(DefaultPolicy, PathsThatLeaveTheWorkspaceAreDenied) {
  for (const char* path : {"../a", "/etc/passwd", "a/../../b", ".."}) {
    const Decision decision = Policy::Default().Decide(TestCall("read_file", {{"path", path}}));
    EXPECT_EQ(decision.verdict, Verdict::kDeny) << path;
    EXPECT_EQ(decision.rule_id, "floor:path");
  }
  EXPECT_EQ(VerdictOf(Policy::Default(), TestCall("read_file", {{"path", {"a"}}})), Verdict::kDeny);
  EXPECT_EQ(VerdictOf(Policy::Default(), TestCall("read_file", {{"path", "a/../b"}})),
            Verdict::kAllow);
}

TEST(DefaultPolicy, AStrangersClaimToOnlyReadAllowsNothing) {
  const Decision decision =
      Policy::Default().Decide(TestCall("read_mail", {{"folder", "inbox"}}, "mail"));
  EXPECT_EQ(decision.verdict, Verdict::kDeny);
  EXPECT_THAT(decision.reason, HasSubstr("mail"));
}

TEST(DefaultPolicy, AStrangersToolMayReadWhereAPersonSaysSoAndElseAsks) {
  std::vector<KnownTool> tools = TestTools();
  for (KnownTool& tool : tools) tool.is_effect_given = true;
  const Policy policy = Policy::Default(tools);
  const Decision read = policy.Decide(TestCall("read_mail", {{"folder", "inbox"}}, "mail"));
  EXPECT_EQ(read.verdict, Verdict::kAllow);
  EXPECT_EQ(read.rule_id, "default:mcp-read");
  const Decision send = policy.Decide(TestCall("send_mail", {{"to", "x"}}, "mail"));
  EXPECT_EQ(send.verdict, Verdict::kAsk);
  EXPECT_EQ(send.rule_id, "default:mcp");
  EXPECT_EQ(VerdictOf(policy, TestCall("fetch", {{"url", "x"}})), Verdict::kDeny) << "ours";

  // Network is the effect of what nobody knows better, so an allow must name the server as well.
  const std::string any = "[[rule]]\nid='n'\ndecision='allow'\neffect='network'\n";
  EXPECT_EQ(
      VerdictOf(*Policy::Parse(any, "p", tools), TestCall("send_mail", {{"to", "x"}}, "mail")),
      Verdict::kDeny);
  EXPECT_EQ(VerdictOf(*Policy::Parse(any + "server='mail'\n", "p", tools),
                      TestCall("send_mail", {{"to", "x"}}, "mail")),
            Verdict::kAllow);
}

TEST(DefaultPolicy, KnownToolsCanNotBeContradicted) {
  const std::vector<KnownTool> tools = TestTools();
  const Policy policy = Policy::Default(tools);
  ProposedCall call = TestCall("delete_file", {{"path", "a"}});
  call.effect = "read";
  EXPECT_EQ(policy.Decide(call).rule_id, "floor:contradiction");
  call = TestCall("read_file", {{"path", "../a"}});
  call.path_arguments = {};  // the caller forgot
  EXPECT_EQ(policy.Decide(call).rule_id, "floor:path");
  call = TestCall("read_file", {{"path", "a"}, {"extra", 1}});
  EXPECT_EQ(policy.Decide(call).rule_id, "floor:unknown-argument");
  call = TestCall("read_file", {{"path", "a"}});
  call.tool = "read_files";
  EXPECT_EQ(policy.Decide(call).rule_id, "floor:unknown-tool");
}

// ---- rules ----

TEST(Policy, WithoutAMatchingRuleEverythingIsDenied) {
  const Policy policy = Load("[[rule]]\nid='r'\ndecision='allow'\ntool='read_file'\n");
  EXPECT_EQ(VerdictOf(policy, TestCall("read_file", {{"path", "a"}})), Verdict::kAllow);
  const Decision decision = policy.Decide(TestCall("search_text", {{"text", "a"}}));
  EXPECT_EQ(decision.verdict, Verdict::kDeny);
  EXPECT_EQ(decision.rule_id, "default:deny");
}

TEST(Policy, StandardAsDefaultKeepsTheBuiltInRulesForTheRest) {
  const Policy policy = Load(R"(
default = "standard"
[[rule]]
id = "notes"
decision = "allow"
tool = "write_file"
[rule.when]
argument.path = { inside = "notes" }
)");
  EXPECT_EQ(VerdictOf(policy, TestCall("write_file", {{"path", "notes/a"}})), Verdict::kAllow);
  EXPECT_EQ(VerdictOf(policy, TestCall("write_file", {{"path", "b"}})), Verdict::kAsk);
  EXPECT_EQ(VerdictOf(policy, TestCall("read_file", {{"path", "b"}})), Verdict::kAllow);
  EXPECT_EQ(VerdictOf(policy, TestCall("fetch", {{"url", "b"}})), Verdict::kDeny);
}

TEST(Policy, TheStrictestWinsInAnyOrder) {
  std::vector<std::string> rules = {
      "[[rule]]\nid='a'\ndecision='allow'\ntool='*'\n",
      "[[rule]]\nid='b'\ndecision='ask'\ntool='write_*'\n",
      "[[rule]]\nid='c'\ndecision='deny'\ntool='write_file'\n",
  };
  std::sort(rules.begin(), rules.end());
  do {
    const Policy policy = Load(rules[0] + rules[1] + rules[2]);
    const Decision decision = policy.Decide(TestCall("write_file", {{"path", "x"}}));
    EXPECT_EQ(decision.verdict, Verdict::kDeny);
    EXPECT_EQ(decision.rule_id, "c");
    EXPECT_EQ(VerdictOf(policy, TestCall("read_file", {{"path", "x"}})), Verdict::kAllow);
  } while (std::next_permutation(rules.begin(), rules.end()));
}

TEST(Policy, NoRuleOpensTheWayOutOfTheWorkspace) {
  const Policy policy = Load("[[rule]]\nid='all'\ndecision='allow'\ntool='*'\n");
  EXPECT_EQ(VerdictOf(policy, TestCall("fetch", {{"url", "x"}})), Verdict::kAllow);
  EXPECT_EQ(policy.Decide(TestCall("read_file", {{"path", "../x"}})).rule_id, "floor:path");
  EXPECT_EQ(policy.Decide(TestCall("move_file", {{"source", "a"}, {"destination", "/b"}})).rule_id,
            "floor:path");
}

TEST(Policy, InsideIsJudgedOnTheNormalForm) {
  const Policy policy = Load(R"(
[[rule]]
id = "notes"
decision = "allow"
tool = "read_file"
[rule.when]
argument.path = { inside = "./notes/" }
)");
  for (const char* path : {"notes/a", "./notes//a", "x/../notes/a", "notes", "notes/x/../a"}) {
    EXPECT_EQ(VerdictOf(policy, TestCall("read_file", {{"path", path}})), Verdict::kAllow) << path;
  }
  for (const char* path :
       {"notes/../a", "notes2/a", "a/notes/b", "Notes/a", "notes/a/../../b", "."}) {
    EXPECT_EQ(VerdictOf(policy, TestCall("read_file", {{"path", path}})), Verdict::kDeny) << path;
  }
}

TEST(Policy, ConditionsOnValuesWork) {
  const Policy policy = Load(R"(
[[rule]]
id = "fetch"
decision = "allow"
tool = "fetch"
[rule.when]
argument.url = { glob = "https://*.example.org/*" }
argument.seconds = { min = 1, max = 2.5 }
argument.fast = { equals = true }
[[rule]]
id = "sum"
decision = "allow"
tool = "calculate"
[rule.when]
argument.expression = { one-of = ["1+1", "2"] }
)");
  const auto fetch = [&](const char* url, json::Json seconds, json::Json fast) {
    return VerdictOf(policy,
                     TestCall("fetch", {{"url", url}, {"seconds", seconds}, {"fast", fast}}));
  };
  const char* url = "https://a.example.org/x/y";
  EXPECT_EQ(fetch(url, 1, true), Verdict::kAllow);
  EXPECT_EQ(fetch(url, 2.5, true), Verdict::kAllow);
  EXPECT_EQ(fetch(url, 2.6, true), Verdict::kDeny);
  EXPECT_EQ(fetch(url, 0, true), Verdict::kDeny);
  EXPECT_EQ(fetch(url, "1", true), Verdict::kDeny);
  EXPECT_EQ(fetch(url, 1, false), Verdict::kDeny);
  EXPECT_EQ(fetch(url, 1, 1), Verdict::kDeny);
  EXPECT_EQ(fetch(url, 1, nullptr), Verdict::kDeny);
  EXPECT_EQ(fetch("http://a.example.org/x", 1, true), Verdict::kDeny);
  EXPECT_EQ(VerdictOf(policy, TestCall("fetch", {{"url", url}, {"fast", true}})), Verdict::kDeny);
  EXPECT_EQ(VerdictOf(policy, TestCall("calculate", {{"expression", "2"}})), Verdict::kAllow);
  EXPECT_EQ(VerdictOf(policy, TestCall("calculate", {{"expression", "3"}})), Verdict::kDeny);
}

TEST(Policy, LargeWholeNumbersAreComparedExactly) {
  const Policy policy = Load(R"(
[[rule]]
id = "limit"
decision = "allow"
tool = "fetch"
[rule.when]
argument.seconds = { max = 9007199254740992 }
)");
  EXPECT_EQ(VerdictOf(policy, TestCall("fetch", {{"seconds", 9007199254740992}})), Verdict::kAllow);
  EXPECT_EQ(VerdictOf(policy, TestCall("fetch", {{"seconds", 9007199254740993}})), Verdict::kDeny);
}

TEST(Policy, AConditionThatCanNotBeJudgedTightensAndNeverLoosens) {
  const Policy policy = Load(R"(
[[rule]]
id = "all"
decision = "allow"
tool = "fetch"
[[rule]]
id = "slow"
decision = "deny"
tool = "fetch"
[rule.when]
argument.seconds = { min = 60 }
[[rule]]
id = "ask"
decision = "ask"
tool = "calculate"
[rule.when]
argument.expression = { glob = "1*" }
)");
  EXPECT_EQ(VerdictOf(policy, TestCall("fetch", {{"seconds", 1}})), Verdict::kAllow);
  EXPECT_EQ(VerdictOf(policy, TestCall("fetch", {{"seconds", 60}})), Verdict::kDeny);
  EXPECT_EQ(VerdictOf(policy, TestCall("fetch", {{"seconds", "60"}})), Verdict::kDeny);
  EXPECT_EQ(VerdictOf(policy, TestCall("fetch", {{"seconds", {60}}})), Verdict::kDeny);
  EXPECT_EQ(VerdictOf(policy, TestCall("calculate", {{"expression", "1"}})), Verdict::kAsk);
  EXPECT_EQ(VerdictOf(policy, TestCall("calculate", {{"expression", 1}})), Verdict::kDeny);
}

TEST(Policy, AStrangersEffectTightensAndNeverLoosens) {
  const std::string reads = "[[rule]]\nid='reads'\ndecision='allow'\neffect=['read','network']\n";
  const std::string asks = "[[rule]]\nid='asks'\ndecision='ask'\neffect='network'\n";
  const std::string named = "[[rule]]\nid='named'\ndecision='allow'\nserver='mail'\n";
  const ProposedCall read = TestCall("read_mail", {{"folder", "x"}}, "mail");
  const ProposedCall send = TestCall("send_mail", {{"to", "x"}}, "mail");
  EXPECT_EQ(VerdictOf(Load(reads), read), Verdict::kDeny);
  EXPECT_EQ(VerdictOf(Load(asks), send), Verdict::kDeny);  // asking is looser than the default
  EXPECT_EQ(VerdictOf(Load(named), send), Verdict::kAllow);
  EXPECT_EQ(VerdictOf(Load(named + asks), send), Verdict::kAsk);
  EXPECT_EQ(VerdictOf(Load(named + asks), read), Verdict::kAllow);
  EXPECT_EQ(VerdictOf(Load(reads), TestCall("fetch", {{"url", "x"}})), Verdict::kAllow);
}

TEST(Policy, ToolsOfTheSameNameAreToldApartByServer) {
  std::vector<KnownTool> tools = TestTools();
  tools.push_back({"mail", "read_file", "read", {"path"}, {}});
  const Result<Policy> policy = Policy::Parse(
      "[[rule]]\nid='ours'\ndecision='allow'\nserver='builtin'\ntool='read_file'\n", "p", tools);
  ASSERT_TRUE(policy.has_value());
  ProposedCall call = TestCall("read_file", {{"path", "a"}});
  EXPECT_EQ(policy->Decide(call).verdict, Verdict::kAllow);
  call.server = "mail";
  EXPECT_EQ(policy->Decide(call).verdict, Verdict::kDeny);
}

TEST(Policy, AddingADenyRuleNeverLoosens) {
  // Random rule sets: with a deny rule more, no call gets a looser verdict.
  std::mt19937 random(3);
  const std::vector<KnownTool> tools = TestTools();
  const auto rule = [&](std::string id, Verdict verdict, const std::string& tool) {
    Rule made;
    made.id = std::move(id);
    made.verdict = verdict;
    made.tool = Glob::Parse(tool).value();
    return made;
  };
  for (int round = 0; round < 200; ++round) {
    PolicyFile file;
    file.default_rules = DefaultRules::kStandard;
    for (int i = 0; i < 4; ++i) {
      file.rules.push_back(rule("r" + std::to_string(i), static_cast<Verdict>(random() % 5),
                                tools[random() % tools.size()].name));
    }
    const Policy before = Policy::FromRules(file, tools);
    const std::string denied = tools[random() % tools.size()].name;
    file.rules.push_back(rule("d", Verdict::kDeny, denied));
    const Policy after = Policy::FromRules(file, tools);
    for (const KnownTool& tool : tools) {
      const ProposedCall call = TestCall(tool.name, json::Json::object(), tool.server);
      EXPECT_GE(VerdictOf(after, call), VerdictOf(before, call));
      if (tool.name == denied) {
        EXPECT_EQ(VerdictOf(after, call), Verdict::kDeny);
      }
    }
  }
}

// ---- explanation and hash ----

TEST(Policy, ExplainNamesWhatMatchedAndWhatDecided) {
  const Policy policy = Load(R"(
default = "standard"
[[rule]]
id = "notes"
decision = "allow"
tool = "write_file"
reason = "notes are free to write"
[rule.when]
argument.path = { inside = "notes" }
[[rule]]
id = "drafts"
decision = "deny"
tool = "write_file"
[rule.when]
argument.path = { glob = "**/draft-*" }
)");
  const Explanation denied = policy.Explain(TestCall("write_file", {{"path", "notes/draft-1"}}));
  ASSERT_EQ(denied.rules.size(), 2u);
  EXPECT_TRUE(denied.rules[0].matched);
  EXPECT_FALSE(denied.rules[0].decided);
  EXPECT_TRUE(denied.rules[1].decided);
  EXPECT_EQ(denied.decision.rule_id, "drafts");
  const Explanation free = policy.Explain(TestCall("write_file", {{"path", "notes/a"}}));
  EXPECT_EQ(free.decision.reason, "notes are free to write");
  EXPECT_THAT(free.text, HasSubstr("=> notes (allow): matches"));
  EXPECT_THAT(free.text, HasSubstr(" - drafts (deny): argument 'path' does not fit"));
  const Explanation other = policy.Explain(TestCall("write_file", {{"path", "a"}}));
  EXPECT_EQ(other.rules.size(), 7u) << "two of the file and five built-in ones";
  EXPECT_EQ(other.decision.rule_id, "default:write");
  EXPECT_TRUE(policy.Explain(TestCall("read_file", {{"path", ".."}})).rules.empty());
}

TEST(Policy, TheHashFollowsTheContentAndNotTheLayout) {
  const std::string text = "[[rule]]\nid='a'\ndecision='ask'\ntool='read_file'\nreason='x'\n";
  const std::string hash = Load(text).hash();
  EXPECT_EQ(hash.size(), 64u);
  EXPECT_EQ(
      Load("# note\n\n[[rule]]\ntool = \"read_file\"\nreason = 'x'\ndecision = 'ask'\nid='a'\n"
           "match = [{ arguments = { path = 'x' } }]\n")
          .hash(),
      hash);
  std::vector<std::string> hashes = {hash, Policy::Default().hash()};
  for (const char* more :
       {"effect='read'\n", "server='builtin'\n", "[rule.when]\nargument.path={equals='a'}\n",
        "[rule.when]\nargument.path={glob='a'}\n", "[rule.when]\nargument.path={one-of=['a']}\n",
        "[[rule]]\nid='b'\ndecision='deny'\ntool='write_file'\n"}) {
    hashes.push_back(Load(text + more).hash());
  }
  hashes.push_back(Load("default='standard'\n" + text).hash());
  std::sort(hashes.begin(), hashes.end());
  EXPECT_EQ(std::unique(hashes.begin(), hashes.end()), hashes.end());
  EXPECT_EQ(Load(text).Decide(TestCall("read_file", {{"path", "a"}})).policy_hash, hash);
}

}  // namespace
}  // namespace weir::policy
