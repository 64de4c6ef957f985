// Random changes: what is previewed is what is committed, and undo is exact.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <random>

#include "changes/testing/random_ops.h"
#include "changes/testing/view_fixture.h"

namespace weir::changes {
namespace {

#ifdef WEIR_SANITIZED
constexpr int kViewSequences = 60;
constexpr int kUndoSequences = 120;
#else
constexpr int kViewSequences = 500;
constexpr int kUndoSequences = 1000;
#endif

class RandomTest : public testing::ViewFixture {
 protected:
  // Two equal random trees: the workspace and another beside it.
  void MakeTrees(unsigned seed, const std::string& other) const {
    for (const std::string& folder : {tree_.workspace(), tree_.At(other)}) {
      testing::RemoveAll(folder);
      tree_.MakeFolder(folder == tree_.workspace() ? "workspace" : other);
      testing::RandomOps(folder, seed).MakeTree();
    }
  }

  // One sequence in a view, committed, compared with the same on a plain folder.
  void RunInView(unsigned seed, History& history) const {
    MakeTrees(seed, "expected");
    const int n_ops = 1 + static_cast<int>(seed % 25);
    const testing::Snapshot before = tree_.Workspace(true);
    const CowView view = OpenView();
    const testing::Outcome outcome = testing::RunIn(
        view, testing::ViewCommand({"random", std::to_string(seed + 1), std::to_string(n_ops)}));
    ASSERT_TRUE(outcome.ok) << outcome.why_not << outcome.line;
    testing::RandomOps ops(tree_.At("expected"), seed + 1);
    ASSERT_TRUE(ops.Run(n_ops)) << ops.problem();

    ASSERT_EQ(testing::Difference(before, tree_.Workspace(true)), "") << "changed by the preview";
    const Result<ChangeSet> set = view.ReadChanges();
    ASSERT_TRUE(set.has_value()) << set.error().message;
    ASSERT_TRUE(set->problems.empty()) << set->problems[0].path << set->problems[0].reason;
    const Result<CommitReport> report = history.Commit(
        view.workspace(), *set, view.upper(), {"run-" + std::to_string(seed), *set->Digest()});
    ASSERT_TRUE(report.has_value()) << report.error().message;
    ASSERT_TRUE(report->committed) << report->conflicts[0].path << report->conflicts[0].reason;
    ASSERT_EQ(testing::Difference(testing::SnapshotOf(tree_.At("expected")), tree_.Workspace()),
              "");
    const Result<ChangeSet> rest = view.ReadChanges();
    ASSERT_TRUE(rest.has_value() && rest->empty()) << "the workspace is not what the view was";
    if (seed % 5 == 0 && !set->changes.empty()) {
      CheckUndo(history, "run-" + std::to_string(seed), before);
    }
  }

  // Without times of what the run touched; those of the rest must not have changed.
  void CheckUndo(History& history, const std::string& run_id,
                 const testing::Snapshot& before) const {
    const Result<RestoreReport> undo = history.Restore(run_id, "undo-" + run_id);
    ASSERT_TRUE(undo.has_value()) << undo.error().message;
    ASSERT_TRUE(undo->complete()) << undo->conflicts[0].path << undo->conflicts[0].reason;
    testing::Snapshot found = tree_.Workspace(true);
    testing::Snapshot expected = before;
    const testing::Snapshot untimed = tree_.Workspace();
    for (const Change& change : undo->done.changes) {
      if (!change.after.is_file()) continue;
      found[change.path] = untimed.at(change.path);
      const size_t at = expected[change.path].find(" at ");
      const size_t end = expected[change.path].find(':', at);
      ASSERT_NE(at, std::string::npos);
      expected[change.path].erase(at, end - at);
    }
    ASSERT_EQ(testing::Difference(expected, found), "");
  }
};

TEST_F(RandomTest, WhatIsPreviewedIsWhatIsCommitted) {
  if (const std::string why = WhyNoView(); !why.empty()) GTEST_SKIP() << why;
  int n_equal = 0;
  for (int i = 0; i < kViewSequences; ++i) {
    SCOPED_TRACE("sequence " + std::to_string(i));
    if (i % 50 == 0) {
      testing::RemoveAll(tree_.state());
      tree_.MakeFolder("state", 0700);
    }
    History history = OpenHistory();
    ASSERT_NO_FATAL_FAILURE(RunInView(static_cast<unsigned>(i), history));
    ++n_equal;
  }
  printf("changes: preview equals commit: %d of %d\n", n_equal, kViewSequences);
}

// Change, undo, undo of the undo, with things of others beside them that nobody may touch.
TEST_F(RandomTest, UndoAndUndoOfUndoAreExact) {
  std::mt19937 random(11);
  int n_exact = 0;
  for (int i = 0; i < kUndoSequences; ++i) {
    SCOPED_TRACE("sequence " + std::to_string(i));
    if (i % 50 == 0) {
      testing::RemoveAll(tree_.state());
      tree_.MakeFolder("state", 0700);
    }
    const auto seed = static_cast<unsigned>(1'000'000 + i);
    MakeTrees(seed, "content");
    testing::RandomOps ops(tree_.content(), seed + 1);
    ASSERT_TRUE(ops.Run(1 + static_cast<int>(random() % 25))) << ops.problem();
    const testing::Snapshot after = testing::SnapshotOf(tree_.content());
    const std::string run_id = "run-" + std::to_string(i);
    const testing::Snapshot before = tree_.Workspace(true);
    const testing::Snapshot before_untimed = tree_.Workspace();
    ASSERT_NO_FATAL_FAILURE(CommitContent(run_id));
    ExpectWorkspace(after);
    // Somebody works beside it: these are no part of the run.
    tree_.Write("workspace/mine-" + std::to_string(i), "mine " + std::to_string(random() % 100));
    testing::Snapshot expected = before;
    const std::string mine = "mine-" + std::to_string(i);
    expected[mine] = tree_.Workspace(true).at(mine);

    History history = OpenHistory();
    const bool has_run = before_untimed != after;  // a run that changed nothing is none
    ASSERT_EQ(history.PreviewRestore(run_id).has_value(), has_run);
    if (has_run) {
      ASSERT_NO_FATAL_FAILURE(CheckUndo(history, run_id, expected));
      const Result<RestoreReport> redo = history.Restore("undo-" + run_id, "redo-" + run_id);
      ASSERT_TRUE(redo.has_value() && redo->complete());
      testing::Snapshot again = after;
      again[mine] = tree_.Workspace().at(mine);
      ASSERT_EQ(testing::Difference(again, tree_.Workspace()), "");
    }
    ++n_exact;
  }
  printf("changes: undo and undo of undo exact: %d of %d, %d differences\n", n_exact,
         kUndoSequences, kUndoSequences - n_exact);
}

// Somebody changed some of what a run did: exactly that is left alone.
TEST_F(RandomTest, UndoLeavesAloneWhatWasChangedSince) {
  std::mt19937 random(12);
  int n_left_alone = 0;
  for (int i = 0; i < kUndoSequences / 10; ++i) {
    SCOPED_TRACE("sequence " + std::to_string(i));
    testing::RemoveAll(tree_.state());
    tree_.MakeFolder("state", 0700);
    const auto seed = static_cast<unsigned>(2'000'000 + i);
    MakeTrees(seed, "content");
    testing::RandomOps ops(tree_.content(), seed + 1);
    ASSERT_TRUE(ops.Run(15)) << ops.problem();
    const ChangeSet set = Changes();
    History history = OpenHistory();
    ASSERT_TRUE(TryCommit(history, set)->committed || set.changes.empty());
    testing::Snapshot mine;
    for (const Change& change : set.changes) {
      if (!change.after.is_file() || random() % 3 != 0) continue;
      const mode_t mode = change.after.mode;
      tree_.Write("workspace/" + change.path, "mine " + std::to_string(random()), mode);
      mine[change.path] = tree_.Workspace(true).at(change.path);
    }
    if (set.changes.empty()) continue;
    const Result<RestoreReport> undo = history.Restore("run-1", "undo-1");
    ASSERT_TRUE(undo.has_value()) << undo.error().message;
    const testing::Snapshot found = tree_.Workspace(true);
    for (const auto& [path, what] : mine) {
      ASSERT_TRUE(found.contains(path)) << path;
      EXPECT_EQ(found.at(path), what);
      const bool is_named = std::any_of(undo->conflicts.begin(), undo->conflicts.end(),
                                        [&](const Conflict& c) { return c.path == path; });
      EXPECT_TRUE(is_named) << path;
      ++n_left_alone;
    }
    EXPECT_TRUE(!mine.empty() || undo->complete());
  }
  EXPECT_GT(n_left_alone, 20);
}

}  // namespace
}  // namespace weir::changes
