#include "approvals/queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <cstdio>
#include <thread>

#include "approvals/testing/store_fixture.h"

namespace weir::approvals {
namespace {

using policy::TestCall;
using testing::HasSubstr;

ApprovalRequest RequestOf(const policy::ProposedCall& call) {
  ApprovalRequest request{.call = call,
                          .decision = policy::Policy::Default(policy::TestTools()).Decide(call)};
  request.run_id = "run-1";
  request.call_id = "call-1";
  request.action = "write " + json::Dump(call.arguments);
  request.can_stand = true;
  if (Result<StandingRule> rule = SuggestRule(call, policy::TestTools())) request.rule = *rule;
  return request;
}

PersonDecision Yes(policy::Scope scope = policy::Scope::kOnce) {
  return {.choice = Choice::kGrant, .approver = "web", .scope = scope};
}
PersonDecision No() { return {.choice = Choice::kDeny, .approver = "terminal"}; }
PersonDecision Edited(json::Json arguments) {
  return {.choice = Choice::kEdit,
          .approver = "web",
          .edited_arguments = std::optional<json::Json>(std::move(arguments))};
}

class QueueTest : public StoreFixture {
 protected:
  std::string Submit(ApprovalQueue& queue, ApprovalRequest request) const {
    const Result<std::string> id = queue.Submit(std::move(request));
    EXPECT_TRUE(id.has_value()) << (id ? "" : id.error().message);
    return id.value_or("");
  }
  std::string SubmitWrite(ApprovalQueue& queue) const {
    return Submit(queue, RequestOf(WriteTo("notes/a")));
  }
  static std::string Refusal(ApprovalQueue& queue, const std::string& id,
                             const PersonDecision& decision) {
    const Status decided = queue.Decide(id, decision);
    return decided ? "decided" : decided.error().message;
  }
  static Ended WaitFor(ApprovalQueue& queue, const std::string& id) {
    return queue.Wait(id, {}).value();
  }

  FakeClock clock_{kNow};
  ApprovalQueue queue_{clock_, nullptr};
};

// ---- what is not put in ----

TEST_F(QueueTest, OnlyWhatPolicyAsksAboutIsPutIn) {
  for (const policy::ProposedCall& call :
       {TestCall("read_file", {{"path", "a"}}), TestCall("fetch", {{"url", "x"}})}) {
    EXPECT_THAT(queue_.Submit(RequestOf(call)).error().message, HasSubstr("nobody is to be asked"));
  }
  ApprovalRequest forged = RequestOf(WriteTo("a"));
  forged.decision = policy::Decision();
  forged.decision.verdict = policy::Verdict::kAsk;
  EXPECT_THAT(queue_.Submit(forged).error().message, HasSubstr("no policy made"));
  ApprovalRequest changed = RequestOf(WriteTo("a"));
  changed.call.arguments["path"] = "b";
  EXPECT_FALSE(queue_.Submit(changed));
  EXPECT_TRUE(queue_.List().empty());
}

TEST_F(QueueTest, HoldsSoManyAndNoMore) {
  ApprovalQueue queue(clock_, nullptr, {.max_pending = 2});
  const std::string first = SubmitWrite(queue);
  SubmitWrite(queue);
  EXPECT_EQ(queue.Submit(RequestOf(WriteTo("a"))).error().code, ErrorCode::kResourceExhausted);
  EXPECT_TRUE(queue.Decide(first, No()));
  EXPECT_TRUE(queue.Submit(RequestOf(WriteTo("a"))));
}

TEST_F(QueueTest, AnIdOfNoRequestIsRefusedEverywhere) {
  EXPECT_EQ(queue_.Find("r-1").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(queue_.Decide("r-1", No()).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(queue_.Wait("r-1", {}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(queue_.Pause("r-1").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(queue_.Resume("r-1").error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(queue_.Submit(RequestOf(WriteTo("a")), "r-000000000000"));
}

// ---- how requests end ----

TEST_F(QueueTest, AGrantedRequestGivesTheAnswerThatPolicyTakes) {
  const ApprovalRequest request = RequestOf(WriteTo("notes/a"));
  const std::string id = Submit(queue_, request);
  const std::vector<ApprovalView> views = queue_.List();
  ASSERT_EQ(views.size(), 1u);
  EXPECT_EQ(views[0].id, id);
  EXPECT_EQ(views[0].canonical_arguments, R"({"path":"notes/a","text":"hi"})");
  EXPECT_EQ(views[0].remaining_us, QueueOptions().lifetime_us);
  EXPECT_EQ(views[0].scopes, std::vector{policy::Scope::kOnce});  // no store
  ASSERT_TRUE(queue_.Decide(id, Yes()));
  const Ended ended = WaitFor(queue_, id);
  EXPECT_EQ(ended.ending, Ending::kGranted);
  EXPECT_EQ(ended.answer.request_digest, views[0].request_digest);
  const policy::ApprovalContext context{.run_id = "run-1", .call_id = "call-1", .now_us = kNow};
  const auto approved = policy::Approve(request.call, request.decision, ended.answer, context);
  ASSERT_TRUE(approved.has_value()) << approved.error().message;
  EXPECT_EQ(approved->fields().approver, "web");
  EXPECT_FALSE(policy::Approve(request.call, request.decision, ended.answer, context));
  EXPECT_TRUE(queue_.List().empty());
}

TEST_F(QueueTest, ADenialSaysWhyAndByWhom) {
  const std::string id = SubmitWrite(queue_);
  PersonDecision no = No();
  no.reason = "wrong file";
  ASSERT_TRUE(queue_.Decide(id, no));
  const Ended ended = WaitFor(queue_, id);
  EXPECT_EQ(ended.ending, Ending::kDenied);
  EXPECT_FALSE(ended.answer.yes);
  EXPECT_EQ(ended.answer.approver, "terminal");
  EXPECT_EQ(ended.answer.reason, "wrong file");
}

TEST_F(QueueTest, EditedArgumentsAreHandedBackAndGrantNothing) {
  const ApprovalRequest request = RequestOf(WriteTo("notes/a"));
  const std::string id = Submit(queue_, request);
  ASSERT_TRUE(queue_.Decide(id, Edited({{"path", "notes/b"}, {"text", "hi"}})));
  const Ended ended = WaitFor(queue_, id);
  EXPECT_EQ(ended.ending, Ending::kEdited);
  EXPECT_FALSE(ended.answer.yes);
  ASSERT_TRUE(ended.answer.edited_arguments.has_value());
  EXPECT_EQ((*ended.answer.edited_arguments)["path"], "notes/b");
  EXPECT_FALSE(policy::Approve(request.call, request.decision, ended.answer,
                               {.run_id = "run-1", .call_id = "call-1", .now_us = kNow}));
}

TEST_F(QueueTest, WhenTheTimeIsOverTheAnswerIsNo) {
  const std::string id = SubmitWrite(queue_);
  clock_.Advance(QueueOptions().lifetime_us - 1);
  EXPECT_EQ(queue_.Find(id).value().remaining_us, 1);
  clock_.Advance(1);
  EXPECT_THAT(Refusal(queue_, id, Yes()), HasSubstr("answered already by nobody: expired"));
  const Ended ended = WaitFor(queue_, id);
  EXPECT_EQ(ended.ending, Ending::kExpired);
  EXPECT_FALSE(ended.answer.yes);
}

TEST_F(QueueTest, AStoppedRunTakesItsRequestBack) {
  const std::string id = SubmitWrite(queue_);
  std::stop_source stop;
  stop.request_stop();
  const Ended ended = queue_.Wait(id, stop.get_token()).value();
  EXPECT_EQ(ended.ending, Ending::kStopped);
  EXPECT_FALSE(ended.answer.yes);
  EXPECT_THAT(Refusal(queue_, id, Yes()), HasSubstr("stopped"));
}

TEST_F(QueueTest, AtItsDeadlineAWaitGivesUpAndTheRequestGoesOn) {
  const std::string id = SubmitWrite(queue_);
  EXPECT_EQ(queue_.Wait(id, {}, kNow).error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_TRUE(queue_.Decide(id, Yes()));
  EXPECT_EQ(WaitFor(queue_, id).ending, Ending::kGranted);
}

// ---- decisions that are not valid ----

TEST_F(QueueTest, AnInvalidDecisionChangesNothing) {
  const std::string id = SubmitWrite(queue_);
  PersonDecision nobody = Yes();
  nobody.approver = "";
  EXPECT_THAT(Refusal(queue_, id, nobody), HasSubstr("whose"));
  PersonDecision long_winded = No();
  long_winded.reason = std::string(1001, 'x');
  EXPECT_THAT(Refusal(queue_, id, long_winded), HasSubstr("1000 bytes"));
  EXPECT_THAT(Refusal(queue_, id, Yes(policy::Scope::kExact)), HasSubstr("scope 'exact'"));
  EXPECT_THAT(Refusal(queue_, id, Yes(policy::Scope::kRule)), HasSubstr("scope 'rule'"));
  EXPECT_THAT(Refusal(queue_, id, Edited({{"text", "hi"}, {"path", "notes/a"}})),
              HasSubstr("same as before"));
  EXPECT_THAT(Refusal(queue_, id, Edited(json::Json::array())), HasSubstr("JSON object"));
  EXPECT_EQ(queue_.List().size(), 1u);
  EXPECT_EQ(Refusal(queue_, id, Yes()), "decided");
}

TEST_F(QueueTest, ATypedWordMustBeExactAndLeavesNoOtherScope) {
  const auto store = Open();
  ApprovalQueue queue(clock_, store.get());
  ApprovalRequest request = RequestOf(WriteTo("notes/a"));
  request.bound.typed_word = "a";
  const std::string id = Submit(queue, request);
  EXPECT_EQ(queue.Find(id)->typed_word, "a");
  EXPECT_EQ(queue.Find(id)->scopes, std::vector{policy::Scope::kOnce});
  PersonDecision yes = Yes();
  for (const char* typed : {"", "A", "a ", "notes/a"}) {
    yes.typed = typed;
    EXPECT_THAT(Refusal(queue, id, yes), HasSubstr("typed exactly")) << typed;
  }
  yes.typed = "a";
  ASSERT_TRUE(queue.Decide(id, yes));
  EXPECT_EQ(WaitFor(queue, id).answer.typed, "a");
}

// ---- the countdown ----

TEST_F(QueueTest, APausedCountStandsStillUntilThePausesAreUsedUp) {
  ApprovalQueue queue(clock_, nullptr, {.lifetime_us = 100, .max_pause_us = 50});
  const std::string id = SubmitWrite(queue);
  clock_.Advance(40);
  ASSERT_TRUE(queue.Pause(id));
  clock_.Advance(30);
  ASSERT_TRUE(queue.Pause(id));  // already
  EXPECT_EQ(queue.Find(id)->remaining_us, 60);
  EXPECT_TRUE(queue.Find(id)->paused);
  ASSERT_TRUE(queue.Resume(id));
  ASSERT_TRUE(queue.Resume(id));
  clock_.Advance(10);
  EXPECT_EQ(queue.Find(id)->remaining_us, 50);
  ASSERT_TRUE(queue.Pause(id));
  clock_.Advance(20);  // the last of 50
  EXPECT_EQ(queue.Find(id)->remaining_us, 50);
  clock_.Advance(10);  // goes on by itself
  EXPECT_FALSE(queue.Find(id)->paused);
  EXPECT_EQ(queue.Find(id)->remaining_us, 40);
  EXPECT_EQ(queue.Pause(id).error().code, ErrorCode::kResourceExhausted);
  ASSERT_TRUE(queue.Resume(id));
  EXPECT_EQ(queue.Pause(id).error().code, ErrorCode::kResourceExhausted);
  clock_.Advance(40);
  EXPECT_EQ(WaitFor(queue, id).ending, Ending::kExpired);
}

TEST_F(QueueTest, AWaitEndsAtTheExpiryOfTheRealClock) {
  ApprovalQueue queue(SystemClock(), nullptr, {.lifetime_us = 20'000});
  const std::string id = SubmitWrite(queue);
  EXPECT_EQ(WaitFor(queue, id).ending, Ending::kExpired);
}

// ---- several front ends ----

TEST_F(QueueTest, AWaitWakesForADecisionAndForAStop) {
  ApprovalQueue queue(SystemClock(), nullptr);
  const std::string decided = SubmitWrite(queue);
  const std::string stopped = SubmitWrite(queue);
  std::stop_source stop;
  std::jthread front_end([&] {
    EXPECT_TRUE(queue.Decide(decided, Yes()));
    stop.request_stop();
  });
  EXPECT_EQ(WaitFor(queue, decided).ending, Ending::kGranted);
  EXPECT_EQ(queue.Wait(stopped, stop.get_token())->ending, Ending::kStopped);
}

TEST_F(QueueTest, TheFirstDecisionWinsAndTheOthersAreTold) {
  const std::string id = SubmitWrite(queue_);
  ASSERT_TRUE(queue_.Decide(id, No()));
  const Status late = queue_.Decide(id, Yes());
  EXPECT_EQ(late.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(late.error().message, HasSubstr("answered already by terminal: denied"));
  EXPECT_EQ(WaitFor(queue_, id).ending, Ending::kDenied);
  EXPECT_THAT(Refusal(queue_, id, Yes()), HasSubstr("answered already"));  // also after the wait
}

TEST_F(QueueTest, OfTwentyFrontEndsExactlyOneDecidesFiftyTimesOver) {
  constexpr int kRounds = 50;
  constexpr int kFrontEnds = 20;
  ApprovalQueue queue(SystemClock(), nullptr);
  std::vector<std::string> ids;
  for (int i = 0; i < kRounds; ++i) ids.push_back(SubmitWrite(queue));
  std::vector<std::atomic<int>> n_won(kRounds);
  std::barrier start(kFrontEnds);
  std::vector<std::thread> front_ends;
  for (int i = 0; i < kFrontEnds; ++i) {
    front_ends.emplace_back([&, i] {
      for (size_t round = 0; round < kRounds; ++round) {
        start.arrive_and_wait();
        n_won[round] += queue.Decide(ids[round], i % 2 == 0 ? Yes() : No()) ? 1 : 0;
      }
    });
  }
  for (std::thread& front_end : front_ends) front_end.join();
  int n_rounds_with_one = 0;
  for (const std::atomic<int>& n : n_won) n_rounds_with_one += n.load() == 1 ? 1 : 0;
  std::printf("approvals: %d front ends at one request, %d times: exactly one decided in %d\n",
              kFrontEnds, kRounds, n_rounds_with_one);
  EXPECT_EQ(n_rounds_with_one, kRounds);
}

TEST_F(QueueTest, RunsAndFrontEndsWorkSideBySide) {
  const auto store = Open();
  ApprovalQueue queue(SystemClock(), store.get());
  constexpr int kRuns = 4;
  constexpr int kEach = 6;
  std::atomic<int> n_granted = 0;
  std::stop_source done;
  std::vector<std::jthread> front_ends;
  for (int i = 0; i < 2; ++i) {
    front_ends.emplace_back([&] {
      while (!done.stop_requested()) {
        for (const ApprovalView& view : queue.List()) (void)queue.Decide(view.id, Yes());
        std::this_thread::yield();
      }
    });
  }
  {
    std::vector<std::jthread> runs;
    for (int i = 0; i < kRuns; ++i) {
      runs.emplace_back([&] {
        for (int n = 0; n < kEach; ++n) {
          n_granted += WaitFor(queue, SubmitWrite(queue)).answer.yes ? 1 : 0;
        }
      });
    }
  }
  done.request_stop();
  front_ends.clear();
  EXPECT_EQ(n_granted.load(), kRuns * kEach);
  EXPECT_TRUE(store->Pending()->empty());
}

// ---- with a store ----

TEST_F(QueueTest, AnExactGrantAndARuleAreKeptAndFound) {
  const auto store = Open();
  ApprovalQueue queue(clock_, store.get());
  const std::string exact = SubmitWrite(queue);
  ASSERT_TRUE(queue.Decide(exact, Yes(policy::Scope::kExact)));
  const Ended ended = WaitFor(queue, exact);
  EXPECT_EQ(ended.answer.scope, policy::Scope::kExact);
  EXPECT_EQ(Covering(*store, Asked(WriteTo("notes/a"))), ended.grant_id);
  EXPECT_EQ(Covering(*store, Asked(WriteTo("notes/b"))), "");
  const std::string rule = SubmitWrite(queue);
  ASSERT_TRUE(queue.Decide(rule, Yes(policy::Scope::kRule)));
  EXPECT_EQ(Covering(*store, Asked(WriteTo("notes/b"))), WaitFor(queue, rule).grant_id);
}

TEST_F(QueueTest, AGrantThatCanNotBeKeptLeavesTheRequestWaiting) {
  const auto store = Open();
  ApprovalQueue queue(clock_, store.get());
  const std::string id = SubmitWrite(queue);
  PersonDecision rule = Yes(policy::Scope::kRule);
  rule.rule_lifetime_us = kMaxRuleLifetimeUs + 1;
  EXPECT_THAT(Refusal(queue, id, rule), HasSubstr("at most 90 days"));
  rule.rule_lifetime_us = kMicrosPerDay;
  rule.rule = StandingRule{"[[rule]]\n", {{"path", "a"}}, {{"path", "b"}}};
  EXPECT_THAT(Refusal(queue, id, rule), HasSubstr("could not be kept"));
  WriteStore("damaged");
  EXPECT_THAT(Refusal(queue, id, Yes(policy::Scope::kExact)), HasSubstr("revoke --all"));
  EXPECT_FALSE(queue.Submit(RequestOf(WriteTo("a"))));  // nobody can be asked durably
  EXPECT_EQ(Refusal(queue, id, Yes()), "decided");
}

TEST_F(QueueTest, WhatARestartLeftPendingComesBackUnderItsIdWithAnotherDigest) {
  std::string id;
  std::string digest;
  {
    const auto store = Open();
    ApprovalQueue queue(clock_, store.get());
    id = SubmitWrite(queue);
    digest = queue.Find(id)->request_digest;
  }
  const auto store = Open();
  ApprovalQueue queue(clock_, store.get());
  EXPECT_TRUE(queue.List().empty());
  ASSERT_EQ(store->Pending()->size(), 1u);
  EXPECT_FALSE(queue.Submit(RequestOf(WriteTo("notes/other")), id));
  const ApprovalRequest request = RequestOf(WriteTo("notes/a"));
  ASSERT_EQ(queue.Submit(request, id).value(), id);
  EXPECT_FALSE(queue.Submit(request, id));  // waits already
  EXPECT_NE(queue.Find(id)->request_digest, digest);
  const policy::Answer old{.yes = true, .approver = "web", .request_digest = digest};
  EXPECT_FALSE(policy::Approve(request.call, request.decision, old, {.now_us = kNow}));
  ASSERT_TRUE(queue.Decide(id, No()));
  EXPECT_TRUE(store->Pending()->empty());
}

}  // namespace
}  // namespace weir::approvals
