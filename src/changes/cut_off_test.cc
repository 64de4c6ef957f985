// Commits and restores that do not come to their end: killed at any system call, or out of room.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <functional>

#include "changes/testing/history_fixture.h"
#include "changes/testing/in_child.h"

namespace weir::changes {
namespace {

// About this many of the moments at which a step can be killed are tried.
#ifdef WEIR_SANITIZED
constexpr int kMoments = 20;
#else
constexpr int kMoments = 60;
#endif

class CutOffTest : public testing::HistoryFixture {
 protected:
  void MakeStart() const {
    testing::RemoveAll(tree_.workspace());
    testing::RemoveAll(tree_.content());
    testing::RemoveAll(tree_.state());
    tree_.MakeFolder("workspace");
    tree_.MakeFolder("state", 0700);
    MakeSample();
    tree_.Chmod("workspace/folder", 0555);
    CopyToContent();
    tree_.Chmod("content/folder", 0700);
    ChangeEverything();
  }

  // About how many system calls `step` makes: it is killed at that number and not at the next one.
  static int CountCalls(const std::function<void()>& start, const std::function<void()>& step,
                        std::string* reason) {
    int n_calls = 0;
    for (int jump = 1024; jump > 0 && reason->empty(); jump /= 2) {
      start();
      if (testing::KillAtSystemCall(n_calls + jump - 1, step, reason)) n_calls += jump;
    }
    return n_calls;
  }

  // Kills `step` at many moments, each from a fresh start; then everything is as before or as
  // after.
  void KillEverywhere(const std::function<void()>& start, const std::function<void()>& step,
                      const char* name) const {
    std::string reason;
    const int n_calls = CountCalls(start, step, &reason);
    if (!reason.empty()) GTEST_SKIP() << reason;
    start();
    step();
    const testing::Snapshot after = tree_.Workspace();
    int n_before = 0;
    int n_after = 0;
    // The last third, where the workspace changes, at every chance; the rest more rarely.
    const int stride = std::max(1, n_calls / kMoments);
    for (int n = 0; n < n_calls; n += n < n_calls * 2 / 3 ? 2 * stride : std::max(1, stride / 2)) {
      start();
      const testing::Snapshot fresh = tree_.Workspace();
      const bool killed = testing::KillAtSystemCall(n, step, &reason);
      ASSERT_EQ(reason, "") << n;
      if (!killed) break;  // it made a call less than when they were counted
      const Result<History> history = History::Open(tree_.state(), clock_);
      ASSERT_TRUE(history.has_value()) << n << ": " << history.error().message;
      EXPECT_TRUE(!history->recovery() || history->recovery()->conflicts.empty()) << n;
      const testing::Snapshot found = tree_.Workspace();
      const bool is_before = found == fresh;
      ASSERT_TRUE(is_before || found == after)
          << "killed at " << n << ", found neither before nor after:\n"
          << testing::Difference(after, found);
      (is_before ? n_before : n_after) += 1;
      ASSERT_FALSE(tree_.Exists("state/snapshots/pending.json")) << n;
      ASSERT_FALSE(History::Open(tree_.state(), clock_)->recovery().has_value()) << n;
    }
    printf("changes: %s killed at %d of %d system calls: %d as before, %d as after, 0 between\n",
           name, n_before + n_after, n_calls, n_before, n_after);
    EXPECT_GT(n_before, 0);
    EXPECT_GT(n_after, 0);
  }

  std::string CommitInChild() const {
    Result<History> history = History::Open(tree_.state(), clock_);
    if (!history) return history.error().message;
    const Result<ChangeSet> set = ReadChanges(*platform::Workspace::Open(tree_.workspace()),
                                              *platform::Workspace::Open(tree_.content()));
    if (!set) return set.error().message;
    const Result<CommitReport> report = TryCommit(*history, *set);
    if (!report) return report.error().message;
    return report->committed ? "committed" : "conflict at " + report->conflicts[0].path;
  }
};

TEST_F(CutOffTest, ACommitKilledAnywhereIsWhollyDoneOrNotAtAll) {
  const auto start = [this] {
    MakeStart();
    ASSERT_TRUE(testing::MarkOpaque(tree_.content()));
  };
  const auto step = [this] {
    if (CommitInChild() != "committed") ::_exit(1);
  };
  KillEverywhere(start, step, "commit");
}

TEST_F(CutOffTest, ARestoreKilledAnywhereIsWhollyDoneOrNotAtAll) {
  const auto start = [this] {
    MakeStart();
    CommitContent("run-1");
  };
  const auto step = [this] {
    Result<History> history = History::Open(tree_.state(), clock_);
    if (!history || !history->Restore("run-1", "undo-1")) ::_exit(1);
  };
  KillEverywhere(start, step, "restore");
}

TEST_F(CutOffTest, ARecoveryLeavesAloneWhatSomebodyChangedMeanwhile) {
  const auto start = [this] {
    MakeStart();
    ASSERT_TRUE(testing::MarkOpaque(tree_.content()));
  };
  const auto step = [this] { (void)CommitInChild(); };
  std::string reason;
  const int n_calls = CountCalls(start, step, &reason);
  // From the end back to a moment when the journal says that changes are being made.
  std::string journal;
  for (int n = n_calls - 10; n > 0 && reason.empty(); n -= 10) {
    start();
    testing::KillAtSystemCall(n, step, &reason);
    journal = tree_.Read("state/snapshots/pending.json");
    if (journal.find("\"applying\":true") != std::string::npos) break;
  }
  if (!reason.empty()) GTEST_SKIP() << reason;
  ASSERT_NE(journal.find("\"applying\":true"), std::string::npos);
  tree_.Write("workspace/notes.txt", "mine\n");
  const Result<History> history = History::Open(tree_.state(), clock_);
  ASSERT_TRUE(history.has_value()) << history.error().message;
  ASSERT_TRUE(history->recovery().has_value());
  EXPECT_EQ(history->recovery()->outcome, Recovery::kFinished);
  ASSERT_EQ(history->recovery()->conflicts.size(), 1u);
  EXPECT_EQ(history->recovery()->conflicts[0].path, "notes.txt");
  EXPECT_EQ(tree_.Read("workspace/notes.txt"), "mine\n");
  EXPECT_EQ(tree_.Read("workspace/new.txt"), "new\n");
}

TEST_F(CutOffTest, ADamagedJournalIsNamedAndNothingIsTouched) {
  MakeStart();
  const testing::Snapshot before = tree_.Workspace();
  EXPECT_TRUE(History::Open(tree_.state(), clock_).has_value());
  tree_.Write("state/snapshots/pending.json", "{\"digest\":\"\",\"content\":{}}", 0600);
  const Result<History> history = History::Open(tree_.state(), clock_);
  ASSERT_FALSE(history.has_value());
  EXPECT_EQ(history.error().code, ErrorCode::kCorruptData);
  EXPECT_THAT(history.error().message, ::testing::HasSubstr("pending.json"));
  ExpectWorkspace(before);
}

// No file may grow beyond the limit: the commit fails, nothing has changed.
TEST_F(CutOffTest, AFileThatCanNotBeWrittenLeavesEverythingAsItWas) {
  MakeStart();
  tree_.Write("content/large", std::string(300'000, 'x'));
  ASSERT_TRUE(testing::MarkOpaque(tree_.content()));
  const testing::Snapshot before = tree_.Workspace();
  const std::string said = testing::InChild([this]() -> std::string {
    ::signal(SIGXFSZ, SIG_IGN);
    const struct rlimit limit = {200'000, 200'000};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return "no limit";
    return CommitInChild();
  });
  EXPECT_THAT(said, ::testing::HasSubstr("File too large"));
  ExpectWorkspace(before);
  EXPECT_FALSE(OpenHistory().recovery().has_value());
}

// A workspace on a disk that is full at some moment: either all or nothing.
TEST_F(CutOffTest, AFullDiskLeavesEverythingAsItWas) {
  int n_full = 0;
  int n_committed = 0;
  for (size_t kibibytes = 64; kibibytes <= 320; kibibytes += 32) {
    testing::RemoveAll(tree_.state());
    tree_.MakeFolder("state", 0700);
    const std::string said =
        testing::WithSmallDisk(tree_.workspace(), kibibytes * 1024, [this]() -> std::string {
          tree_.Write("workspace/old.txt", "old\n");
          tree_.Write("workspace/gone.txt", std::string(20'000, 'g'));
          CopyToContent();
          tree_.Write("content/old.txt", "new\n");
          tree_.Remove("content/gone.txt");
          for (int i = 0; i < 10; ++i) {
            tree_.Write("content/folder/" + std::to_string(i), std::string(20'000, 'n'));
          }
          if (!testing::MarkOpaque(tree_.content())) return "skip: no attributes";
          const testing::Snapshot before = tree_.Workspace();
          const std::string outcome = CommitInChild();
          const testing::Snapshot expected =
              outcome == "committed" ? testing::SnapshotOf(tree_.content()) : before;
          const std::string wrong = testing::Difference(expected, tree_.Workspace());
          if (!wrong.empty()) return outcome + ", but\n" + wrong;
          return tree_.Exists("state/snapshots/pending.json") ? "a journal is left" : outcome;
        });
    if (said.starts_with("skip")) GTEST_SKIP() << said;
    const bool is_full = said.find("No space left on device") != std::string::npos;
    EXPECT_TRUE(is_full || said == "committed") << kibibytes << " KiB: " << said;
    (is_full ? n_full : n_committed) += 1;
  }
  EXPECT_GT(n_full, 0);
  EXPECT_GT(n_committed, 0);
}

}  // namespace
}  // namespace weir::changes
