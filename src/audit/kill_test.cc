// SIGKILL at random moments: no effect without its intent in the log.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <random>
#include <set>
#include <thread>

#include "audit/audit_log.h"
#include "audit/testing/log_fixture.h"

namespace weir::audit {
namespace {

class KillTest : public LogFixture {
 protected:
  // Until killed: intent, effect (a marker file), outcome; a byte into `progress` after each.
  [[noreturn]] void Work(int round, int progress) const {
    const auto tell = [progress] { return ::write(progress, ".", 1) == 1; };
    Result<AuditLog> log = AuditLog::Open(Folder(), clock_);
    if (!log) ::_exit(1);
    for (int i = 0;; ++i) {
      const std::string id = std::to_string(round) + "-" + std::to_string(i);
      const Result<uint64_t> seq = log->Append(Intent(id));
      if (!seq || !tell()) ::_exit(2);
      const int fd = ::open((root_ + "/markers/" + id).c_str(), O_CREAT | O_WRONLY, 0600);
      if (fd < 0 || !tell()) ::_exit(3);
      ::close(fd);
      OutcomeFields outcome;
      outcome.call_id = id;
      outcome.intent_seq = *seq;
      if (!log->Append(MakeOutcome(outcome)) || !tell()) ::_exit(4);
    }
  }

  // Runs Work and kills it after `n_steps` of its steps and `delay_us` more.
  void WorkAndKill(int round, unsigned n_steps, unsigned delay_us) const {
    int pipe_fds[2];
    ASSERT_EQ(::pipe(pipe_fds), 0);
    const pid_t child = ::fork();
    if (child == 0) Work(round, pipe_fds[1]);
    ::close(pipe_fds[1]);
    for (char byte = 0; n_steps > 0; --n_steps) ASSERT_EQ(::read(pipe_fds[0], &byte, 1), 1);
    std::this_thread::sleep_for(std::chrono::microseconds(delay_us));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ::close(pipe_fds[0]);
    ASSERT_TRUE(WIFSIGNALED(status)) << "round " << round << " exit " << WEXITSTATUS(status);
  }
};

TEST_F(KillTest, EveryEffectHasItsIntentInAnIntactLog) {
  constexpr int kRounds = 80;
  std::filesystem::create_directory(root_ + "/markers");
  std::mt19937 random(4);
  for (int round = 0; round < kRounds; ++round) {
    ASSERT_NO_FATAL_FAILURE(WorkAndKill(round, random() % 12, random() % 2000));
  }
  OpenLog();
  const VerifyReport report = Check();
  ASSERT_TRUE(report.intact) << report.problem;
  std::set<std::string> intents;
  for (const Record& record : Records()) {
    if (record.event.kind == EventKind::kIntent) intents.insert(record.event.call_id);
  }
  size_t n_markers = 0;
  for (const auto& entry : std::filesystem::directory_iterator(root_ + "/markers")) {
    EXPECT_TRUE(intents.contains(entry.path().filename())) << entry.path();
    ++n_markers;
  }
  EXPECT_GT(n_markers, 50u);
  EXPECT_LE(report.unfinished.size(), static_cast<size_t>(kRounds));
}

}  // namespace
}  // namespace weir::audit
