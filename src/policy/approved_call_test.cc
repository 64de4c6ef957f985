#include "policy/approved_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <barrier>
#include <cstdio>
#include <functional>
#include <random>
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

TEST(ApprovedCall, OfAHundredThreadsExactlyOneRunsAHundredTimesOver) {
  constexpr int kRounds = 100;
  constexpr int kThreads = 100;
  std::vector<ApprovedCall> calls;
  for (int round = 0; round < kRounds; ++round) calls.push_back(Approved());
  std::vector<std::atomic<int>> n_ran(kRounds);
  std::barrier start(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (size_t round = 0; round < kRounds; ++round) {
        start.arrive_and_wait();
        n_ran[round] += calls[round].Consume(Present()) ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  int n_rounds_with_one = 0;
  for (const std::atomic<int>& n : n_ran) n_rounds_with_one += n.load() == 1 ? 1 : 0;
  std::printf("approvals: %d threads at one approval, %d times: exactly one ran in %d of them\n",
              kThreads, kRounds, n_rounds_with_one);
  EXPECT_EQ(n_rounds_with_one, kRounds);
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

// Otherwise an answer to a request of one process would fit one of the other.
TEST(ApprovedCall, AForkedProcessHasNoncesOfItsOwn) {
  const std::string before = Approved().fields().nonce;  // there is a stock of them now
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const std::string nonce = Approved().fields().nonce;
    const bool written = ::write(ends[1], nonce.data(), nonce.size()) > 0;
    ::_exit(written ? 0 : 1);
  }
  std::array<char, 64> bytes{};
  const ssize_t n = ::read(ends[0], bytes.data(), bytes.size());
  ::close(ends[0]);
  ::close(ends[1]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(n, static_cast<ssize_t>(before.size()));
  EXPECT_NE(Approved().fields().nonce, std::string(bytes.data(), static_cast<size_t>(n)));
}

// ---- what an approval is bound to besides the call ----

BoundState Bound() {
  return {.sandbox_profile = "profile-1",
          .preconditions = {{"b.txt", "22"}, {"a.txt", "11"}},
          .typed_word = "a.txt"};
}

// One approval from decision to run, with everything that takes part in it.
struct Scene {
  ProposedCall call = Write();
  Decision decision = Policy::Default().Decide(call);
  Answer answer{.yes = true,
                .approver = "terminal",
                .request_digest = RequestDigest(call, decision, Bound()).value(),
                .typed = "a.txt"};
  ApprovalContext context{.run_id = "run-1", .call_id = "call-1", .now_us = kNow, .bound = Bound()};
  PresentState present{"d1", Policy::Default().hash(), kNow + 1, "profile-1",
                       Bound().preconditions};
};

TEST(BoundApproval, RunsWhenEverythingIsAsShownInAnyOrder) {
  Scene scene;
  Result<ApprovedCall> approved = Approve(scene.call, scene.decision, scene.answer, scene.context);
  ASSERT_TRUE(approved.has_value()) << approved.error().message;
  std::swap(scene.present.preconditions[0], scene.present.preconditions[1]);
  const Result<ApprovedFields> fields = approved->Consume(scene.present);
  ASSERT_TRUE(fields.has_value()) << fields.error().message;
  EXPECT_EQ(fields->sandbox_profile, "profile-1");
  EXPECT_EQ(fields->preconditions[0], (Precondition{"a.txt", "11"}));
}

TEST(BoundApproval, ARefusalNamesTheTargetThatChanged) {
  const auto refusal = [](const std::function<void(PresentState&)>& change) {
    Scene scene;
    change(scene.present);
    ApprovedCall approved =
        Approve(scene.call, scene.decision, scene.answer, scene.context).value();
    const Result<ApprovedFields> fields = approved.Consume(scene.present);
    if (fields) return std::string("ran");
    EXPECT_EQ(fields.error().code, ErrorCode::kPermissionDenied);
    return fields.error().message;
  };
  EXPECT_THAT(refusal([](PresentState& now) { now.preconditions[0].digest = "23"; }),
              HasSubstr("'b.txt' changed"));
  EXPECT_THAT(refusal([](PresentState& now) { now.preconditions.pop_back(); }),
              HasSubstr("state of 'a.txt', which was not looked at"));
  EXPECT_THAT(refusal([](PresentState& now) { now.preconditions.push_back({"c.txt", "33"}); }),
              HasSubstr("'c.txt', which was not part"));
  EXPECT_THAT(refusal([](PresentState& now) { now.preconditions[0].target = "a.txt"; }),
              HasSubstr("twice"));
  EXPECT_THAT(refusal([](PresentState& now) { now.sandbox_profile = ""; }),
              HasSubstr("another sandbox"));
}

TEST(BoundApproval, ATypedNameMustBeExact) {
  for (const char* typed : {"", "a.tx", "A.txt", " a.txt", "a.txt "}) {
    Scene scene;
    scene.answer.typed = typed;
    EXPECT_THAT(Refusal(Approve(scene.call, scene.decision, scene.answer, scene.context)),
                HasSubstr("typed exactly"))
        << typed;
  }
}

TEST(BoundApproval, EditedArgumentsApproveNothing) {
  Scene scene;
  scene.answer.edited_arguments = json::Json::object();
  EXPECT_THAT(Refusal(Approve(scene.call, scene.decision, scene.answer, scene.context)),
              HasSubstr("another call"));
}

TEST(BoundApproval, WhatIsNotBoundIsNotCompared) {
  ApprovedCall call = Approved();
  PresentState present = Present();
  present.sandbox_profile = "any";
  present.preconditions = {{"a.txt", "1"}};
  EXPECT_TRUE(call.Consume(present));
}

TEST(Preconditions, EmptyOrDoubledOnesAreRefused) {
  EXPECT_FALSE(CanonicalPreconditions({{"", "1"}}));
  EXPECT_FALSE(CanonicalPreconditions({{"a", ""}}));
  EXPECT_FALSE(CanonicalPreconditions({{"a", "1"}, {"a", "1"}}));
  EXPECT_EQ(CanonicalPreconditions({{"b", "1"}, {"a", "2"}}).value()[0].target, "a");
}

TEST(TargetName, IsTheNameThatAPersonWouldType) {
  EXPECT_EQ(TargetName(TestCall("delete_file", {{"path", "old/./notes.txt"}})), "notes.txt");
  EXPECT_EQ(TargetName(TestCall("send_mail", {{"to", "eva@example.org"}}, "mail")),
            "eva@example.org");
  EXPECT_EQ(TargetName(TestCall("send_mail", {{"to", "a\nb"}}, "mail")), "send_mail");
  EXPECT_EQ(TargetName(TestCall("delete_file", {{"path", "."}})), ".");
  EXPECT_EQ(TargetName(TestCall("read_mail", {{"limit", 3}}, "mail")), "read_mail");
  EXPECT_EQ(TargetName(TestCall("delete_file", {{"path", std::string(200, 'x')}})), "delete_file");
}

TEST(Scope, NamesGoBothWays) {
  for (const Scope scope : {Scope::kOnce, Scope::kExact, Scope::kRule}) {
    EXPECT_EQ(ScopeFromName(ScopeName(scope)), scope);
  }
  EXPECT_EQ(ScopeFromName("always"), std::nullopt);
}

// ---- a thousand changes of one field ----

using Random = std::mt19937;

int64_t Whole(Random& random) { return static_cast<int64_t>(random()); }

// One bit of one byte, so that text stays text.
void Flip(std::string& text, Random& random) {
  if (text.empty()) {
    text = "x";
  } else {
    text[random() % text.size()] ^= 1;
  }
}

void FlipArgument(json::Json& arguments, const char* name, Random& random) {
  std::string text = arguments[name].get<std::string>();
  Flip(text, random);
  arguments[name] = text;
}

void FlipPrecondition(std::vector<Precondition>& list, Random& random) {
  Precondition& one = list[random() % list.size()];
  Flip(random() % 2 == 0 ? one.target : one.digest, random);
}

struct Mutation {
  const char* name;
  std::function<void(Scene&, Random&)> change;
};

// Between the question and the approval.
const std::vector<Mutation>& EarlyMutations() {
  static const std::vector<Mutation> mutations = {
      {"server", [](Scene& s, Random& r) { Flip(s.call.server, r); }},
      {"tool", [](Scene& s, Random& r) { Flip(s.call.tool, r); }},
      {"effect", [](Scene& s, Random& r) { Flip(s.call.effect, r); }},
      {"definition", [](Scene& s, Random& r) { Flip(s.call.definition_hash, r); }},
      {"path", [](Scene& s, Random& r) { FlipArgument(s.call.arguments, "path", r); }},
      {"text", [](Scene& s, Random& r) { FlipArgument(s.call.arguments, "text", r); }},
      {"more", [](Scene& s, Random& r) { s.call.arguments["more"] = r(); }},
      {"fewer", [](Scene& s, Random&) { s.call.arguments.erase("text"); }},
      {"type", [](Scene& s, Random& r) { s.call.arguments["text"] = r(); }},
      {"path names", [](Scene& s, Random& r) { Flip(s.call.path_arguments[0], r); }},
      {"verdict", [](Scene& s, Random&) { s.decision.verdict = Verdict::kDeny; }},
      {"rule", [](Scene& s, Random& r) { Flip(s.decision.rule_id, r); }},
      {"reason", [](Scene& s, Random& r) { Flip(s.decision.reason, r); }},
      {"policy", [](Scene& s, Random& r) { Flip(s.decision.policy_hash, r); }},
      {"another decision",
       [](Scene& s, Random&) { s.decision = Policy::Default().Decide(s.call); }},
      {"yes", [](Scene& s, Random&) { s.answer.yes = false; }},
      {"approver", [](Scene& s, Random&) { s.answer.approver.clear(); }},
      {"request", [](Scene& s, Random& r) { Flip(s.answer.request_digest, r); }},
      {"typed", [](Scene& s, Random& r) { Flip(s.answer.typed, r); }},
      {"edited", [](Scene& s, Random&) { s.answer.edited_arguments = s.call.arguments; }},
      {"profile", [](Scene& s, Random& r) { Flip(s.context.bound.sandbox_profile, r); }},
      {"precondition",
       [](Scene& s, Random& r) { FlipPrecondition(s.context.bound.preconditions, r); }},
      {"precondition gone", [](Scene& s, Random&) { s.context.bound.preconditions.pop_back(); }},
      {"word", [](Scene& s, Random& r) { Flip(s.context.bound.typed_word, r); }},
      {"lifetime", [](Scene& s, Random& r) { s.context.lifetime_us = -1 - Whole(r); }},
      {"now", [](Scene& s, Random& r) { s.context.now_us = -Whole(r); }},
  };
  return mutations;
}

// Between the approval and the run: what is true then.
const std::vector<Mutation>& LateMutations() {
  static const std::vector<Mutation> mutations = {
      {"present definition", [](Scene& s, Random& r) { Flip(s.present.definition_hash, r); }},
      {"present policy", [](Scene& s, Random& r) { Flip(s.present.policy_hash, r); }},
      {"too late",
       [](Scene& s, Random& r) { s.present.now_us = kNow + kDefaultLifetimeUs + Whole(r); }},
      {"too early", [](Scene& s, Random& r) { s.present.now_us = kNow - 1 - Whole(r); }},
      {"present profile", [](Scene& s, Random& r) { Flip(s.present.sandbox_profile, r); }},
      {"present target", [](Scene& s, Random& r) { FlipPrecondition(s.present.preconditions, r); }},
      {"target gone", [](Scene& s, Random&) { s.present.preconditions.pop_back(); }},
      {"target more", [](Scene& s, Random&) { s.present.preconditions.push_back({"c", "3"}); }},
  };
  return mutations;
}

// Of the approval itself, as an error in memory would; its type has no way to do that.
const std::vector<std::pair<const char*, std::function<void(ApprovedFields&, Random&)>>>&
FieldMutations() {
  static const std::vector<std::pair<const char*, std::function<void(ApprovedFields&, Random&)>>>
      mutations = {
          {"run", [](ApprovedFields& f, Random& r) { Flip(f.run_id, r); }},
          {"call", [](ApprovedFields& f, Random& r) { Flip(f.call_id, r); }},
          {"server", [](ApprovedFields& f, Random& r) { Flip(f.server, r); }},
          {"tool", [](ApprovedFields& f, Random& r) { Flip(f.tool, r); }},
          {"effect", [](ApprovedFields& f, Random& r) { Flip(f.effect, r); }},
          {"arguments", [](ApprovedFields& f, Random& r) { Flip(f.arguments, r); }},
          {"definition", [](ApprovedFields& f, Random& r) { Flip(f.definition_hash, r); }},
          {"policy", [](ApprovedFields& f, Random& r) { Flip(f.policy_hash, r); }},
          {"verdict", [](ApprovedFields& f, Random&) { f.verdict = Verdict::kAllow; }},
          {"rule", [](ApprovedFields& f, Random& r) { Flip(f.rule_id, r); }},
          {"approver", [](ApprovedFields& f, Random& r) { Flip(f.approver, r); }},
          {"nonce", [](ApprovedFields& f, Random& r) { Flip(f.nonce, r); }},
          {"issued", [](ApprovedFields& f, Random&) { --f.issued_us; }},
          {"expires", [](ApprovedFields& f, Random& r) { f.expires_us += 1 + Whole(r); }},
          {"profile", [](ApprovedFields& f, Random& r) { Flip(f.sandbox_profile, r); }},
          {"unbound profile", [](ApprovedFields& f, Random&) { f.sandbox_profile.clear(); }},
          {"precondition",
           [](ApprovedFields& f, Random& r) { FlipPrecondition(f.preconditions, r); }},
          {"unbound targets", [](ApprovedFields& f, Random&) { f.preconditions.clear(); }},
      };
  return mutations;
}

// True when a scene with one change made does not run.
bool Refuses(size_t which, Random& random) {
  Scene scene;
  const size_t n_early = EarlyMutations().size();
  const size_t n_late = LateMutations().size();
  if (which < n_early) EarlyMutations()[which].change(scene, random);
  Result<ApprovedCall> approved = Approve(scene.call, scene.decision, scene.answer, scene.context);
  if (which < n_early) return !approved;
  EXPECT_TRUE(approved.has_value());
  if (which < n_early + n_late) {
    LateMutations()[which - n_early].change(scene, random);
  } else {
    auto& fields = const_cast<ApprovedFields&>(approved->fields());
    FieldMutations()[which - n_early - n_late].second(fields, random);
  }
  return !approved->Consume(scene.present);
}

TEST(BoundApproval, OfAThousandChangesOfOneFieldAllAreRefused) {
  const size_t n_kinds = EarlyMutations().size() + LateMutations().size() + FieldMutations().size();
  Random random(7);
  int n_refused = 0;
  for (size_t i = 0; i < 1000; ++i) {
    const bool refused = Refuses(i % n_kinds, random);
    EXPECT_TRUE(refused) << "mutation " << i % n_kinds;
    n_refused += refused ? 1 : 0;
  }
  std::printf("approvals: 1000 single-field mutations of %zu kinds, %d refusals\n", n_kinds,
              n_refused);
  EXPECT_EQ(n_refused, 1000);
}

TEST(BoundApproval, EveryByteOfTheApprovedArgumentsCounts) {
  const size_t n_bytes = Scene().call.arguments.dump().size();
  for (size_t i = 0; i < n_bytes; ++i) {
    Scene scene;
    ApprovedCall approved =
        Approve(scene.call, scene.decision, scene.answer, scene.context).value();
    const_cast<ApprovedFields&>(approved.fields()).arguments[i] ^= 1;
    const Result<ApprovedFields> fields = approved.Consume(scene.present);
    ASSERT_FALSE(fields.has_value()) << i;
    EXPECT_THAT(fields.error().message, HasSubstr("damaged"));
  }
}

}  // namespace
}  // namespace weir::policy
