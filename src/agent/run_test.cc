// The run as a table: what the model says x what policy says x what the person answers x what
// fails.

#include "agent/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "agent/context.h"
#include "agent/driver.h"

namespace weir::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

chat::ToolCall Call(std::string name, json::Json arguments) {
  chat::ToolCall call;
  call.name = std::move(name);
  call.arguments = std::move(arguments);
  return call;
}

ModelReplied Says(std::string text) {
  ModelReplied replied;
  replied.reply.message.role = chat::Role::kAssistant;
  replied.reply.message.content = std::move(text);
  return replied;
}

ModelReplied Calls(std::vector<chat::ToolCall> calls) {
  ModelReplied replied = Says("");
  replied.reply.message.tool_calls = std::move(calls);
  return replied;
}

tools::Preview PreviewOf(std::string action) {
  tools::Preview preview;
  preview.action = std::move(action);
  return preview;
}

tools::Preview FailedPreview(std::string why) {
  tools::Preview preview;
  preview.is_error = true;
  preview.body = std::move(why);
  return preview;
}

tools::ToolResult ResultOf(std::string summary) {
  tools::ToolResult result;
  result.summary = std::move(summary);
  return result;
}

tools::ToolResult ErrorResult(std::string summary) {
  tools::ToolResult result = ResultOf(std::move(summary));
  result.is_error = true;
  return result;
}

// The kinds of the outputs, in order.
std::vector<std::string> Kinds(const Outputs& outputs) {
  static const char* const kNames[] = {"record",  "model",    "preview", "approval",
                                       "execute", "question", "show",    "finish"};
  std::vector<std::string> kinds;
  for (const Output& output : outputs) {
    const std::string kind = kNames[output.index()];
    if (kind != "show") kinds.push_back(kind);
  }
  return kinds;
}

template <class T>
const T* Find(const Outputs& outputs) {
  for (const Output& output : outputs) {
    if (const T* found = std::get_if<T>(&output)) return found;
  }
  return nullptr;
}

class RunTest : public ::testing::Test {
 protected:
  RunTest() : registry_(*tools::Registry::Builtin()), shortlist_(*tools::Shortlist::Builtin()) {
    for (const tools::ToolEntry& entry : registry_.tools()) {
      known_.push_back({.server = entry.server,
                        .name = entry.definition.name,
                        .effect = entry.effect,
                        .arguments = entry.arguments,
                        .path_arguments = entry.path_arguments});
    }
    policy_.emplace(policy::Policy::Default(known_));
  }

  RunContext Context() {
    return {.policy = *policy_,
            .registry = registry_,
            .shortlist = shortlist_,
            .profile = profile_,
            .now_us = 1'000'000,
            .dry_run = dry_run_};
  }
  void UsePolicy(const std::string& toml) {
    Result<policy::Policy> policy = policy::Policy::Parse(toml, "test.toml", known_);
    ASSERT_TRUE(policy.has_value()) << policy.error().message;
    policy_ = std::move(*policy);
  }
  Outputs Do(Input input) { return Step(state_, std::move(input), Context()); }
  Outputs Ask(std::string text) { return Do(PersonAsked{std::move(text)}); }
  policy::Answer Answer(const Outputs& outputs, bool yes) {
    const auto* request = Find<RequestApproval>(outputs);
    return {
        .yes = yes,
        .approver = "test",
        .request_digest = *policy::RequestDigest(request->call, request->decision, request->bound)};
  }
  policy::Answer Edit(const Outputs& outputs, json::Json arguments) {
    policy::Answer answer = Answer(outputs, false);
    answer.edited_arguments = std::move(arguments);
    return answer;
  }
  // Up to the approval question for delete_file.
  Outputs UntilApproval() {
    Ask("delete old.log");
    Do(Calls({Call("delete_file", {{"path", "old.log"}})}));
    return Do(ToolPreviewed{PreviewOf("delete old.log")});
  }

  tools::Registry registry_;
  tools::Shortlist shortlist_;
  std::vector<policy::KnownTool> known_;
  std::optional<policy::Policy> policy_;
  ModelProfile profile_;
  bool dry_run_ = false;
  RunState state_{"run-1"};
};

TEST_F(RunTest, ARequestIsRecordedAndGoesToTheModelWithAllTools) {
  const Outputs outputs = Ask("list the files");
  EXPECT_THAT(Kinds(outputs), ElementsAre("record", "model"));
  const ModelRequest& request = Find<CallModel>(outputs)->request;
  EXPECT_EQ(request.conversation.tools.size(), registry_.tools().size());
  EXPECT_EQ(request.conversation.messages.back().content, "list the files");
  EXPECT_EQ(request.calls, CallMode::kAllowed);
}

TEST_F(RunTest, AReadRunsWithoutAskingAndTheModelAnswers) {
  Ask("read notes.txt");
  const Outputs called = Do(Calls({Call("read_file", {{"path", "notes.txt"}})}));
  EXPECT_THAT(Kinds(called), ElementsAre("record", "execute"));
  const auto* execute = Find<ExecuteTool>(called);
  EXPECT_EQ(execute->call.fields().arguments, R"({"path":"notes.txt"})");
  EXPECT_EQ(execute->call.fields().approver, "policy");
  EXPECT_THAT(Kinds(Do(ToolFinished{ResultOf("notes.txt: 2 lines")})), ElementsAre("model"));
  EXPECT_EQ(state_.conversation.messages.back().role, chat::Role::kTool);
  const Outputs done = Do(Says("It has 2 lines."));
  EXPECT_THAT(Kinds(done), ElementsAre("record", "finish"));
  EXPECT_EQ(Find<Finish>(done)->outcome, Outcome::kAnswered);
  EXPECT_EQ(Find<Finish>(done)->answer, "It has 2 lines.");
}

TEST_F(RunTest, AWriteIsPreviewedAndAskedBeforeItRuns) {
  Ask("delete old.log");
  EXPECT_THAT(Kinds(Do(Calls({Call("delete_file", {{"path", "old.log"}})}))),
              ElementsAre("record", "preview"));
  const Outputs asked = Do(ToolPreviewed{PreviewOf("delete old.log")});
  EXPECT_THAT(Kinds(asked), ElementsAre("approval"));
  const Outputs approved = Do(PersonDecided{Answer(asked, true)});
  EXPECT_THAT(Kinds(approved), ElementsAre("record", "execute"));
  EXPECT_EQ(Find<ExecuteTool>(approved)->call.fields().approver, "test");
}

TEST_F(RunTest, ANoIsRecordedAndNothingRuns) {
  const Outputs asked = UntilApproval();
  const Outputs denied = Do(PersonDecided{Answer(asked, false)});
  EXPECT_THAT(Kinds(denied), ElementsAre("record", "record", "model"));
  EXPECT_EQ(Find<ExecuteTool>(denied), nullptr);
  EXPECT_THAT(state_.conversation.messages.back().content.get<std::string>(), HasSubstr("denied"));
}

TEST_F(RunTest, AYesToAnotherRequestIsADenial) {
  UntilApproval();
  const Outputs outputs =
      Do(PersonDecided{{.yes = true, .approver = "test", .request_digest = std::string(64, '0')}});
  EXPECT_EQ(Find<ExecuteTool>(outputs), nullptr);
}

// ---- arguments that the person changes ----

TEST_F(RunTest, EditedArgumentsAreJudgedPreviewedAndAskedAnew) {
  const Outputs asked = UntilApproval();
  const Outputs edited = Do(PersonDecided{Edit(asked, {{"path", "new.log"}})});
  EXPECT_THAT(Kinds(edited), ElementsAre("record", "record", "preview"));
  EXPECT_EQ(Find<Record>(edited)->event.data["answer"], "edited");
  EXPECT_EQ(Find<PreviewTool>(edited)->call.arguments["path"], "new.log");
  const Outputs again = Do(ToolPreviewed{PreviewOf("delete new.log")});
  ASSERT_THAT(Kinds(again), ElementsAre("approval"));
  EXPECT_NE(Answer(again, true).request_digest, Answer(asked, true).request_digest);
  const Outputs approved = Do(PersonDecided{Answer(again, true)});
  ASSERT_THAT(Kinds(approved), ElementsAre("record", "execute"));
  EXPECT_EQ(Find<ExecuteTool>(approved)->call.fields().arguments, R"({"path":"new.log"})");
  Do(ToolFinished{ResultOf("deleted new.log")});
  const std::string told = state_.conversation.messages.back().content.get<std::string>();
  EXPECT_THAT(told, HasSubstr("the person changed the arguments to {\"path\":\"new.log\"}"));
  EXPECT_THAT(told, HasSubstr("deleted new.log"));
}

TEST_F(RunTest, AYesToTheFirstRequestIsNoneToTheEditedOne) {
  const Outputs asked = UntilApproval();
  Do(PersonDecided{Edit(asked, {{"path", "new.log"}})});
  Do(ToolPreviewed{PreviewOf("delete new.log")});
  EXPECT_EQ(Find<ExecuteTool>(Do(PersonDecided{Answer(asked, true)})), nullptr);
}

TEST_F(RunTest, EditedArgumentsThatBreakTheSchemaRunNothing) {
  for (const json::Json& arguments :
       {json::Json::object(), json::Json{{"path", 1}}, json::Json::array(), json::Json(nullptr),
        json::Json{{"path", "a"}, {"force", true}}}) {
    const Outputs outputs = Do(PersonDecided{Edit(UntilApproval(), arguments)});
    EXPECT_THAT(Kinds(outputs), ElementsAre("record", "model")) << json::Dump(arguments);
    Do(Says("Not done."));
  }
}

TEST_F(RunTest, EditedArgumentsThatPolicyDeniesRunNothing) {
  const Outputs outputs = Do(PersonDecided{Edit(UntilApproval(), {{"path", "../old.log"}})});
  EXPECT_THAT(Kinds(outputs), ElementsAre("record", "record", "record", "model"));
}

TEST_F(RunTest, AnEditOfAnotherRequestIsADenial) {
  policy::Answer edit = Edit(UntilApproval(), {{"path", "new.log"}});
  edit.request_digest[0] ^= 1;
  const Outputs outputs = Do(PersonDecided{edit});
  EXPECT_THAT(Kinds(outputs), ElementsAre("record", "record", "model"));
  EXPECT_EQ(Find<PreviewTool>(outputs), nullptr);
}

TEST_F(RunTest, AYesTogetherWithAnEditRunsNothingByItself) {
  policy::Answer edit = Edit(UntilApproval(), {{"path", "new.log"}});
  edit.yes = true;
  EXPECT_EQ(Find<ExecuteTool>(Do(PersonDecided{edit})), nullptr);
}

TEST_F(RunTest, EditingBackAndForthEndsAtTheRepeatGuard) {
  Outputs outputs = UntilApproval();
  for (int i = 0; i < 10 && Find<Finish>(outputs) == nullptr; ++i) {
    outputs = Do(PersonDecided{Edit(outputs, {{"path", i % 2 == 0 ? "b.log" : "old.log"}})});
    if (Find<PreviewTool>(outputs) != nullptr) {
      outputs = Do(ToolPreviewed{PreviewOf("delete")});
    }
  }
  ASSERT_NE(Find<Finish>(outputs), nullptr);
  EXPECT_EQ(Find<Finish>(outputs)->outcome, Outcome::kStopped);
}

TEST_F(RunTest, TheReasonOfAnAnswerIsRecorded) {
  policy::Answer yes = Answer(UntilApproval(), true);
  yes.approver = "grant:g-1";
  yes.reason = "covered by the exact grant g-1 of terminal";
  const Outputs outputs = Do(PersonDecided{yes});
  EXPECT_EQ(Find<Record>(outputs)->event.data["by"], "grant:g-1");
  EXPECT_EQ(Find<Record>(outputs)->event.data["reason"], yes.reason);
  EXPECT_NE(Find<ExecuteTool>(outputs), nullptr);
}

TEST_F(RunTest, ASmallModelIsNotAskedAgainAfterADenial) {
  profile_.single_call = true;
  const Outputs asked = UntilApproval();
  const Outputs denied = Do(PersonDecided{Answer(asked, false)});
  EXPECT_THAT(Kinds(denied), ElementsAre("record", "record", "record", "finish"));
  EXPECT_EQ(Find<Finish>(denied)->outcome, Outcome::kDenied);
  EXPECT_EQ(Find<Finish>(denied)->answer, "Not done: the person said no.");
}

TEST_F(RunTest, ForASmallModelTheResultsFirstLineIsTheAnswer) {
  profile_.single_call = true;
  Ask("read notes.txt");
  Do(Calls({Call("read_file", {{"path", "notes.txt"}})}));
  const Outputs done = Do(ToolFinished{ResultOf("notes.txt: 2 lines")});
  ASSERT_NE(Find<Finish>(done), nullptr);
  EXPECT_EQ(Find<Finish>(done)->outcome, Outcome::kAnswered);
  EXPECT_EQ(Find<Finish>(done)->answer, "notes.txt: 2 lines");
}

TEST_F(RunTest, APathOutsideTheWorkspaceIsDeniedByPolicy) {
  Ask("read it");
  const Outputs outputs = Do(Calls({Call("read_file", {{"path", "../secret"}})}));
  EXPECT_EQ(Find<ExecuteTool>(outputs), nullptr);
  EXPECT_THAT(state_.conversation.messages.back().content.get<std::string>(),
              HasSubstr("denied: policy"));
}

TEST_F(RunTest, UnknownToolsAndBadArgumentsGoBackToTheModelAsValues) {
  Ask("do it");
  EXPECT_THAT(Kinds(Do(Calls({Call("format_disk", json::Json::object())}))), ElementsAre("model"));
  EXPECT_THAT(state_.conversation.messages.back().content.get<std::string>(),
              HasSubstr("there is no tool 'format_disk'"));
  EXPECT_THAT(Kinds(Do(Calls({Call("read_file", {{"path", 3}})}))), ElementsAre("model"));
  EXPECT_THAT(state_.conversation.messages.back().content.get<std::string>(), HasSubstr("error: "));
}

TEST_F(RunTest, SeveralCallsOfOneReplyRunOneAfterTheOther) {
  Ask("look at both");
  const Outputs first =
      Do(Calls({Call("read_file", {{"path", "a.txt"}}), Call("read_file", {{"path", "b.txt"}})}));
  EXPECT_EQ(Find<ExecuteTool>(first)->call.fields().arguments, R"({"path":"a.txt"})");
  const Outputs second = Do(ToolFinished{ResultOf("a")});
  EXPECT_EQ(Find<ExecuteTool>(second)->call.fields().arguments, R"({"path":"b.txt"})");
  EXPECT_THAT(Kinds(Do(ToolFinished{ResultOf("b")})), ElementsAre("model"));
}

TEST_F(RunTest, TheSameCallOverAndOverStopsTheRun) {
  Ask("read a.txt");
  for (int i = 0; i < 2; ++i) {
    EXPECT_NE(Find<ExecuteTool>(Do(Calls({Call("read_file", {{"path", "a.txt"}})}))), nullptr);
    Do(ToolFinished{ResultOf("a")});
  }
  const Outputs third = Do(Calls({Call("read_file", {{"path", "a.txt"}})}));
  EXPECT_EQ(Find<ExecuteTool>(third), nullptr);
  EXPECT_EQ(Find<Finish>(third)->outcome, Outcome::kStopped);
}

TEST_F(RunTest, AModelThatNeverAnswersIsStoppedAtTheTurnLimit) {
  Ask("go on");
  Outputs outputs;
  for (int i = 0; i < 8; ++i) {
    Do(Calls({Call("read_file", {{"path", "f" + std::to_string(i)}})}));
    outputs = Do(ToolFinished{ResultOf("ok")});
  }
  ASSERT_NE(Find<Finish>(outputs), nullptr);
  EXPECT_EQ(Find<Finish>(outputs)->outcome, Outcome::kStopped);
}

TEST_F(RunTest, AQuestionOfTheModelGoesToThePerson) {
  Ask("delete the file");
  const Outputs outputs = Do(Says("Which file should I delete?"));
  EXPECT_THAT(Kinds(outputs), ElementsAre("question"));
  EXPECT_THAT(Kinds(Do(PersonAnswered{"old.log", -1})), ElementsAre("model"));
  EXPECT_EQ(state_.conversation.messages.back().content, "old.log");
}

TEST_F(RunTest, AQuestionNobodyAnswersEndsTheRun) {
  Ask("delete the file");
  Do(Says("Which file should I delete?"));
  const Outputs outputs = Do(PersonAnswered{});
  EXPECT_EQ(Find<Finish>(outputs)->outcome, Outcome::kNeedsAnswer);
  EXPECT_EQ(Find<Finish>(outputs)->answer, "Which file should I delete?");
}

TEST_F(RunTest, TheAskUserToolAsksAndItsAnswerIsTheResult) {
  Ask("delete the file");
  EXPECT_THAT(Kinds(Do(Calls({Call("ask_user", {{"question", "Which?"}})}))),
              ElementsAre("question"));
  EXPECT_THAT(Kinds(Do(PersonAnswered{"old.log", -1})), ElementsAre("model"));
  EXPECT_EQ(state_.conversation.messages.back().role, chat::Role::kTool);
}

TEST_F(RunTest, ASmallModelMayCopyFromTheAnswerToItsQuestion) {
  profile_.single_call = true;
  profile_.copies_spans = true;
  Ask("delete the file");
  Do(Says("Which file should I delete?"));
  const Outputs outputs = Do(PersonAnswered{"old.log", -1});
  const ModelRequest& request = Find<CallModel>(outputs)->request;
  EXPECT_EQ(request.span_source, "delete the file\nold.log");
  EXPECT_EQ(request.conversation.messages.size(), 3U);
}

TEST_F(RunTest, AClearDisagreementWithTheScorerBecomesAQuestion) {
  profile_.scorer_weight = 1;
  profile_.question_margin = 100;
  const std::string request = "delete old.log";
  std::vector<chat::ToolDefinition> all;
  for (const tools::ToolEntry& entry : registry_.tools()) all.push_back(entry.definition);
  const std::string best =
      all[static_cast<size_t>(shortlist_.Rank(request, all).front().index)].name;
  const std::string other = best == "copy_file" ? "move_file" : "copy_file";
  Ask(request);
  ModelReplied reply = Calls({Call(other, {{"source", "old.log"}, {"destination", "b"}})});
  reply.reply.rivals = {{best, -1.0F}};
  const Outputs outputs = Do(std::move(reply));
  ASSERT_THAT(Kinds(outputs), ElementsAre("question"));
  EXPECT_THAT(Find<AskPerson>(outputs)->choices, ElementsAre(other, best));
  const Outputs chosen = Do(PersonAnswered{"2", 1});
  const ModelRequest& again = Find<CallModel>(chosen)->request;
  EXPECT_EQ(again.calls, CallMode::kRequired);
  EXPECT_EQ(again.only_tool, best);
}

TEST_F(RunTest, AScorerThatOutweighsTheModelHasItCallTheOtherTool) {
  profile_.scorer_weight = 1;
  Ask("delete old.log");
  ModelReplied reply = Calls({Call("copy_file", {{"source", "old.log"}, {"destination", "b"}})});
  reply.reply.rivals = {{"delete_file", -0.5F}};
  const Outputs outputs = Do(std::move(reply));
  ASSERT_THAT(Kinds(outputs), ElementsAre("model"));
  const ModelRequest& again = Find<CallModel>(outputs)->request;
  EXPECT_EQ(again.calls, CallMode::kRequired);
  EXPECT_EQ(again.only_tool, "delete_file");
  // The answer to that is taken as it is: no second switch, and nothing of the first call is left.
  EXPECT_THAT(Kinds(Do(Calls({Call("delete_file", {{"path", "old.log"}})}))),
              ElementsAre("record", "preview"));
}

TEST_F(RunTest, ASmallModelIsNotAskedWhatTheToolsCanDo) {
  profile_.single_call = true;
  const Outputs outputs = Ask("What can you do?");
  EXPECT_THAT(Kinds(outputs), ElementsAre("record", "record", "finish"));
  EXPECT_THAT(Find<Finish>(outputs)->answer, ::testing::HasSubstr("Delete a file"));
}

TEST_F(RunTest, ADryRunPreviewsWritesAndDoesNone) {
  dry_run_ = true;
  Ask("delete old.log");
  EXPECT_THAT(Kinds(Do(Calls({Call("delete_file", {{"path", "old.log"}})}))),
              ElementsAre("record", "preview"));
  const Outputs outputs = Do(ToolPreviewed{PreviewOf("delete old.log")});
  EXPECT_EQ(Find<ExecuteTool>(outputs), nullptr);
  EXPECT_EQ(Find<RequestApproval>(outputs), nullptr);
}

TEST_F(RunTest, AFailingPreviewOrToolIsAnErrorForTheModel) {
  Ask("delete nothing.txt");
  Do(Calls({Call("delete_file", {{"path", "nothing.txt"}})}));
  const Outputs outputs = Do(ToolPreviewed{FailedPreview("no file 'nothing.txt'")});
  EXPECT_THAT(Kinds(outputs), ElementsAre("model"));
  Do(Calls({Call("read_file", {{"path", "nothing.txt"}})}));
  EXPECT_THAT(Kinds(Do(ToolFinished{ErrorResult("no file")})), ElementsAre("model"));
}

TEST_F(RunTest, AnErrorOfTheHostEndsTheRun) {
  Ask("read a.txt");
  Do(Calls({Call("read_file", {{"path", "a.txt"}})}));
  const Outputs outputs =
      Do(ToolFinished{MakeError(ErrorCode::kUnavailable, "audit log: no space left")});
  EXPECT_EQ(Find<Finish>(outputs)->outcome, Outcome::kFailed);
  EXPECT_THAT(Find<Finish>(outputs)->answer, HasSubstr("no space left"));
}

TEST_F(RunTest, StopEndsTheRunInEveryPhase) {
  Ask("read a.txt");
  EXPECT_EQ(Find<Finish>(Do(StopRequested{}))->outcome, Outcome::kStopped);
  UntilApproval();
  const Outputs outputs = Do(StopRequested{});
  EXPECT_EQ(Find<Finish>(outputs)->outcome, Outcome::kStopped);
  EXPECT_EQ(Find<ExecuteTool>(outputs), nullptr);
}

TEST_F(RunTest, AnInputOutOfPlaceFailsTheRunInsteadOfActing) {
  Ask("read a.txt");
  const Outputs outputs = Do(PersonDecided{policy::Answer{true, "test", ""}});
  EXPECT_EQ(Find<Finish>(outputs)->outcome, Outcome::kFailed);
}

TEST_F(RunTest, ReasoningNeverReachesArgumentsResultsOrRecords) {
  const std::string secret = "SECRET-THOUGHT";
  ModelReplied replied = Calls({Call("read_file", {{"path", "a.txt"}})});
  replied.reply.message.thinking = secret;
  Ask("read a.txt");
  const Outputs outputs = Do(std::move(replied));
  for (const Output& output : outputs) {
    if (const auto* record = std::get_if<Record>(&output)) {
      EXPECT_EQ(json::Dump(record->event.data).find(secret), std::string::npos);
    }
  }
  EXPECT_EQ(Find<ExecuteTool>(outputs)->call.fields().arguments.find(secret), std::string::npos);
}

TEST_F(RunTest, EveryRecordOfARunIsOneTheAuditLogTakes) {
  const auto check = [](const Outputs& outputs) {
    for (const Output& output : outputs) {
      if (const auto* record = std::get_if<Record>(&output)) {
        const Status ok = audit::CheckEvent(record->event);
        EXPECT_TRUE(ok.has_value()) << ok.error().message;
      }
    }
  };
  check(Ask("delete old.log"));
  check(Do(Calls({Call("delete_file", {{"path", "old.log"}})})));
  const Outputs asked = Do(ToolPreviewed{PreviewOf("delete old.log")});
  check(asked);
  check(Do(PersonDecided{Answer(asked, false)}));
  check(Do(Says("Not done.")));
}

// ---- what rules may ask about the moment ----

TEST_F(RunTest, ARuleSeesTheTimeOfDayAndHowOftenAToolRan) {
  UsePolicy(R"(
[[rule]]
id = "twice"
decision = "allow"
tool = "list_files"
when = { calls = { max = 1 }, time = { from = "00:00", to = "23:59" } }
)");
  profile_.single_call = false;
  Ask("list twice and again");
  for (const char* folder : {"a", "b"}) {
    const Outputs out = Do(Calls({Call("list_files", {{"folder", folder}})}));
    EXPECT_NE(Find<ExecuteTool>(out), nullptr) << folder;
    Do(ToolFinished{ResultOf("done")});
  }
  EXPECT_EQ(Find<ExecuteTool>(Do(Calls({Call("list_files", {{"folder", "c"}})}))), nullptr);
}

// The rules of docs/formats/policy.md under this heading, as they stand there.
std::string RulesOfTheDocs(const std::string& heading) {
  std::ifstream in(std::string(WEIR_SOURCE_DIR) + "/docs/formats/policy.md");
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const size_t at = text.find("\n### " + heading + "\n");
  const size_t begin = at == std::string::npos ? at : text.find("```toml\n", at);
  const size_t end = begin == std::string::npos ? begin : text.find("```", begin + 8);
  return end == std::string::npos ? "not there" : text.substr(begin + 8, end - begin - 8);
}

// What was decided about one call: its verdict and rule, "" when the call was not considered.
std::string Decided(const Outputs& outputs) {
  for (const Output& output : outputs) {
    const auto* record = std::get_if<Record>(&output);
    if (record == nullptr || record->event.kind != audit::EventKind::kDecision) continue;
    return record->event.data.value("verdict", "") + " " + record->event.data.value("rule", "");
  }
  return "";
}

ModelReplied CallsWith(std::optional<double> confidence, std::string name, json::Json arguments) {
  ModelReplied replied = Calls({Call(std::move(name), std::move(arguments))});
  replied.reply.call_confidence = {confidence};
  return replied;
}

TEST_F(RunTest, TheRulesOfTheDocsAboutOriginsDecideAsTheySay) {
  UsePolicy(RulesOfTheDocs("Origins"));
  const auto decide = [&](const std::string& path) {
    const std::string said =
        Decided(Do(Calls({Call("write_file", {{"path", path}, {"text", "x"}})})));
    state_.phase = Phase::kModel;  // on with the next call
    return said;
  };
  Ask("write notes/today.md");
  EXPECT_EQ(decide("notes/today.md"), "allow named-by-me");
  EXPECT_EQ(decide("notes/other.md"), "ask default:write");
  chat::Message result = TextMessage(chat::Role::kTool, "see notes/other.md and notes/today.md");
  result.tool_name = "read_file";
  state_.conversation.messages.push_back(result);
  EXPECT_EQ(decide("notes/other.md"), "deny named-by-a-result");
  // Both wrote it: it is no longer sure that it is the person's, and no rule allows.
  EXPECT_EQ(decide("notes/today.md"), "deny named-by-a-result");
}

TEST_F(RunTest, TheRuleOfTheDocsAboutConfidenceDecidesAsItSays) {
  UsePolicy(RulesOfTheDocs("Confidence"));
  const auto decide = [&](std::optional<double> confidence) {
    Ask("what is in a.txt?");
    const std::string said = Decided(Do(CallsWith(confidence, "read_file", {{"path", "a.txt"}})));
    state_ = RunState("run-1");
    return said;
  };
  EXPECT_EQ(decide(0.9), "allow default:read");
  EXPECT_EQ(decide(0.3), "ask unsure");
  // Not known is in doubt, which tightens.
  EXPECT_EQ(decide(std::nullopt), "ask unsure");
}

TEST_F(RunTest, ACallThatAPersonEditedIsThePersonsAndNoLongerTheModels) {
  UsePolicy(R"(
default = "standard"
[[rule]]
id = "mine"
decision = "allow"
tool = "write_file"
[rule.when]
argument.path = { origin = "person" }
argument.text = { origin = "model" }
)");
  Ask("write something");
  const Outputs asked = [&] {
    Do(CallsWith(0.9, "write_file", {{"path", "model.txt"}, {"text", "by the model"}}));
    return Do(ToolPreviewed{PreviewOf("write model.txt")});
  }();
  ASSERT_NE(Find<RequestApproval>(asked), nullptr);
  EXPECT_EQ(Find<RequestApproval>(asked)->call.confidence, 0.9);
  const Outputs edited =
      Do(PersonDecided{Edit(asked, {{"path", "own.txt"}, {"text", "by the model"}})});
  EXPECT_EQ(Decided(edited), "allow mine");
  EXPECT_EQ(state_.proposed->confidence, std::nullopt);
}

TEST_F(RunTest, EachCallOfAReplyHasItsOwnConfidence) {
  Ask("read a.txt and b.txt");
  ModelReplied replied =
      Calls({Call("read_file", {{"path", "a.txt"}}), Call("read_file", {{"path", "b.txt"}}),
             Call("read_file", {{"path", "c.txt"}})});
  replied.reply.call_confidence = {0.5, std::nullopt};
  Do(std::move(replied));
  EXPECT_EQ(state_.proposed->confidence, 0.5);
  Do(ToolFinished{ResultOf("a")});
  EXPECT_EQ(state_.proposed->confidence, std::nullopt);
  Do(ToolFinished{ResultOf("b")});
  EXPECT_EQ(state_.proposed->confidence, std::nullopt);
}

TEST_F(RunTest, WhereAnExactPreviewIsDemandedAnotherOneIsADenial) {
  UsePolicy(R"(
[[rule]]
id = "exact"
decision = "preview"
tool = "delete_file"
)");
  Ask("delete it");
  EXPECT_THAT(Kinds(Do(Calls({Call("delete_file", {{"path", "a"}})}))),
              ::testing::Contains("preview"));
  const Outputs denied = Do(ToolPreviewed{PreviewOf("delete a")});
  EXPECT_EQ(Find<RequestApproval>(denied), nullptr);
  state_ = RunState("run-2");
  Ask("delete it");
  Do(Calls({Call("delete_file", {{"path", "a"}})}));
  tools::Preview exact = PreviewOf("delete a");
  exact.is_exact = true;
  EXPECT_NE(Find<RequestApproval>(Do(ToolPreviewed{exact})), nullptr);
}

// ---- calls of a client ----

TEST_F(RunTest, AClientsCallPassesWhatAModelsCallPasses) {
  const auto client = [&](const char* tool, json::Json arguments) {
    return Do(ClientCalled{Call(tool, std::move(arguments)), "mcp stdio"});
  };
  const Outputs unknown = client("fly", json::Json::object());
  EXPECT_THAT(Kinds(unknown), ElementsAre("record", "finish"));
  EXPECT_EQ(Find<Record>(unknown)->event.data["interface"], "mcp stdio");
  EXPECT_THAT(Kinds(client("read_file", {{"path", 5}})), ElementsAre("finish"));
  const Outputs outside = client("read_file", {{"path", "../x"}});
  EXPECT_THAT(Kinds(outside), ElementsAre("record", "record", "finish"));
  EXPECT_EQ(Find<Finish>(outside)->outcome, Outcome::kDenied);
  EXPECT_EQ(state_.last_rule, "floor:path");
  EXPECT_THAT(Kinds(client("delete_file", {{"path", "old.log"}})),
              ElementsAre("record", "preview"));
  const Outputs asked = Do(ToolPreviewed{PreviewOf("delete old.log")});
  EXPECT_THAT(Kinds(asked), ElementsAre("approval"));
  EXPECT_THAT(Kinds(Do(PersonDecided{Answer(asked, false)})),
              ElementsAre("record", "record", "finish"));
  EXPECT_THAT(Kinds(client("read_file", {{"path", "a.txt"}})), ElementsAre("record", "execute"));
  const Outputs done = Do(ToolFinished{ResultOf("a.txt")});
  EXPECT_THAT(Kinds(done), ElementsAre("finish"));
  EXPECT_EQ(Find<Finish>(done)->answer, "a.txt");
}

TEST_F(RunTest, RulesThatCountCallsCountThoseOfAClientFromCallToCall) {
  UsePolicy(
      "[[rule]]\nid = \"few\"\ndecision = \"allow\"\ntool = \"read_file\"\nwhen = { calls = { max "
      "= 1 } }\n");
  for (const bool allowed : {true, true, false, false}) {
    const Outputs outputs = Do(ClientCalled{Call("read_file", {{"path", "a.txt"}}), "mcp http"});
    EXPECT_EQ(Find<ExecuteTool>(outputs) != nullptr, allowed);
    if (allowed) Do(ToolFinished{ResultOf("a.txt")});
  }
}

TEST_F(RunTest, AClientsCallInTheMiddleOfAnotherEndsTheRun) {
  UntilApproval();
  const Outputs outputs = Do(ClientCalled{Call("read_file", {{"path", "a.txt"}}), "mcp stdio"});
  EXPECT_EQ(Find<Finish>(outputs)->outcome, Outcome::kFailed);
  EXPECT_EQ(Find<ExecuteTool>(outputs), nullptr);
}

}  // namespace
}  // namespace weir::agent
