// What-if over recordings, and the calls that `weir policy test` checks.

#include "policy/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/examples.h"
#include "policy/explain.h"
#include "policy/testing/schema_tools.h"

namespace weir::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kRules = R"(default = "standard"
[[rule]]
id = "notes"
decision = "allow"
tool = "write_file"
match = [{ arguments = { path = "notes/a" } }, { arguments = { path = "notes/secret/a" } }]
no-match = [{ arguments = { path = "b" } }]
[rule.when]
argument.path = { inside = "notes" }
[[rule]]
id = "secret"
decision = "deny"
tool = "write_file"
[rule.when]
argument.path = { inside = "notes/secret" }
[[rule]]
id = "shadow"
decision = "ask"
tool = "write_file"
[rule.when]
argument.path = { glob = "notes/secret/*" }
[[rule]]
id = "idle"
decision = "deny"
tool = "fetch"
)";

Policy RulesPolicy() { return Policy::Parse(kRules, "p.toml", SchemaTools()).value(); }

std::string RecordingError(std::string_view text) {
  const Result<Recording> recording = ReadRecording(text, "r.jsonl", SchemaTools());
  return recording ? "no error" : recording.error().message;
}

TEST(Recording, WhatIsNoRecordingIsAnErrorWithItsLine) {
  EXPECT_THAT(RecordingError("{}\n"), HasSubstr("r.jsonl: line 1: expected"));
  EXPECT_THAT(RecordingError("\n{"), HasSubstr("r.jsonl: line 2: "));
  EXPECT_THAT(RecordingError("[]"), HasSubstr("line 1: expected a JSON object, not array"));
  EXPECT_THAT(RecordingError(R"({"call":{"tool":"fetch"}})"), HasSubstr("the verdict is ''"));
  EXPECT_THAT(RecordingError(R"({"call":{"tool":"fetch"},"verdict":"yes"})"),
              HasSubstr("expected allow, ask"));
  EXPECT_THAT(RecordingError(R"({"call":{"tol":"fetch"},"verdict":"ask"})"),
              HasSubstr("unknown key 'tol' in a call; did you mean 'tool'?"));
  EXPECT_THAT(RecordingError(R"({"call":{"tool":"fetch"},"verdct":"ask"})"),
              HasSubstr("did you mean 'verdict'?"));
  EXPECT_THAT(RecordingError(R"({"kind":"decision","seq":3})"), HasSubstr("without data"));
  for (const char* call :
       {R"({"tool":1})", R"({"tool":"a","server":2})", R"({"tool":"a","calls":-1})",
        R"({"tool":"a","confidence":2})", R"({"tool":"a","time":"24:00"})",
        R"({"tool":"a","origins":["x"]})", R"({"tool":"a","origins":{"x":"me"}})",
        R"({"tool":"a","origins":{"/":"file"}})", "5"}) {
    EXPECT_THAT(RecordingError(R"({"verdict":"ask","call":)" + std::string(call) + "}"),
                HasSubstr("r.jsonl: line 1: "))
        << call;
  }
}

TEST(Recording, CallsCarryTheirFacts) {
  const Recording recording =
      ReadRecording(
          R"({"verdict":"ask","rule":"x","call":{"tool":"send_mail","arguments":{"to":[]},)"
          R"("origins":{"to":["person","file"]},"calls":2,"confidence":0.5,"time":"01:02"}})",
          "r", SchemaTools())
          .value();
  ASSERT_EQ(recording.calls.size(), 1u);
  const ProposedCall& call = recording.calls[0].call;
  EXPECT_EQ(call.server, "mail");  // the only server that has the tool
  EXPECT_EQ(call.effect, "network");
  EXPECT_THAT(call.origins.at("to"), ElementsAre(Origin::kPerson, Origin::kFile));
  EXPECT_EQ(call.calls_so_far, 2);
  EXPECT_EQ(call.confidence, 0.5);
  EXPECT_EQ(call.minute_of_day, 62);
}

TEST(Recording, AnAuditLogGivesDecisionsWithTheArgumentsOfTheirIntents) {
  const std::string log =
      R"({"seq":1,"kind":"log_started","run":"","call":"","data":{"format":1}})"
      "\n"
      R"({"seq":2,"kind":"decision","run":"r","call":"c1","data":{"tool":"write_file","server":"builtin","effect":"write","verdict":"ask","rule":"default:write"}})"
      "\n"
      R"({"seq":3,"kind":"intent","run":"r","call":"c1","data":{"tool":"write_file","server":"builtin","effect":"write","verdict":"ask","rule":"default:write","arguments":{"path":"a"}}})"
      "\n"
      R"({"seq":4,"kind":"decision","run":"r","call":"c2","data":{"tool":"write_file","verdict":"deny","rule":"x","arguments":{"path":"b"}}})"
      "\n"
      R"({"seq":5,"kind":"decision","run":"r","call":"c3","data":{"tool":"fetch","verdict":"deny","rule":"default:deny"}})"
      "\n"
      R"({"seq":6,"kind":"decision","run":"r","call":"c4","data":{"tool":"gone","server":"old","effect":"read","verdict":"allow","rule":"y","arguments":{}}})"
      "\n"
      R"({"seq":7,"kind":"intent","run":"r","call":"c4","data":{"tool":"gone","server":"old","effect":"read","verdict":"allow","rule":"y","arguments":{}}})"
      "\n";
  const Recording recording = ReadRecording(log, "log", SchemaTools()).value();
  ASSERT_EQ(recording.calls.size(), 3u);
  EXPECT_EQ(recording.n_without_arguments, 1u);
  EXPECT_EQ(recording.calls[0].number, 2u);
  EXPECT_EQ(recording.calls[0].call.arguments["path"], "a");
  EXPECT_EQ(recording.calls[0].call.calls_so_far, 0);
  EXPECT_EQ(recording.calls[1].number, 4u);
  EXPECT_EQ(recording.calls[1].call.calls_so_far, 1);  // after one intent of the tool
  EXPECT_EQ(recording.calls[2].call.effect, "read");   // as it was recorded
  EXPECT_EQ(recording.calls[2].call.server, "old");
}

TEST(Replay, TellsWhatChangesByWhichRuleAndWhichRulesDoNothing) {
  const std::string calls =
      R"({"call":{"tool":"write_file","arguments":{"path":"notes/a"}},"verdict":"ask","rule":"old"})"
      "\n"
      R"({"call":{"tool":"write_file","arguments":{"path":"notes/secret/a"}},"verdict":"deny"})"
      "\n"
      R"({"call":{"tool":"write_file","arguments":{"path":"../x"}},"verdict":"allow","rule":"old"})"
      "\n";
  const Recording recording = ReadRecording(calls, "r", SchemaTools()).value();
  const ReplayReport report = Replay(recording, RulesPolicy());
  EXPECT_EQ(report.n_calls, 3u);
  ASSERT_EQ(report.changes.size(), 2u);
  EXPECT_EQ(report.changes[0].was, Verdict::kAsk);
  EXPECT_EQ(report.changes[0].now, Verdict::kAllow);
  EXPECT_EQ(report.changes[0].now_rule, "notes");
  EXPECT_EQ(report.changes[1].number, 3u);
  EXPECT_EQ(report.changes[1].now_rule, "floor:path");
  const json::Json object = ReplayJson(report);
  EXPECT_EQ(object["dead"], json::Json::array({"shadow"}));
  EXPECT_EQ(object["never_matched"], json::Json::array({"idle"}));
  EXPECT_EQ(object["rules"][0]["matched"], 2);
  EXPECT_EQ(object["rules"][0]["decided"], 1);
  EXPECT_EQ(ReplayText(report),
            "1: write_file {\"path\":\"notes/a\"}\n"
            "    ask by old -> allow by notes: rule 'notes' says allow\n"
            "3: write_file {\"path\":\"../x\"}\n"
            "    allow by old -> deny by floor:path: argument 'path': '../x' leads out of the\n"
            "      workspace\n"
            "3 calls, 2 decisions change\n"
            "matched but never decided: shadow\n"
            "never matched: idle\n");
}

TEST(Replay, SaysTheSameTenTimesOver) {
  std::string calls;
  for (int i = 0; i < 200; ++i) {
    calls += R"({"call":{"tool":"write_file","arguments":{"path":"notes/)" + std::to_string(i % 7) +
             R"("}},"verdict":")" + (i % 3 == 0 ? "ask" : "allow") + "\"}\n";
  }
  std::string first;
  for (int i = 0; i < 10; ++i) {
    const Recording recording = ReadRecording(calls, "r", SchemaTools()).value();
    const ReplayReport report = Replay(recording, RulesPolicy());
    const std::string told = ReplayText(report) + json::Dump(ReplayJson(report));
    if (first.empty()) first = told;
    ASSERT_EQ(told, first);
  }
}

TEST(Examples, AreCountedAndTheOverruledOnesTold) {
  const std::vector<RuleExamples> told = TellExamples(RulesPolicy());
  ASSERT_EQ(told.size(), 4u);
  EXPECT_EQ(told[0].n_match, 2u);
  EXPECT_EQ(told[0].n_no_match, 1u);
  EXPECT_THAT(told[0].overruled,
              ElementsAre("write_file {\"path\":\"notes/secret/a\"}: deny by secret"));
  EXPECT_EQ(told[3].n_match + told[3].n_no_match, 0u);
}

TEST(Examples, CallsAreHeldAgainstWhatIsExpected) {
  const Policy policy = RulesPolicy();
  const std::string good =
      R"({"call":{"tool":"write_file","arguments":{"path":"notes/a"}},"expect":"allow"})";
  const std::string bad = R"({"call":{"tool":"fetch","arguments":{"url":"x"}},"expect":"ask"})";
  EXPECT_TRUE(CheckCalls(policy, good + "\n\n" + good, "c").value().mismatches.empty());
  const CallsReport report = CheckCalls(policy, good + "\n\n" + bad + "\n", "c").value();
  EXPECT_EQ(report.n_calls, 2u);
  ASSERT_EQ(report.mismatches.size(), 1u);
  EXPECT_EQ(report.mismatches[0].line, 3u);
  EXPECT_EQ(report.mismatches[0].found.rule_id, "idle");
  for (const char* wrong : {"{}", R"({"call":{"tool":"fetch"}})", R"({"call":5,"expect":"ask"})",
                            R"({"call":{"tool":"fetch"},"expect":"maybe"})", "nothing",
                            R"({"call":{"tool":"fetch"},"expect":"ask","why":1})"}) {
    const Result<CallsReport> checked = CheckCalls(policy, wrong, "c.jsonl");
    ASSERT_FALSE(checked.has_value()) << wrong;
    EXPECT_THAT(checked.error().message, HasSubstr("c.jsonl: line 1: ")) << wrong;
  }
}

TEST(Examples, LongCallsAreCutAtACharacter) {
  const std::string text = CallText(
      SchemaCall("write_file", {{"path", "a"}, {"text", std::string(119, 'a') + "\xc3\xa4"}}));
  EXPECT_LE(text.size(), 123u);
  EXPECT_TRUE(json::IsValidUtf8(text));
}

TEST(Wrapped, BreaksAtSpacesWithinEightyColumns) {
  EXPECT_EQ(Wrapped("", 2), "\n");
  EXPECT_EQ(Wrapped("a b", 2), "a b\n");
  const std::string word(50, 'x');
  EXPECT_EQ(Wrapped(word + " " + word, 4), word + "\n    " + word + "\n");
  EXPECT_EQ(Wrapped(std::string(90, 'y') + " z", 2), std::string(90, 'y') + "\n  z\n");
}

}  // namespace
}  // namespace weir::policy
