// SIGKILL between asking, answering and using: after it nothing is granted.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <random>
#include <thread>

#include "approvals/queue.h"
#include "approvals/testing/store_fixture.h"

namespace weir::approvals {
namespace {

constexpr ssize_t kDigestBytes = 64;

ApprovalRequest RequestFor(const Asked& asked) {
  ApprovalRequest request{.call = asked.call, .decision = asked.decision};
  request.run_id = asked.run_id;
  request.action = "write";
  request.can_stand = true;
  return request;
}

class ApprovalKillTest : public StoreFixture {
 protected:
  // Until killed: ask, answer (once and exactly this call in turn), use; the request's digest into
  // `progress` after each.
  [[noreturn]] void Work(const std::string& path, int progress) const {
    const auto store = Open();
    if (store == nullptr) ::_exit(1);
    ApprovalQueue queue(SystemClock(), store.get());
    for (int i = 0;; ++i) {
      const Asked asked(WriteTo(path));
      const Result<std::string> id = queue.Submit(RequestFor(asked));
      if (!id) ::_exit(2);
      const std::string digest = queue.Find(*id)->request_digest;
      const auto tell = [&] {
        if (::write(progress, digest.data(), kDigestBytes) != kDigestBytes) ::_exit(3);
      };
      tell();
      const auto scope = i % 2 == 0 ? policy::Scope::kExact : policy::Scope::kOnce;
      if (!queue.Decide(*id, {.choice = Choice::kGrant, .approver = "t", .scope = scope})) {
        ::_exit(4);
      }
      tell();
      const Result<Ended> ended = queue.Wait(*id, {});
      if (!ended) ::_exit(5);
      auto approved = policy::Approve(asked.call, asked.decision, ended->answer,
                                      {.run_id = asked.run_id, .call_id = "c", .now_us = kNow});
      if (!approved || !approved->Consume({"d1", asked.decision.policy_hash, kNow})) ::_exit(6);
      tell();
    }
  }

  // Runs Work, kills it after `n_steps` of its steps and `delay_us` more; the last digest.
  std::string WorkAndKill(const std::string& path, unsigned n_steps, unsigned delay_us) const {
    std::array<int, 2> pipe_fds{};
    EXPECT_EQ(::pipe(pipe_fds.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) Work(path, pipe_fds[1]);
    ::close(pipe_fds[1]);
    std::string digest(kDigestBytes, '0');
    for (; n_steps > 0; --n_steps) {
      EXPECT_EQ(::read(pipe_fds[0], digest.data(), kDigestBytes), kDigestBytes);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(delay_us));
    ::kill(child, SIGKILL);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    ::close(pipe_fds[0]);
    EXPECT_TRUE(WIFSIGNALED(status)) << "exit " << WEXITSTATUS(status);
    return digest;
  }

  // After the kill: no grant, and what is pending must be answered anew.
  void CheckNothingIsGranted(const std::string& path, const std::string& old_digest,
                             int* n_pending) const {
    const auto store = Open();
    ASSERT_NE(store, nullptr);
    const Asked asked(WriteTo(path));
    const Result<GrantMatch> match = store->Match(asked.wanted(), SystemClock().UnixMicros());
    ASSERT_TRUE(match.has_value()) << match.error().message;
    EXPECT_EQ(match->grant_id, "");
    const policy::Answer old{.yes = true, .approver = "t", .request_digest = old_digest};
    EXPECT_FALSE(policy::Approve(asked.call, asked.decision, old, {.now_us = kNow}));
    ApprovalQueue queue(SystemClock(), store.get());
    const std::vector<PendingRecord> pending = store->Pending().value();
    for (const PendingRecord& record : pending) {
      const Result<std::string> again = queue.Submit(RequestFor(Asked(WriteTo(path))), record.id);
      ASSERT_TRUE(again.has_value()) << again.error().message;
      EXPECT_EQ(*again, record.id);
      EXPECT_EQ(queue.Wait(*again, {}, 0).error().code, ErrorCode::kDeadlineExceeded);
      ASSERT_TRUE(queue.Decide(*again, {.choice = Choice::kDeny, .approver = "t"}));
      ++*n_pending;
    }
    ASSERT_TRUE(store->RevokeAll(SystemClock().UnixMicros()));  // room for the next round
  }
};

TEST_F(ApprovalKillTest, AfterAKillAtAnyMomentNothingIsGranted) {
  constexpr int kRounds = 40;
  std::mt19937 random(3);
  int n_pending = 0;
  for (int round = 0; round < kRounds; ++round) {
    const std::string path = "notes/" + std::to_string(round);
    const std::string digest = WorkAndKill(path, random() % 9, random() % 1500);
    ASSERT_NO_FATAL_FAILURE(CheckNothingIsGranted(path, digest, &n_pending));
  }
  std::printf(
      "approvals: %d kills between asking, answering and using: 0 granted after them, "
      "%d requests pending again under their ids\n",
      kRounds, n_pending);
  EXPECT_GT(n_pending, 5);
}

}  // namespace
}  // namespace weir::approvals
