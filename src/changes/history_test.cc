// Commits: refused ones first.

#include "changes/history.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "changes/testing/history_fixture.h"
#include "changes/tree_files.h"

namespace weir::changes {
namespace {

using ::testing::HasSubstr;

class CommitTest : public testing::HistoryFixture {
 protected:
  void Prepare() {
    MakeSample();
    ChangeEverything();
    set_ = Changes();
    history_.emplace(OpenHistory());
  }

  // Nothing was done and nothing is left lying about.
  void ExpectUntouched(const testing::Snapshot& before) {
    ExpectWorkspace(before);
    EXPECT_TRUE(history_->ListRuns()->empty());
    EXPECT_FALSE(tree_.Exists("state/snapshots/pending.json"));
  }

  ChangeSet set_;
  std::optional<History> history_;
};

TEST_F(CommitTest, WhatWasNotApprovedIsRefused) {
  Prepare();
  const testing::Snapshot before = tree_.Workspace();
  ChangeSet other = set_;
  other.changes.pop_back();
  const Result<CommitReport> report = history_->Commit(
      tree_.workspace(), set_, OpenTree(tree_.content()), {"run-1", *other.Digest()});
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::kPermissionDenied);
  ExpectUntouched(before);
}

TEST_F(CommitTest, ASetWithProblemsIsRefused) {
  Prepare();
  ASSERT_EQ(::mkfifo(tree_.At("content/pipe").c_str(), 0644), 0);
  const testing::Snapshot before = tree_.Workspace();
  const Result<CommitReport> report = TryCommit(*history_, Changes());
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(report.error().message, HasSubstr("pipe"));
  ExpectUntouched(before);
}

TEST_F(CommitTest, ContentThatChangedAfterThePreviewIsRefused) {
  Prepare();
  const testing::Snapshot before = tree_.Workspace();
  tree_.Write("content/notes.txt", "one\nX\nthree\n");
  const Result<CommitReport> report = TryCommit(*history_, set_);
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::kCorruptData);
  EXPECT_THAT(report.error().message, HasSubstr("notes.txt"));
  ExpectUntouched(before);
}

TEST_F(CommitTest, ABadRunIdIsRefused) {
  Prepare();
  const testing::Snapshot before = tree_.Workspace();
  for (const char* run_id : {"", "a/b", "..", "line\nbreak"}) {
    EXPECT_FALSE(TryCommit(*history_, set_, run_id).has_value()) << run_id;
  }
  ExpectUntouched(before);
}

TEST_F(CommitTest, ARunIdOfAnotherWorkspaceIsRefused) {
  Prepare();
  ASSERT_TRUE(TryCommit(*history_, set_)->committed);
  tree_.Write("other/file", "x");
  ChangeSet one;
  one.changes.push_back({"file", *ReadEntry(OpenTree(tree_.At("other")).fd(), "file", Side::kBase),
                         EntryState{}, ""});
  const Result<CommitReport> report =
      history_->Commit(tree_.At("other"), one, OpenTree(tree_.content()), {"run-1", *one.Digest()});
  ASSERT_FALSE(report.has_value());
  EXPECT_THAT(report.error().message, HasSubstr("is taken by a run in"));
  EXPECT_EQ(tree_.Read("other/file"), "x");
  EXPECT_EQ(history_->ListRuns()->size(), 1u);
}

// Every way in which somebody may change the base between preview and commit.
struct Meddling {
  const char* path;  // that must be named
  std::function<void(const testing::TempTree&)> change;
};

std::vector<Meddling> Meddlings() {
  using Tree = testing::TempTree;
  return {
      {"notes.txt", [](const Tree& t) { t.Write("workspace/notes.txt", "one\nTWO\nthree\n"); }},
      {"notes.txt", [](const Tree& t) { t.Write("workspace/notes.txt", ""); }},
      {"notes.txt", [](const Tree& t) { t.Chmod("workspace/notes.txt", 0600); }},
      {"notes.txt", [](const Tree& t) { t.Chmod("workspace/notes.txt", 0000); }},
      {"notes.txt", [](const Tree& t) { t.Remove("workspace/notes.txt"); }},
      {"notes.txt",
       [](const Tree& t) {
         t.Remove("workspace/notes.txt");
         t.Link("workspace/notes.txt", "untouched/keep.txt");
       }},
      {"notes.txt",
       [](const Tree& t) {
         t.Remove("workspace/notes.txt");
         t.MakeFolder("workspace/notes.txt");
       }},
      {"notes.txt",
       [](const Tree& t) {
         std::filesystem::create_hard_link(t.At("workspace/notes.txt"), t.At("workspace/twin"));
       }},
      {"notes.txt",
       [](const Tree& t) {
         t.Remove("workspace/notes.txt");
         ASSERT_EQ(::mkfifo(t.At("workspace/notes.txt").c_str(), 0644), 0);
       }},
      {"new.txt", [](const Tree& t) { t.Write("workspace/new.txt", "new\n", 0640); }},
      {"new.txt", [](const Tree& t) { t.MakeFolder("workspace/new.txt"); }},
      {"new.txt", [](const Tree& t) { t.Link("workspace/new.txt", "nowhere"); }},
      {"moved.txt", [](const Tree& t) { t.Write("workspace/moved.txt", "x"); }},
      {"folder/inner.txt", [](const Tree& t) { t.Write("workspace/folder/inner.txt", "x", 0600); }},
      {"folder/inner.txt", [](const Tree& t) { t.Remove("workspace/folder/inner.txt"); }},
      {"folder/deep", [](const Tree& t) { t.Write("workspace/folder/deep/extra", "x"); }},
      {"folder", [](const Tree& t) { t.Write("workspace/folder/extra", "x"); }},
      {"folder", [](const Tree& t) { t.Chmod("workspace/folder", 0700); }},
      {"folder", [](const Tree& t) { t.Remove("workspace/folder"); }},
      {"folder",
       [](const Tree& t) {
         std::filesystem::rename(t.At("workspace/folder"), t.At("workspace/elsewhere"));
         t.Link("workspace/folder", "elsewhere");
       }},
      {"empty", [](const Tree& t) { t.Write("workspace/empty/file", "x"); }},
      {"empty", [](const Tree& t) { t.Remove("workspace/empty"); }},
      {"link",
       [](const Tree& t) {
         t.Remove("workspace/link");
         t.Link("workspace/link", "tool.sh");
       }},
      {"link", [](const Tree& t) { t.Remove("workspace/link"); }},
      {"photo.bin", [](const Tree& t) { t.Write("workspace/photo.bin", "abc"); }},
      {"tool.sh", [](const Tree& t) { t.Write("workspace/tool.sh", "#!/bin/evil\n", 0755); }},
      {"tool.sh", [](const Tree& t) { t.Chmod("workspace/tool.sh", 0644); }},
      {"made", [](const Tree& t) { t.MakeFolder("workspace/made"); }},
      {"made", [](const Tree& t) { t.Write("workspace/made", "x"); }},
      {"made", [](const Tree& t) { t.Link("workspace/made", "untouched"); }},
  };
}

TEST_F(CommitTest, ABaseThatChangedInBetweenIsRefusedWhateverTheChange) {
  const std::vector<Meddling> all = Meddlings();
  size_t n_refused = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    SCOPED_TRACE("change " + std::to_string(i) + " of " + all[i].path);
    testing::RemoveAll(tree_.workspace());
    tree_.MakeFolder("workspace");
    Prepare();
    all[i].change(tree_);
    const testing::Snapshot before = tree_.Workspace(true);
    const Result<CommitReport> report = TryCommit(*history_, set_);
    ASSERT_TRUE(report.has_value()) << report.error().message;
    ASSERT_FALSE(report->committed);
    bool is_named = false;
    for (const Conflict& conflict : report->conflicts) {
      is_named = is_named || conflict.path == all[i].path;
      EXPECT_NE(conflict.reason, "");
    }
    EXPECT_TRUE(is_named);
    EXPECT_EQ(testing::Difference(before, tree_.Workspace(true)), "");
    ExpectUntouched(tree_.Workspace());
    n_refused += is_named ? 1 : 0;
  }
  printf("changes: base changed in between: %zu of %zu refused\n", n_refused, all.size());
  EXPECT_EQ(n_refused, all.size());
}

TEST_F(CommitTest, AFolderSwappedForALinkDoesNotLeadOut) {
  tree_.Write("workspace/sub/old.txt", "old\n");
  tree_.Write("outside/old.txt", "old\n");
  CopyToContent();
  tree_.Write("content/sub/old.txt", "new\n");
  const ChangeSet set = Changes();
  tree_.Remove("workspace/sub");
  tree_.Link("workspace/sub", "../outside");
  History history = OpenHistory();
  const Result<CommitReport> report = TryCommit(history, set);
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_FALSE(report->committed);
  EXPECT_EQ(tree_.Read("outside/old.txt"), "old\n");
}

TEST_F(CommitTest, SomebodyElsesRunsInAnotherProcessWaitTheirTurn) {
  Prepare();
  const Result<SnapshotStore> store = SnapshotStore::Open(tree_.state());
  ASSERT_TRUE(store.has_value());
  const Result<UniqueFd> held = store->Lock();
  ASSERT_TRUE(held.has_value());
  const Result<UniqueFd> other = TryLockFile(tree_.state() + "/snapshots/lock");
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().code, ErrorCode::kUnavailable);
}

TEST_F(CommitTest, MakesTheWorkspaceExactlyWhatWasPreviewed) {
  Prepare();
  const testing::Snapshot expected = testing::SnapshotOf(tree_.content());
  const testing::Snapshot times = tree_.Workspace(true);
  const Result<CommitReport> report = TryCommit(*history_, set_);
  ASSERT_TRUE(report.has_value()) << report.error().message;
  ASSERT_TRUE(report->committed);
  ExpectWorkspace(expected);
  EXPECT_EQ(tree_.Workspace(true)["untouched/keep.txt"], times.at("untouched/keep.txt"));
  EXPECT_FALSE(tree_.Exists("state/snapshots/pending.json"));
  const std::vector<RunHeader> runs = *history_->ListRuns();
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_EQ(runs[0].run_id, "run-1");
  EXPECT_EQ(runs[0].workspace, tree_.workspace());
}

TEST_F(CommitTest, CommittingTheSameTwiceIsRefused) {
  Prepare();
  ASSERT_TRUE(TryCommit(*history_, set_)->committed);
  const testing::Snapshot after = tree_.Workspace();
  EXPECT_FALSE(TryCommit(*history_, set_)->committed);
  ExpectWorkspace(after);
}

TEST_F(CommitTest, AnEmptySetIsDoneAndLeavesNoRun) {
  MakeSample();
  History history = OpenHistory();
  EXPECT_TRUE(TryCommit(history, Changes())->committed);
  EXPECT_TRUE(history.ListRuns()->empty());
}

TEST_F(CommitTest, WriteProtectedFoldersAreChangedAndStayProtected) {
  tree_.Write("workspace/locked/a", "a");
  tree_.Write("workspace/locked/b", "b", 0444);
  CopyToContent();
  tree_.Remove("content/locked/a");
  tree_.Write("content/locked/b", "bb", 0444);
  tree_.Write("content/locked/c", "c");
  tree_.Chmod("content/locked", 0555);
  tree_.Chmod("workspace/locked", 0555);
  CommitContent("run-1");
  ExpectWorkspace(testing::SnapshotOf(tree_.content()));
  EXPECT_EQ(tree_.Workspace()["locked"], "folder 0555");
}

TEST_F(CommitTest, NamesOfAnyBytesAreKept) {
  tree_.Write("workspace/\xff\xfe", "bytes");
  tree_.Write("workspace/new\nline", "line");
  CopyToContent();
  tree_.Write("content/\xff\xfe", "other bytes");
  tree_.Remove("content/new\nline");
  tree_.Write("content/new\nline 2", "line");
  tree_.Link("content/\xc3", "\xc3\n");
  const testing::Snapshot before = tree_.Workspace();
  CommitContent("run-1");
  ExpectWorkspace(testing::SnapshotOf(tree_.content()));
  EXPECT_TRUE(RestoreRun("run-1", "undo-1").complete());
  ExpectWorkspace(before);
}

TEST_F(CommitTest, ASparseFileStaysSparse) {
  CopyToContent();
  tree_.Write("content/sparse", "start");
  ASSERT_EQ(::truncate(tree_.At("content/sparse").c_str(), 64 << 20), 0);
  CommitContent("run-1");
  struct stat info;
  ASSERT_EQ(::stat(tree_.At("workspace/sparse").c_str(), &info), 0);
  EXPECT_EQ(info.st_size, 64 << 20);
  EXPECT_LT(info.st_blocks * 512, 1 << 20);
}

TEST_F(CommitTest, ADeepTreeComesAndGoes) {
  CopyToContent();
  std::string path = "content";
  for (int i = 0; i < kMaxDepth - 2; ++i) path += "/level-" + std::to_string(i);
  tree_.Write(path + "/leaf", "deep");
  const testing::Snapshot before = tree_.Workspace();
  CommitContent("run-1");
  ExpectWorkspace(testing::SnapshotOf(tree_.content()));
  EXPECT_TRUE(RestoreRun("run-1", "undo-1").complete());
  ExpectWorkspace(before);
}

}  // namespace
}  // namespace weir::changes
