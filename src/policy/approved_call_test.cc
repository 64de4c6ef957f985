#include "policy/approved_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <set>
#include <thread>
#include <type_traits>
#include <vector>

#include "policy/policy.h"
#include "policy/testing/known_tools.h"

namespace weir::policy {
namespace {

using testing::HasSubstr;

constexpr int64_t kNow = 1'700'000'000'000'000;

// Nobody but Approve makes one, and there is never a second of the same.
static_assert(!std::is_default_constructible_v<ApprovedCall>);
static_assert(!std::is_copy_constructible_v<ApprovedCall>);
static_assert(!std::is_copy_assignable_v<ApprovedCall>);
static_assert(!std::is_aggregate_v<ApprovedCall>);
static_assert(!std::is_constructible_v<ApprovedCall, ApprovedFields, std::string>);
static_assert(!std::is_constructible_v<ApprovedCall, ProposedCall, Decision>);
static_assert(std::is_nothrow_move_constructible_v<ApprovedCall>);
static_assert(!std::is_aggregate_v<Decision>);

ProposedCall Write() { return TestCall("write_file", {{"text", "hi"}, {"path", "a.txt"}}); }
ProposedCall Read() { return TestCall("read_file", {{"path", "a.txt"}}); }
ApprovalContext Now() { return {.run_id = "run-1", .call_id = "call-1", .now_us = kNow}; }
PresentState Present() { return {"d1", Policy::Default().hash(), kNow + 1}; }

Answer YesTo(const ProposedCall& call, const Decision& decision) {
  return {true, "terminal", RequestDigest(call, decision).value()};
}

std::string Refusal(const Result<ApprovedCall>& approved) {
  if (approved) return "approved";
  EXPECT_EQ(approved.error().code, ErrorCode::kPermissionDenied);
  return approved.error().message;
}

TEST(Approve, AnAllowedCallNeedsNobody) {
  const ProposedCall call = Read();
  Result<ApprovedCall> approved =
      Approve(call, Policy::Default().Decide(call), std::nullopt, Now());
  ASSERT_TRUE(approved.has_value());
  const ApprovedFields fields = approved->Consume(Present()).value();
  EXPECT_EQ(fields.run_id, "run-1");
  EXPECT_EQ(fields.call_id, "call-1");
  EXPECT_EQ(fields.tool, "read_file");
  EXPECT_EQ(fields.arguments, R"({"path":"a.txt"})");
  EXPECT_EQ(fields.approver, "policy");
  EXPECT_EQ(fields.verdict, Verdict::kAllow);
  EXPECT_EQ(fields.rule_id, "default:read");
  EXPECT_EQ(fields.expires_us, kNow + kDefaultLifetimeUs);
}

TEST(Approve, AnAskedCallNeedsAYesToExactlyThisRequest) {
  const ProposedCall call = Write();
  const Policy policy = Policy::Default();
  EXPECT_THAT(Refusal(Approve(call, policy.Decide(call), std::nullopt, Now())),
              HasSubstr("needs a person's yes"));
  Decision decision = policy.Decide(call);
  Answer answer = YesTo(call, decision);
  answer.yes = false;
  EXPECT_THAT(Refusal(Approve(call, decision, answer, Now())), HasSubstr("was no"));
  decision = policy.Decide(call);
  answer = YesTo(call, decision);
  answer.approver = "";
  EXPECT_THAT(Refusal(Approve(call, decision, answer, Now())), HasSubstr("whose"));
  decision = policy.Decide(call);
  answer = YesTo(call, decision);
  answer.request_digest[5] ^= 1;
  EXPECT_THAT(Refusal(Approve(call, decision, answer, Now())), HasSubstr("another request"));
  decision = policy.Decide(call);
  Result<ApprovedCall> approved = Approve(call, decision, YesTo(call, decision), Now());
  ASSERT_TRUE(approved.has_value());
  EXPECT_EQ(approved->fields().approver, "terminal");
  EXPECT_EQ(approved->fields().arguments, R"({"path":"a.txt","text":"hi"})");
}

TEST(Approve, ADeniedCallIsDeniedWhateverIsAnswered) {
  const ProposedCall call = TestCall("fetch", {{"url", "x"}});
  const Decision decision = Policy::Default().Decide(call);
  EXPECT_THAT(Refusal(Approve(call, decision, YesTo(call, decision), Now())), HasSubstr("denied"));
}

TEST(Approve, AYesIsGoodForOneDecisionOnly) {
  const ProposedCall call = Write();
  const Policy policy = Policy::Default();
  const Decision first = policy.Decide(call);
  const Answer yes = YesTo(call, first);
  EXPECT_TRUE(Approve(call, first, yes, Now()));
  EXPECT_THAT(Refusal(Approve(call, first, yes, Now())), HasSubstr("used already"));
  const Decision second = policy.Decide(call);
  EXPECT_THAT(Refusal(Approve(call, second, yes, Now())), HasSubstr("another request"));
}

TEST(Approve, AfterANoNoYesFollows) {
  const ProposedCall call = Write();
  const Decision decision = Policy::Default().Decide(call);
  Answer answer = YesTo(call, decision);
  answer.yes = false;
  EXPECT_FALSE(Approve(call, decision, answer, Now()));
  answer.yes = true;
  EXPECT_THAT(Refusal(Approve(call, decision, answer, Now())), HasSubstr("used already"));
}

TEST(Approve, ADecisionThatPolicyDidNotMakeApprovesNothing) {
  Decision forged;
  forged.verdict = Verdict::kAllow;
  forged.policy_hash = Policy::Default().hash();
  EXPECT_THAT(Refusal(Approve(Read(), forged, std::nullopt, Now())), HasSubstr("no policy made"));
  EXPECT_FALSE(RequestDigest(Read(), forged));
}

TEST(Approve, AStricterVerdictOfTheCallerCountsALooserOneDoesNot) {
  const Policy policy = Policy::Default();
  Decision asked = policy.Decide(Read());
  asked.verdict = Verdict::kAsk;
  asked.reason = "every call is asked in this run";
  EXPECT_THAT(Refusal(Approve(Read(), asked, std::nullopt, Now())),
              HasSubstr("needs a person's yes"));
  asked = policy.Decide(Read());
  asked.verdict = Verdict::kAsk;
  EXPECT_TRUE(Approve(Read(), asked, YesTo(Read(), asked), Now()));
  Decision loosened = policy.Decide(Write());
  loosened.verdict = Verdict::kAllow;
  EXPECT_THAT(Refusal(Approve(Write(), loosened, std::nullopt, Now())),
              HasSubstr("needs a person's yes"));
  loosened = policy.Decide(TestCall("fetch", {{"url", "x"}}));
  loosened.verdict = Verdict::kAllow;
  EXPECT_THAT(Refusal(Approve(TestCall("fetch", {{"url", "x"}}), loosened, std::nullopt, Now())),
              HasSubstr("denied"));
}

TEST(Approve, AnyFieldChangedAfterTheDecisionRefuses) {
  using Change = std::function<void(ProposedCall&, Decision&, Answer&)>;
  const std::vector<Change> changes = {
      [](ProposedCall& c, Decision&, Answer&) { c.server = "other"; },
      [](ProposedCall& c, Decision&, Answer&) { c.tool = "edit_file"; },
      [](ProposedCall& c, Decision&, Answer&) { c.effect = "read"; },
      [](ProposedCall& c, Decision&, Answer&) { c.definition_hash += "x"; },
      [](ProposedCall& c, Decision&, Answer&) { c.path_arguments.clear(); },
      [](ProposedCall& c, Decision&, Answer&) { c.arguments["path"] = "b.txt"; },
      [](ProposedCall& c, Decision&, Answer&) { c.arguments["path"] = 1; },
      [](ProposedCall& c, Decision&, Answer&) { c.arguments["more"] = nullptr; },
      [](ProposedCall& c, Decision&, Answer&) { c.arguments.erase("text"); },
      [](ProposedCall&, Decision& d, Answer&) { d.verdict = Verdict::kDeny; },
      [](ProposedCall&, Decision& d, Answer&) { d.rule_id = "other"; },
      [](ProposedCall&, Decision& d, Answer&) { d.reason += " "; },
      [](ProposedCall&, Decision& d, Answer&) { d.policy_hash[0] ^= 1; },
      [](ProposedCall&, Decision&, Answer& a) { a.yes = false; },
      [](ProposedCall&, Decision&, Answer& a) { a.approver.clear(); },
      [](ProposedCall&, Decision&, Answer& a) { a.request_digest.clear(); },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    ProposedCall call = Write();
    Decision decision = Policy::Default().Decide(call);
    Answer answer = YesTo(call, decision);
    changes[i](call, decision, answer);
    EXPECT_FALSE(Approve(call, decision, answer, Now())) << "change " << i;
  }
}

TEST(Approve, EveryChangedByteOfTheArgumentsRefuses) {
  const ProposedCall shown = Write();
  int n_refused = 0;
  for (int i = 0; i < 1000; ++i) {
    const Decision decision = Policy::Default().Decide(shown);
    const Answer yes = YesTo(shown, decision);
    ProposedCall call = shown;
    call.arguments["text"] =
        "hi" + std::string(static_cast<size_t>(i % 50), 'x') + std::to_string(i);
    n_refused += Approve(call, decision, yes, Now()) ? 0 : 1;
  }
  EXPECT_EQ(n_refused, 1000);
}

TEST(Approve, TheOrderOfArgumentsIsNoChange) {
  const ProposedCall shown = Write();
  const Decision decision = Policy::Default().Decide(shown);
  const ProposedCall same = TestCall("write_file", {{"path", "a.txt"}, {"text", "hi"}});
  EXPECT_TRUE(Approve(same, decision, YesTo(shown, decision), Now()));
}

TEST(Approve, OddTimesAreRefused) {
  for (const auto& [now, lifetime] : {std::pair<int64_t, int64_t>{0, 1},
                                      {-1, 1},
                                      {kNow, 0},
                                      {kNow, -1},
                                      {kNow, 3'600'000'001},
                                      {INT64_MAX, 1}}) {
    ApprovalContext context = Now();
    context.now_us = now;
    context.lifetime_us = lifetime;
    EXPECT_FALSE(Approve(Read(), Policy::Default().Decide(Read()), std::nullopt, context)) << now;
  }
}

ApprovedCall Approved() {
  return Approve(Read(), Policy::Default().Decide(Read()), std::nullopt, Now()).value();
}

TEST(ApprovedCall, RunsOnceAndNeverAgain) {
  ApprovedCall call = Approved();
  EXPECT_TRUE(call.Consume(Present()));
  const Result<ApprovedFields> again = call.Consume(Present());
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, ErrorCode::kPermissionDenied);
  EXPECT_THAT(again.error().message, HasSubstr("used already"));
}

TEST(ApprovedCall, MovingTakesTheRightAlong) {
  ApprovedCall call = Approved();
  ApprovedCall moved = std::move(call);
  EXPECT_FALSE(call.Consume(Present()));  // NOLINT(bugprone-use-after-move): that is the test
  EXPECT_TRUE(moved.Consume(Present()));
  ApprovedCall spent = std::move(moved);
  EXPECT_FALSE(spent.Consume(Present()));
}

TEST(ApprovedCall, OfAHundredThreadsExactlyOneRuns) {
  for (int round = 0; round < 20; ++round) {
    ApprovedCall call = Approved();
    std::atomic<int> n_ran = 0;
    std::atomic<bool> go = false;
    std::vector<std::thread> threads;
    for (int i = 0; i < 100; ++i) {
      threads.emplace_back([&] {
        while (!go.load()) std::this_thread::yield();
        n_ran += call.Consume(Present()) ? 1 : 0;
      });
    }
    go.store(true);
    for (std::thread& thread : threads) thread.join();
    ASSERT_EQ(n_ran.load(), 1);
  }
}

TEST(ApprovedCall, OfAHundredThreadsOnlyOneGetsAnApprovalOfADecision) {
  const ProposedCall call = Write();
  const Decision decision = Policy::Default().Decide(call);
  const Answer yes = YesTo(call, decision);
  std::atomic<int> n_approved = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 100; ++i) {
    threads.emplace_back(
        [&, copy = decision] { n_approved += Approve(call, copy, yes, Now()) ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(n_approved.load(), 1);
}

TEST(ApprovedCall, AnythingThatIsNotAsApprovedRefusesAndSpends) {
  const std::vector<std::function<void(PresentState&)>> changes = {
      [](PresentState& now) { now.definition_hash = "d2"; },
      [](PresentState& now) { now.definition_hash = ""; },
      [](PresentState& now) { now.policy_hash[3] ^= 1; },
      [](PresentState& now) { now.now_us = kNow + kDefaultLifetimeUs; },
      [](PresentState& now) { now.now_us = kNow - 1; },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    ApprovedCall call = Approved();
    PresentState present = Present();
    changes[i](present);
    EXPECT_FALSE(call.Consume(present)) << "change " << i;
    EXPECT_FALSE(call.Consume(Present())) << "change " << i;
  }
  ApprovedCall last_moment = Approved();
  PresentState present = Present();
  present.now_us = kNow + kDefaultLifetimeUs - 1;
  EXPECT_TRUE(last_moment.Consume(present));
}

TEST(ApprovedCall, EveryOneHasItsOwnNonceAndDigest) {
  std::set<std::string> nonces, digests;
  for (int i = 0; i < 1000; ++i) {
    const ApprovedCall call = Approved();
    nonces.insert(call.fields().nonce);
    digests.insert(call.digest());
  }
  EXPECT_EQ(nonces.size(), 1000u);
  EXPECT_EQ(digests.size(), 1000u);
}

}  // namespace
}  // namespace weir::policy
