#pragma once
// A workspace, a second tree beside it that stands for what a command made of it, and a history.

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>

#include "base/clock.h"
#include "changes/history.h"
#include "changes/read_changes.h"
#include "changes/testing/temp_tree.h"

namespace weir::changes::testing {

class HistoryFixture : public ::testing::Test {
 protected:
  // The state of the workspace now becomes what the content tree starts from.
  void CopyToContent() const {
    RemoveAll(tree_.content());
    std::filesystem::copy(
        tree_.workspace(), tree_.content(),
        std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
  }

  History OpenHistory() const {
    Result<History> history = History::Open(tree_.state(), clock_);
    EXPECT_TRUE(history.has_value()) << history.error().message;
    return std::move(*history);
  }

  static platform::Workspace OpenTree(const std::string& folder) {
    Result<platform::Workspace> opened = platform::Workspace::Open(folder);
    EXPECT_TRUE(opened.has_value()) << opened.error().message;
    return std::move(*opened);
  }

  // From the workspace to the content tree.
  ChangeSet Changes() const {
    EXPECT_TRUE(MarkOpaque(tree_.content())) << "no attributes in the temporary folder";
    Result<ChangeSet> set = ReadChanges(OpenTree(tree_.workspace()), OpenTree(tree_.content()));
    EXPECT_TRUE(set.has_value()) << set.error().message;
    return set.value_or(ChangeSet{});
  }

  Result<CommitReport> TryCommit(History& history, const ChangeSet& set,
                                 const std::string& run_id = "run-1") const {
    return history.Commit(tree_.workspace(), set, OpenTree(tree_.content()),
                          {run_id, set.Digest().value_or("")});
  }

  // Makes the workspace what the content tree is, as a run.
  void CommitContent(const std::string& run_id) const {
    History history = OpenHistory();
    const Result<CommitReport> report = TryCommit(history, Changes(), run_id);
    ASSERT_TRUE(report.has_value()) << report.error().message;
    ASSERT_TRUE(report->committed)
        << report->conflicts[0].path << ": " << report->conflicts[0].reason;
  }

  RestoreReport RestoreRun(const std::string& run_id, const std::string& undo_run_id) const {
    History history = OpenHistory();
    Result<RestoreReport> report = history.Restore(run_id, undo_run_id);
    EXPECT_TRUE(report.has_value()) << report.error().message;
    return report.value_or(RestoreReport{});
  }

  void ExpectWorkspace(const Snapshot& expected) const {
    EXPECT_EQ(Difference(expected, tree_.Workspace()), "");
  }

  // A small tree with every kind of thing.
  void MakeSample() const {
    tree_.Write("workspace/notes.txt", "one\ntwo\nthree\n");
    tree_.Write("workspace/photo.bin", std::string("\x00\x01\x02", 3));
    tree_.Write("workspace/tool.sh", "#!/bin/sh\n", 0755);
    tree_.Link("workspace/link", "notes.txt");
    tree_.Write("workspace/folder/inner.txt", "inner\n", 0600);
    tree_.Write("workspace/folder/deep/leaf.txt", "leaf\n");
    tree_.MakeFolder("workspace/empty", 0750);
    tree_.Write("workspace/untouched/keep.txt", "keep\n");
    CopyToContent();
  }

  // And one change of every kind in the content tree.
  void ChangeEverything() const {
    tree_.Write("content/notes.txt", "one\n2\nthree\n");
    tree_.Write("content/new.txt", "new\n", 0640);
    tree_.Chmod("content/tool.sh", 0700);
    tree_.Remove("content/link");
    tree_.Link("content/link", "photo.bin");
    tree_.Remove("content/photo.bin");
    std::filesystem::rename(tree_.At("content/folder/inner.txt"), tree_.At("content/moved.txt"));
    tree_.Remove("content/folder");
    tree_.Write("content/folder", "a file now\n");
    tree_.Remove("content/empty");
    tree_.Write("content/made/inside/file", "x", 0400);
    tree_.Chmod("content/made", 0555);
  }

  TempTree tree_;
  FakeClock clock_{1'700'000'000'000'000};
};

}  // namespace weir::changes::testing
