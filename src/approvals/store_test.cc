#include "approvals/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <atomic>
#include <thread>
#include <vector>

#include "approvals/testing/store_fixture.h"

namespace weir::approvals {
namespace {

using policy::TestCall;
using testing::HasSubstr;
namespace fs = std::filesystem;

class StoreTest : public StoreFixture {
 protected:
  static std::string Why(ApprovalStore& store, const Asked& asked, int64_t now_us = kNow) {
    const Result<GrantMatch> match = store.Match(asked.wanted(), now_us);
    if (!match) return "error: " + match.error().message;
    return match->grant_id.empty() ? match->reason : "granted";
  }
  static std::string AddError(ApprovalStore& store, const Asked& asked, const NewGrant& grant) {
    const Result<Grant> made = store.Add(asked.wanted(), grant, kNow);
    return made ? "added" : made.error().message;
  }
  static NewGrant RuleFor(const Asked& asked, int64_t lifetime_us) {
    return {policy::Scope::kRule, "terminal", lifetime_us,
            SuggestRule(asked.call, policy::TestTools()).value()};
  }
};

// ---- what can not be granted ----

TEST_F(StoreTest, OnlyWhatPolicyAsksAboutCanBeGrantedBeyondOnce) {
  const auto store = Open();
  const NewGrant exact{policy::Scope::kExact, "terminal", 0, std::nullopt};
  for (const policy::ProposedCall& call :
       {TestCall("fetch", {{"url", "x"}}), TestCall("read_file", {{"path", "a"}}),
        TestCall("write_file", {{"path", "../a"}})}) {
    EXPECT_THAT(AddError(*store, Asked(call), exact), HasSubstr("only what it says 'ask'"));
  }
  EXPECT_TRUE(store->Grants(kNow)->empty());
}

// A grant from before the policy was tightened does not reach below it.
TEST_F(StoreTest, AStricterVerdictIsNeverCovered) {
  const auto store = Open();
  Asked asked(WriteTo("notes/a"));
  AddRule(*store, asked, kMicrosPerDay);
  EXPECT_EQ(Why(*store, asked), "granted");
  asked.decision.verdict = policy::Verdict::kDeny;
  EXPECT_EQ(Why(*store, asked), "");
}

TEST_F(StoreTest, AYesForOnceIsNeverKept) {
  const auto store = Open();
  EXPECT_THAT(AddError(*store, Asked(WriteTo("a")),
                       {policy::Scope::kOnce, "terminal", kMinute, std::nullopt}),
              HasSubstr("never kept"));
  EXPECT_FALSE(fs::exists(Path()));
}

TEST_F(StoreTest, ARuleNeedsAnApproverAnExpiryWithinNinetyDaysAndToMatchTheCall) {
  const auto store = Open();
  const Asked asked(WriteTo("notes/a"));
  NewGrant grant = RuleFor(asked, kMicrosPerDay);
  grant.approver = "";
  EXPECT_THAT(AddError(*store, asked, grant), HasSubstr("whose"));
  EXPECT_THAT(AddError(*store, asked, RuleFor(asked, 0)), HasSubstr("at most 90 days"));
  EXPECT_THAT(AddError(*store, asked, RuleFor(asked, -1)), HasSubstr("at most 90 days"));
  EXPECT_THAT(AddError(*store, asked, RuleFor(asked, kMaxRuleLifetimeUs + 1)),
              HasSubstr("at most 90 days"));
  EXPECT_THAT(AddError(*store, Asked(WriteTo("other/a")), RuleFor(asked, kMicrosPerDay)),
              HasSubstr("does not match the call"));
  grant = RuleFor(asked, kMicrosPerDay);
  grant.rule.reset();
  EXPECT_THAT(AddError(*store, asked, grant), HasSubstr("there is no rule"));
  EXPECT_EQ(AddError(*store, asked, RuleFor(asked, kMaxRuleLifetimeUs)), "added");
}

TEST_F(StoreTest, HoldsSoManyGrantsAndNoMore) {
  const auto store = Open();
  for (int i = 0; i < 64; ++i) AddExact(*store, Asked(WriteTo("f" + std::to_string(i))));
  EXPECT_THAT(AddError(*store, Asked(WriteTo("more")),
                       {policy::Scope::kExact, "terminal", 0, std::nullopt}),
              HasSubstr("64 grants hold already"));
}

// ---- what a grant covers ----

TEST_F(StoreTest, AnExactGrantCoversThisCallInThisRunOnly) {
  const auto store = Open();
  const Asked asked(WriteTo("a", "hi"), "run-1", "profile-1");
  const Grant grant = AddExact(*store, asked);
  EXPECT_EQ(Covering(*store, asked), grant.id);
  EXPECT_EQ(Covering(*store, asked), grant.id);  // as often as it comes
  const std::string id = grant.id;
  EXPECT_EQ(Why(*store, Asked(WriteTo("b", "hi"), "run-1", "profile-1")),
            "asked again because argument 'path' differs from grant " + id);
  EXPECT_THAT(Why(*store, Asked(WriteTo("b", "ho"), "run-1", "profile-1")),
              HasSubstr("argument 'path' (and 1 more) differs"));
  EXPECT_THAT(Why(*store, Asked(WriteTo("a", "hi"), "run-2", "profile-1")),
              HasSubstr("it was for run run-1"));
  EXPECT_THAT(Why(*store, Asked(WriteTo("a", "hi"), "run-1", "profile-2")),
              HasSubstr("the sandbox is another"));
  EXPECT_THAT(Why(*store, Asked(WriteTo("a", "hi"), "run-1", "")), HasSubstr("the sandbox"));
  Asked changed = asked;
  changed.call.definition_hash = "d2";
  EXPECT_THAT(Why(*store, changed), HasSubstr("the definition of 'write_file' changed"));
  changed = asked;
  changed.decision.policy_hash = "other";
  EXPECT_THAT(Why(*store, changed), HasSubstr("the policy changed"));
  changed = asked;
  changed.call.path_arguments.clear();
  EXPECT_THAT(Why(*store, changed), HasSubstr("what is known of the tool"));
  EXPECT_EQ(Why(*store, Asked(TestCall("delete_file", {{"path", "a"}}))), "");
}

TEST_F(StoreTest, ARuleCoversCallsInAnyRunAndSurvivesARestart) {
  const Asked asked(WriteTo("notes/a"));
  const std::string id = AddRule(*Open(), asked, kMicrosPerDay).id;
  const auto store = Open();
  EXPECT_EQ(Covering(*store, Asked(WriteTo("notes/b", "other text"), "run-9")), id);
  EXPECT_THAT(Why(*store, Asked(WriteTo("private/b"))), HasSubstr("argument 'path' does not fit"));
  EXPECT_THAT(Why(*store, Asked(WriteTo("private/b"))), HasSubstr(id));
  EXPECT_EQ(Covering(*store, Asked(WriteTo("notes/../b"))), "");
  EXPECT_EQ(Covering(*store, Asked(TestCall("delete_file", {{"path", "notes/b"}}))), "");
  Asked changed = asked;
  changed.call.definition_hash = "d2";
  EXPECT_THAT(Why(*store, changed), HasSubstr("definition"));
}

TEST_F(StoreTest, AnExactGrantDiesWithTheProcessAndWithTheRun) {
  const Asked asked(WriteTo("a"));
  {
    const auto store = Open();
    AddExact(*store, asked);
    EXPECT_EQ(Why(*store, asked), "granted");
  }
  EXPECT_THAT(Why(*Open(), asked), HasSubstr("started anew"));
  const auto store = Open();
  AddExact(*store, asked);
  ASSERT_TRUE(store->EndRun("run-2", kNow));
  EXPECT_EQ(Why(*store, asked), "granted");
  ASSERT_TRUE(store->EndRun("run-1", kNow));
  EXPECT_THAT(Why(*store, asked), HasSubstr("it is run over"));
}

TEST_F(StoreTest, ARuleThatFitsNoToolAnyMoreCoversNothing) {
  const Asked asked(WriteTo("notes/a"));
  AddRule(*Open(), asked, kMicrosPerDay);
  const std::vector<policy::KnownTool> known = {policy::TestTools()[0]};
  const auto store = ApprovalStore::Open(Folder(), known).value();
  EXPECT_THAT(Why(*store, asked), HasSubstr("does not fit the tools any more"));
}

// ---- the end of grants ----

TEST_F(StoreTest, ARevokedGrantNeverCoversAgain) {
  const auto store = Open();
  const Asked asked(WriteTo("notes/a"));
  const std::string id = AddRule(*store, asked, kMicrosPerDay).id;
  EXPECT_EQ(store->Revoke("g-000000000000", kNow).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(Open()->Revoke(id, kNow));  // by another process
  EXPECT_THAT(Why(*store, asked), HasSubstr("it is revoked"));
  EXPECT_THAT(Why(*store, asked, kNow - kMinute), HasSubstr("it is revoked"));
  ASSERT_TRUE(store->Revoke(id, kNow + 5));
  const std::vector<Grant> grants = store->Grants(kNow).value();
  ASSERT_EQ(grants.size(), 1u);
  EXPECT_EQ(grants[0].ended, "revoked");
  EXPECT_EQ(grants[0].ended_us, kNow);
}

TEST_F(StoreTest, AnExpiredGrantNeverCoversAgainAlsoWhenTheClockGoesBack) {
  const auto store = Open();
  const Asked asked(WriteTo("notes/a"));
  AddRule(*store, asked, 10 * kMinute);
  EXPECT_EQ(Why(*store, asked, kNow + 10 * kMinute - 1), "granted");
  EXPECT_THAT(Why(*store, asked, kNow + 10 * kMinute), HasSubstr("it is expired"));
  for (const int64_t back : {kMinute, 5 * kMinute, 20 * kMinute}) {
    const std::string why = Why(*Open(), asked, kNow + 10 * kMinute - back);
    EXPECT_NE(why, "granted") << back;
  }
}

TEST_F(StoreTest, WhileTheClockIsFarBehindNoGrantCountsAndNoneIsMade) {
  const auto store = Open();
  const Asked asked(WriteTo("notes/a"));
  AddRule(*store, asked, kMicrosPerDay);
  EXPECT_EQ(Why(*store, asked, kNow - 4 * kMinute), "granted");  // a correction
  EXPECT_THAT(Why(*store, asked, kNow - 6 * kMinute), HasSubstr("the clock is 360 s behind"));
  const Result<Grant> made = store->Add(
      asked.wanted(), {policy::Scope::kExact, "terminal", 0, std::nullopt}, kNow - 6 * kMinute);
  EXPECT_FALSE(made.has_value());
  EXPECT_EQ(store->RevokeAll(kNow - 6 * kMinute).value(), 1);
  EXPECT_THAT(Why(*store, asked, kNow - 6 * kMinute), HasSubstr("it is revoked"));
  AddExact(*store, asked, kNow - 6 * kMinute);
  EXPECT_EQ(Why(*store, asked, kNow - 6 * kMinute), "granted");
}

TEST_F(StoreTest, TheLatestTimeSeenIsKeptWithoutAnyChangeOfGrants) {
  const Asked asked(WriteTo("notes/a"));
  AddRule(*Open(), asked, kMicrosPerDay);
  EXPECT_EQ(Why(*Open(), asked, kNow + 60 * kMinute), "granted");
  EXPECT_THAT(Why(*Open(), asked, kNow + 50 * kMinute), HasSubstr("the clock is 600 s behind"));
}

TEST_F(StoreTest, ForgetsOldEndedGrantsButNoneThatHolds) {
  const auto store = Open();
  const std::string id = AddRule(*store, Asked(WriteTo("notes/a")), kMicrosPerDay).id;
  for (int i = 0; i < 60; ++i) {
    const Grant grant = AddExact(*store, Asked(WriteTo("f" + std::to_string(i))));
    ASSERT_TRUE(store->Revoke(grant.id, kNow));
  }
  const std::vector<Grant> grants = store->Grants(kNow).value();
  EXPECT_EQ(grants.size(), 51u);
  EXPECT_EQ(grants[0].id, id);
}

// ---- files that can not be trusted ----

TEST_F(StoreTest, FolderAndFilesAreTheOwnersAlone) {
  AddExact(*Open(), Asked(WriteTo("a")));
  struct stat info;
  ASSERT_EQ(::stat(Folder().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0700u);
  for (const char* name : {"/approvals.json", "/lock"}) {
    ASSERT_EQ(::stat((Folder() + name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 07777, 0600u) << name;
  }
}

TEST_F(StoreTest, AFileThatOthersMayWriteIsRefusedAndCoversNothing) {
  const auto store = Open();
  const Asked asked(WriteTo("notes/a"));
  AddRule(*store, asked, kMicrosPerDay);
  for (const mode_t mode : {0620, 0602, 0666}) {
    ASSERT_EQ(::chmod(Path().c_str(), mode), 0);
    EXPECT_THAT(Why(*store, asked), HasSubstr("can be written by others")) << mode;
    EXPECT_FALSE(ApprovalStore::Open(Folder(), policy::TestTools())) << mode;
    EXPECT_FALSE(store->Grants(kNow)) << mode;
    EXPECT_FALSE(store->AddPending({}, kNow)) << mode;
  }
  ASSERT_EQ(::chmod(Path().c_str(), 0600), 0);
  EXPECT_EQ(Why(*store, asked), "granted");
  ASSERT_EQ(::chmod(Folder().c_str(), 0770), 0);
  EXPECT_FALSE(ApprovalStore::Open(Folder(), policy::TestTools()));
}

TEST_F(StoreTest, ASymlinkInPlaceOfTheFileIsRefused) {
  const auto store = Open();
  const Asked asked(WriteTo("notes/a"));
  AddRule(*store, asked, kMicrosPerDay);
  fs::rename(Path(), root_ + "/elsewhere.json");
  fs::create_symlink(root_ + "/elsewhere.json", Path());
  EXPECT_THAT(Why(*store, asked), HasSubstr("error"));
}

TEST_F(StoreTest, ADamagedFileCoversNothingAndIsSetAsideByRevokeAll) {
  const auto store = Open();
  const Asked asked(WriteTo("notes/a"));
  const std::string id = AddRule(*store, asked, kMicrosPerDay).id;
  const std::string whole = ReadStore();
  std::string tampered = whole;
  tampered.replace(tampered.find("notes"), 5, "...//");
  for (const std::string& text : {tampered, whole.substr(0, whole.size() / 2), std::string()}) {
    WriteStore(text);
    EXPECT_THAT(Why(*store, asked), HasSubstr("revoke --all")) << text.size();
    EXPECT_FALSE(ApprovalStore::Open(Folder(), policy::TestTools()));
    EXPECT_FALSE(store->Revoke(id, kNow));
  }
  EXPECT_EQ(Open(true)->RevokeAll(kNow).value(), 0);
  EXPECT_TRUE(fs::exists(Path() + ".damaged"));
  EXPECT_EQ(Why(*Open(), asked), "");
  AddRule(*Open(), asked, kMicrosPerDay);
  EXPECT_EQ(Why(*Open(), asked), "granted");
}

// ---- requests ----

TEST_F(StoreTest, WhatAKilledRunLeftPendingIsForgottenAfterADay) {
  const auto store = Open();
  PendingRecord record;
  record.run_id = "run";
  record.tool = "move_file";
  record.call_digest = std::string(64, 'a');
  const std::string old_id = store->AddPending(record, kNow).value();
  const std::string id = store->AddPending(record, kNow + kExactLifetimeUs).value();
  EXPECT_EQ(store->Pending()->size(), 2U);
  ASSERT_TRUE(store->AddPending(record, kNow + kExactLifetimeUs + 1));
  std::vector<PendingRecord> pending = store->Pending().value();
  ASSERT_EQ(pending.size(), 2U);
  EXPECT_EQ(pending[0].id, id);
  EXPECT_NE(pending[1].id, old_id);
}

TEST_F(StoreTest, PendingRequestsSurviveARestartUnderTheirId) {
  PendingRecord record;
  record.tool = "write_file";
  record.call_digest = "c1";
  record.action = "write a.txt " + std::string(5000, '\xc3');
  const std::string id = Open()->AddPending(record, kNow).value();
  const auto store = Open();
  std::vector<PendingRecord> pending = store->Pending().value();
  ASSERT_EQ(pending.size(), 1u);
  EXPECT_EQ(pending[0].id, id);
  EXPECT_EQ(pending[0].submitted_us, kNow);
  record.id = id;
  EXPECT_EQ(store->AddPending(record, kNow + 1).value(), id);
  record.call_digest = "c2";
  EXPECT_THAT(store->AddPending(record, kNow).error().message, HasSubstr("another call"));
  record.id = "r-000000000000";
  EXPECT_EQ(store->AddPending(record, kNow).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(store->RemovePending(id, kNow));
  EXPECT_TRUE(store->RemovePending(id, kNow));
  EXPECT_TRUE(store->Pending()->empty());
}

// ---- several at once ----

TEST_F(StoreTest, ThreadsAndProcessesLoseNothingOfEachOther) {
  constexpr int kProcesses = 2;
  constexpr int kThreads = 3;
  constexpr int kEach = 6;
  const auto work = [this](int who) {
    const auto store = Open();
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&store, who, i] {
        for (int n = 0; n < kEach; ++n) {
          AddExact(*store, Asked(WriteTo(fmt::format("{}-{}-{}", who, i, n))));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  };
  std::vector<pid_t> children;
  for (int who = 0; who < kProcesses; ++who) {
    const pid_t child = ::fork();
    if (child == 0) {
      work(who);
      ::_exit(HasFailure() ? 1 : 0);
    }
    children.push_back(child);
  }
  work(kProcesses);
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(Open()->Grants(kNow)->size(), size_t{(kProcesses + 1) * kThreads * kEach});
}

TEST_F(StoreTest, AGrantIsGoneForEveryThreadOnceRevokeReturned) {
  const auto store = Open();
  const Asked asked(WriteTo("notes/a"));
  const std::string id = AddRule(*store, asked, kMicrosPerDay).id;
  std::atomic<bool> revoked = false;
  std::atomic<int> n_wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 30; ++n) {
        const bool was_revoked = revoked.load();
        if (was_revoked && !Covering(*store, asked).empty()) ++n_wrong;
      }
    });
  }
  EXPECT_TRUE(store->Revoke(id, kNow));
  revoked = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(n_wrong.load(), 0);
  EXPECT_EQ(Covering(*store, asked), "");
}

}  // namespace
}  // namespace weir::approvals
