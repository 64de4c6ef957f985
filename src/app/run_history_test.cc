// Both stores as one history: what a run changed through built-in tools and through committed
// previews, in the order of time, taken back across the stores.

#include "app/run_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "changes/testing/history_fixture.h"
#include "tools/change_tools.h"
#include "tools/undo_store.h"

namespace weir::app {
namespace {

using changes::testing::Snapshot;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RunHistoryTest : public changes::testing::HistoryFixture {
 protected:
  // A call of a built-in tool, as its worker makes it.
  void Call(const std::string& run_id, const std::string& tool, const json::Json& arguments) {
    clock_.Advance(1000);
    const platform::Workspace workspace = OpenTree(tree_.workspace());
    const Result<tools::UndoStore> store = tools::UndoStore::Open(tree_.state());
    ASSERT_TRUE(store.has_value()) << store.error().message;
    const Status begun = store->BeginRun({.run_id = run_id,
                                          .workspace = tree_.workspace(),
                                          .undoes = "",
                                          .time_us = clock_.UnixMicros()});
    ASSERT_TRUE(begun.has_value()) << begun.error().message;
    tools::ToolContext context;
    context.workspace = &workspace;
    context.undo = &*store;
    context.run_id = run_id;
    context.clock = &clock_;
    Result<tools::Plan> plan = tools::PlanChange(context, tool, arguments);
    ASSERT_TRUE(plan.has_value()) << plan.error().message;
    const Result<std::string> id = tools::Commit(context, std::move(*plan));
    ASSERT_TRUE(id.has_value()) << id.error().message;
  }
  void Write(const std::string& run_id, const std::string& path, const std::string& text) {
    Call(run_id, "write_file", {{"path", path}, {"text", text}});
  }
  // A commit of a preview that changed one file.
  void CommitFile(const std::string& run_id, const std::string& path, const std::string& text) {
    clock_.Advance(1000);
    CopyToContent();
    tree_.Write("content/" + path, text);
    CommitContent(run_id);
  }

  RunHistory Open() { return RunHistory::Open(tree_.state(), clock_); }
  Result<RunUndo> Undo(const std::string& run_id = "", bool dry_run = false) {
    clock_.Advance(1000);
    return Open().Undo({.run_id = run_id,
                        .undo_run_id = "undo-" + std::to_string(++n_undos_),
                        .dry_run = dry_run});
  }
  std::vector<RunChanges> Runs() {
    std::vector<std::string> damaged;
    Result<std::vector<RunChanges>> runs = Open().Runs(&damaged);
    EXPECT_TRUE(runs.has_value()) << runs.error().message;
    EXPECT_THAT(damaged, IsEmpty());
    return runs.value_or(std::vector<RunChanges>());
  }
  // The stores of a run's parts in their order, "tvt".
  static std::string Order(const RunChanges& run) {
    std::string order;
    for (const RunPart& part : run.parts) order += part.store == RunPart::kTools ? 't' : 'v';
    return order;
  }

  // Through both stores in turns, one file through both.
  void MakeMixedRun() {
    tree_.Write("workspace/shared.txt", "first\n");
    tree_.Write("workspace/doc.txt", "doc\n");
    before_ = tree_.Workspace();
    Write("run-1", "shared.txt", "second\n");
    CommitFile("run-1", "shared.txt", "third\n");
    CommitFile("run-1", "new.txt", "new\n");
    Write("run-1", "shared.txt", "fourth\n");
    Call("run-1", "move_file", {{"source", "new.txt"}, {"destination", "kept/new.txt"}});
    CommitFile("run-1", "doc.txt", "changed\n");
    after_ = tree_.Workspace();
  }

  Snapshot before_, after_;
  int n_undos_ = 0;
};

// ---- nothing, damage ----

TEST_F(RunHistoryTest, WithoutRecordsThereIsNothingToUndoAndNoStoreIsMadeForViews) {
  EXPECT_THAT(Runs(), IsEmpty());
  EXPECT_EQ(Undo().error().message, "there is nothing to undo");
  EXPECT_EQ(Undo("run-1").error().message, "no run 'run-1' has changed anything");
  EXPECT_FALSE(tree_.Exists("state/snapshots"));
}

TEST_F(RunHistoryTest, ADamagedRecordOfACommitIsToldAndNothingIsUndone) {
  Write("run-1", "a.txt", "a\n");
  CommitFile("run-2", "b.txt", "b\n");
  tree_.Write("state/snapshots/runs/run-2/000001.json", "{}", 0600);
  const Snapshot before = tree_.Workspace(true);
  std::vector<std::string> damaged;
  const auto runs = Open().Runs(&damaged);
  ASSERT_TRUE(runs.has_value());
  EXPECT_THAT(*runs, SizeIs(1));
  EXPECT_THAT(damaged, ElementsAre(HasSubstr("run-2/000001.json")));
  EXPECT_EQ(Undo().error().code, ErrorCode::kCorruptData);
  EXPECT_EQ(changes::testing::Difference(before, tree_.Workspace(true)), "");
}

TEST_F(RunHistoryTest, ADamagedJournalIsToldAndNothingIsUndone) {
  Write("run-1", "a.txt", "a\n");
  CommitFile("run-2", "b.txt", "b\n");
  tree_.Write("state/snapshots/pending.json", "{}", 0600);
  std::vector<std::string> damaged;
  EXPECT_THAT(*Open().Runs(&damaged), SizeIs(1));
  EXPECT_THAT(damaged, ElementsAre(HasSubstr("pending.json")));
  EXPECT_THAT(Undo("run-1").error().message, HasSubstr("pending.json"));
  EXPECT_TRUE(tree_.Exists("workspace/a.txt"));
}

TEST_F(RunHistoryTest, ADamagedRecordOfACallIsNamed) {
  Write("run-1", "a.txt", "a\n");
  tree_.Write("state/undo/run-1/run.json", "{", 0600);
  EXPECT_THAT(Undo("run-1").error().message, HasSubstr("run-1"));
  EXPECT_EQ(Undo("run-1").error().code, ErrorCode::kCorruptData);
}

// ---- conflicts ----

TEST_F(RunHistoryTest, WhatSomebodyChangedSinceIsLeftAloneInBothStores) {
  MakeMixedRun();
  tree_.Write("workspace/doc.txt", "mine\n");
  tree_.Write("workspace/kept/new.txt", "mine\n");
  const auto undo = Undo();
  ASSERT_TRUE(undo.has_value()) << undo.error().message;
  EXPECT_FALSE(undo->complete());
  EXPECT_THAT(undo->conflicts, ::testing::Contains(AllOf(HasSubstr("doc.txt: expected"),
                                                         HasSubstr("left as it is"))));
  EXPECT_THAT(undo->conflicts,
              ::testing::Contains("kept/new.txt was changed since; left as it is"));
  EXPECT_EQ(tree_.Read("workspace/doc.txt"), "mine\n");
  EXPECT_EQ(tree_.Read("workspace/kept/new.txt"), "mine\n");
  EXPECT_EQ(tree_.Read("workspace/shared.txt"), "first\n");
}

TEST_F(RunHistoryTest, AConflictCanBeClearedAndTheUndoTriedAgain) {
  MakeMixedRun();
  tree_.Write("workspace/doc.txt", "mine\n");
  EXPECT_FALSE(Undo()->complete());
  EXPECT_FALSE(Runs()[0].is_undone());
  tree_.Write("workspace/doc.txt", "changed\n");
  const auto again = Undo("run-1");
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_TRUE(again->complete());
  ExpectWorkspace(before_);
  EXPECT_EQ(Undo("run-1").error().message, "run 'run-1' is undone already");
}

// What is back already, by whatever hand, is no conflict, and counts as taken back.
TEST_F(RunHistoryTest, WhatIsBackAlreadyCountsAsTakenBack) {
  tree_.Write("workspace/a.txt", "one\n");
  CommitFile("run-1", "a.txt", "two\n");
  tree_.Write("workspace/a.txt", "one\n");
  const auto undo = Undo();
  ASSERT_TRUE(undo.has_value()) << undo.error().message;
  EXPECT_TRUE(undo->complete());
  EXPECT_THAT(undo->done, IsEmpty());
  EXPECT_EQ(Undo().error().message, "there is nothing to undo");
}

// ---- one history ----

TEST_F(RunHistoryTest, ARunHasItsPartsOfBothStoresInTheOrderOfTime) {
  MakeMixedRun();
  const std::vector<RunChanges> runs = Runs();
  ASSERT_THAT(runs, SizeIs(1));
  EXPECT_EQ(Order(runs[0]), "tvvttv");
  EXPECT_EQ(runs[0].workspace, tree_.workspace());
  EXPECT_THAT(runs[0].parts[2].lines, ElementsAre(HasSubstr("created new.txt")));
  EXPECT_THAT(runs[0].parts[4].lines, ElementsAre("move new.txt -> kept/new.txt"));
  EXPECT_EQ(runs[0].parts[5].id, "run-1/000003");
  EXPECT_FALSE(runs[0].is_undone());
}

TEST_F(RunHistoryTest, TakesBackBothStoresNewestFirstAndAgainAndAgain) {
  MakeMixedRun();
  const auto undo = Undo();
  ASSERT_TRUE(undo.has_value()) << undo.error().message;
  EXPECT_TRUE(undo->complete()) << undo->conflicts[0];
  EXPECT_EQ(undo->run_id, "run-1");
  EXPECT_EQ(undo->undo_run_id, "undo-1");
  ExpectWorkspace(before_);
  EXPECT_TRUE(Runs()[0].is_undone());
  EXPECT_EQ(Runs()[1].undoes, "run-1");
  EXPECT_THAT(Order(Runs()[1]), ::testing::MatchesRegex("vt+vt+"));

  std::string last = "undo-1";
  for (int round = 0; round < 2; ++round) {
    const auto redo = Undo(last);
    ASSERT_TRUE(redo.has_value()) << redo.error().message;
    EXPECT_TRUE(redo->complete()) << redo->conflicts[0];
    ExpectWorkspace(after_);
    EXPECT_FALSE(Runs()[0].is_undone());
    const auto back = Undo(redo->undo_run_id);
    ASSERT_TRUE(back.has_value()) << back.error().message;
    EXPECT_TRUE(back->complete()) << back->conflicts[0];
    ExpectWorkspace(before_);
    EXPECT_TRUE(Runs()[0].is_undone());
    last = back->undo_run_id;
  }
}

TEST_F(RunHistoryTest, TheNewestRunOfEitherStoreIsTheDefault) {
  Write("run-a", "a.txt", "a\n");
  CommitFile("run-b", "b.txt", "b\n");
  Write("run-c", "c.txt", "c\n");
  EXPECT_EQ(Undo()->run_id, "run-c");
  EXPECT_EQ(Undo()->run_id, "run-b");
  EXPECT_EQ(Undo()->run_id, "run-a");
  EXPECT_TRUE(tree_.Workspace().empty());
  EXPECT_EQ(Undo().error().message, "there is nothing to undo");
}

// The clock may be set back between two records of a store: their numbers decide.
TEST_F(RunHistoryTest, WithinAStoreTheOrderIsThatOfTheRecords) {
  tree_.Write("workspace/a.txt", "0\n");
  before_ = tree_.Workspace();
  CommitFile("run-1", "a.txt", "1\n");
  clock_.Advance(-1'000'000);
  CommitFile("run-1", "a.txt", "2\n");
  Write("run-1", "b.txt", "b\n");
  EXPECT_TRUE(Undo()->complete());
  ExpectWorkspace(before_);
}

TEST_F(RunHistoryTest, ADryRunChangesNothingAndSaysWhatItCanNotTellYet) {
  MakeMixedRun();
  const Snapshot times = tree_.Workspace(true);
  const auto dry = Undo("", /*dry_run=*/true);
  ASSERT_TRUE(dry.has_value()) << dry.error().message;
  EXPECT_EQ(changes::testing::Difference(times, tree_.Workspace(true)), "");
  EXPECT_EQ(dry->undo_run_id, "");
  EXPECT_TRUE(dry->complete());
  EXPECT_THAT(dry->done, ::testing::Contains(HasSubstr("modified doc.txt")));
  // That the older parts of shared.txt do not fit now is because the newer are still there.
  EXPECT_THAT(dry->unclear, ::testing::Contains(HasSubstr("shared.txt")));
  EXPECT_FALSE(Runs()[0].is_undone());
}

// Random turns of both stores over few files: an undo of all, and an undo of that, are exact.
TEST_F(RunHistoryTest, RandomTurnsAreTakenBackExactly) {
  std::mt19937 random(5);
  const std::vector<std::string> names = {"a.txt", "b.txt", "folder/c.txt"};
  int n_exact = 0;
  for (int i = 0; i < 30; ++i) {
    SCOPED_TRACE("sequence " + std::to_string(i));
    before_ = tree_.Workspace();
    const std::string run_id = "run-" + std::to_string(i);
    for (unsigned n = 1 + random() % 8; n > 0; --n) {
      const std::string& name = names[random() % names.size()];
      const std::string text = "text " + std::to_string(random()) + "\n";
      if (random() % 2 == 0) {
        ASSERT_NO_FATAL_FAILURE(Write(run_id, name, text));
      } else {
        ASSERT_NO_FATAL_FAILURE(CommitFile(run_id, name, text));
      }
    }
    after_ = tree_.Workspace();
    const auto undo = Undo(run_id);
    ASSERT_TRUE(undo.has_value()) << undo.error().message;
    ASSERT_TRUE(undo->complete()) << undo->conflicts[0];
    ExpectWorkspace(before_);
    ASSERT_TRUE(Undo(undo->undo_run_id)->complete());
    ExpectWorkspace(after_);
    ++n_exact;
  }
  printf("app: undo across both stores exact: %d of 30\n", n_exact);
}

}  // namespace
}  // namespace weir::app
