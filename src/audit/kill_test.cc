// SIGKILL at random moments: no effect without its intent in the log.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <random>
#include <set>
#include <thread>

#include "audit/audit_log.h"
#include "audit/testing/log_fixture.h"

namespace weir::audit {
namespace {

constexpr int kKillRounds = 200;
constexpr uint64_t kKillSealEvery = 8;
constexpr int kMaxCalls = 5;  // of a child, should it be killed late

// What the child does to carry out one call.
constexpr unsigned kStages = 4;  // decision, intent, effect, outcome

class KillTest : public LogFixture {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(root_ + "/effects");
    WriteAll(AnchorPath(), "");
    ASSERT_TRUE(OpenLog(Options()).StartSealing(key_));
  }

  AuditOptions Options() const {
    return {.anchor_path = AnchorPath(), .seal_every = kKillSealEvery};
  }

  // One call; a byte into `progress` after each stage. Never fails.
  void CarryOut(AuditLog& log, const std::string& id, int progress) const {
    const auto tell = [progress](int stage) {
      if (::write(progress, ".", 1) != 1) ::_exit(stage);
    };
    if (!log.Append(MakeEvent(EventKind::kDecision, "run-1", id, {{"verdict", "allow"}}))) {
      ::_exit(11);
    }
    tell(1);
    const Result<uint64_t> seq = log.Append(Intent(id));
    if (!seq) ::_exit(12);
    tell(2);
    const int fd = ::open((root_ + "/effects/" + id).c_str(), O_CREAT | O_EXCL | O_WRONLY, 0600);
    if (fd < 0 || ::write(fd, id.data(), id.size()) < 0 || ::close(fd) != 0) ::_exit(13);
    tell(3);
    OutcomeFields outcome;
    outcome.call_id = id;
    outcome.intent_seq = *seq;
    if (!log.Append(MakeOutcome(outcome))) ::_exit(14);
    tell(4);
  }

  [[noreturn]] void CarryOutUntilKilled(int round, int progress) const {
    Result<AuditLog> log = AuditLog::Open(Folder(), clock_, Options());
    if (!log) ::_exit(10);
    for (int i = 0; i < kMaxCalls; ++i) {
      CarryOut(*log, std::to_string(round) + "-" + std::to_string(i), progress);
    }
    for (;;) ::pause();
  }

  // Kills a child after `n_stages` of its stages and `delay_us` more; counts where it was.
  void CarryOutAndKill(int round, unsigned n_stages, unsigned delay_us) {
    int pipe_fds[2];
    ASSERT_EQ(::pipe(pipe_fds), 0);
    const pid_t child = ::fork();
    if (child == 0) CarryOutUntilKilled(round, pipe_fds[1]);
    ::close(pipe_fds[1]);
    char byte = 0;
    unsigned n_done = 0;
    for (; n_done < n_stages; ++n_done) ASSERT_EQ(::read(pipe_fds[0], &byte, 1), 1);
    std::this_thread::sleep_for(std::chrono::microseconds(delay_us));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "round " << round << " exit " << WEXITSTATUS(status);
    while (::read(pipe_fds[0], &byte, 1) == 1) ++n_done;
    ::close(pipe_fds[0]);
    ++n_killed_in_stage_[n_done % kStages];
  }

  const VerificationKey key_ = NewVerificationKey();
  std::array<int, kStages> n_killed_in_stage_{};
};

TEST_F(KillTest, NoEffectIsWithoutItsIntentAndUnfinishedOnesAreReported) {
  std::mt19937 random(4);
  for (int round = 0; round < kKillRounds; ++round) {
    ASSERT_NO_FATAL_FAILURE(CarryOutAndKill(round, random() % 12, random() % 300));
  }
  for (const int n : n_killed_in_stage_) EXPECT_GT(n, 0);
  std::printf(
      "killed at %d points: %d before the decision, %d before the intent, %d before the "
      "effect, %d before the outcome was recorded\n",
      kKillRounds, n_killed_in_stage_[0], n_killed_in_stage_[1], n_killed_in_stage_[2],
      n_killed_in_stage_[3]);

  ASSERT_TRUE(OpenLog(Options()).Close());
  const VerifyReport report =
      CheckWith({.anchors = ReadAnchors(AnchorPath()).value(), .key = key_});
  ASSERT_TRUE(report.intact) << report.problem;
  std::set<std::string> intents;
  std::set<uint64_t> unfinished;
  for (const Record& record : Records()) {
    if (record.event.kind == EventKind::kIntent) {
      intents.insert(record.event.call_id);
      unfinished.insert(record.seq);
    }
    if (record.event.kind == EventKind::kOutcome) {
      unfinished.erase(record.event.data["intent"].get<uint64_t>());
    }
  }
  size_t n_effects = 0;
  size_t n_without_intent = 0;
  for (const auto& entry : std::filesystem::directory_iterator(root_ + "/effects")) {
    ++n_effects;
    n_without_intent += intents.contains(entry.path().filename()) ? 0 : 1;
  }
  std::printf("%zu effects, %zu without a durable intent, %zu intents without an outcome\n",
              n_effects, n_without_intent, unfinished.size());
  EXPECT_EQ(n_without_intent, 0u);
  EXPECT_GT(n_effects, static_cast<size_t>(kKillRounds));
  EXPECT_EQ(std::set<uint64_t>(report.unfinished.begin(), report.unfinished.end()), unfinished);
  EXPECT_GT(unfinished.size(), 0u);
  EXPECT_LE(unfinished.size(), static_cast<size_t>(kKillRounds));
}

}  // namespace
}  // namespace weir::audit
