// Restores: what a run changed is put back, and nothing else.

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/crypto.h"
#include "changes/testing/history_fixture.h"

namespace weir::changes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RestoreTest : public testing::HistoryFixture {
 protected:
  void CommitSample() {
    MakeSample();
    before_ = tree_.Workspace();
    ChangeEverything();
    CommitContent("run-1");
    after_ = tree_.Workspace();
  }

  std::string ObjectOf(const std::string& content) const {
    const std::string digest = Sha256Hex(content);
    return "state/snapshots/objects/" + digest.substr(0, 2) + "/" + digest.substr(2);
  }

  std::vector<std::string> Conflicts(const RestoreReport& report) const {
    std::vector<std::string> paths;
    for (const Conflict& conflict : report.conflicts) paths.push_back(conflict.path);
    return paths;
  }

  testing::Snapshot before_;
  testing::Snapshot after_;
};

TEST_F(RestoreTest, ARunThatIsNotThereIsNamed) {
  History history = OpenHistory();
  for (const char* run_id : {"nothing", "../run", ""}) {
    EXPECT_FALSE(history.Restore(run_id, "undo-1").has_value()) << run_id;
  }
  EXPECT_TRUE(history.ListRuns()->empty());
}

TEST_F(RestoreTest, AMissingContentIsRefusedBeforeAnythingIsTouched) {
  CommitSample();
  tree_.Remove(ObjectOf("one\ntwo\nthree\n"));
  const testing::Snapshot times = tree_.Workspace(true);
  History history = OpenHistory();
  const Result<RestoreReport> report = history.Restore("run-1", "undo-1");
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(testing::Difference(times, tree_.Workspace(true)), "");
}

TEST_F(RestoreTest, ADamagedContentIsRefusedBeforeAnythingIsTouched) {
  CommitSample();
  tree_.Write(ObjectOf("one\ntwo\nthree\n"), "one\ntwX\nthree\n", 0600);
  const testing::Snapshot times = tree_.Workspace(true);
  History history = OpenHistory();
  const Result<RestoreReport> report = history.Restore("run-1", "undo-1");
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::kCorruptData);
  EXPECT_EQ(testing::Difference(times, tree_.Workspace(true)), "");
}

TEST_F(RestoreTest, ADamagedRecordIsRefused) {
  CommitSample();
  const std::string path = "state/snapshots/runs/run-1/000001.json";
  std::string text = tree_.Read(path);
  const size_t at = text.find("notes.txt");
  ASSERT_NE(at, std::string::npos);
  tree_.Write(path, text.replace(at, 9, "other.txt"), 0600);
  History history = OpenHistory();
  const Result<RestoreReport> report = history.Restore("run-1", "undo-1");
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::kCorruptData);
  EXPECT_THAT(report.error().message, HasSubstr("000001.json"));
  ExpectWorkspace(after_);
}

TEST_F(RestoreTest, ATakenUndoIdIsRefused) {
  CommitSample();
  History history = OpenHistory();
  EXPECT_FALSE(history.Restore("run-1", "run-1").has_value());
  ExpectWorkspace(after_);
}

TEST_F(RestoreTest, WhatSomebodyChangedSinceIsLeftAloneAndNamed) {
  CommitSample();
  tree_.Write("workspace/notes.txt", "mine\n");
  tree_.Write("workspace/made/inside/mine", "mine\n");
  tree_.Write("workspace/photo.bin", "mine\n");
  const RestoreReport report = RestoreRun("run-1", "undo-1");
  EXPECT_THAT(Conflicts(report), ElementsAre("made", "made/inside", "notes.txt", "photo.bin"));
  EXPECT_EQ(tree_.Read("workspace/notes.txt"), "mine\n");
  EXPECT_EQ(tree_.Read("workspace/photo.bin"), "mine\n");
  EXPECT_EQ(tree_.Read("workspace/made/inside/mine"), "mine\n");
  EXPECT_FALSE(tree_.Exists("workspace/made/inside/file"));
  EXPECT_FALSE(tree_.Exists("workspace/new.txt"));
  EXPECT_EQ(tree_.Read("workspace/folder/inner.txt"), "inner\n");
}

TEST_F(RestoreTest, AFolderThatIsGoneKeepsWhatBelongsInItFromComingBack) {
  tree_.Write("workspace/folder/a", "a");
  tree_.Write("workspace/b", "b");
  CopyToContent();
  tree_.Remove("content/folder/a");
  tree_.Remove("content/b");
  CommitContent("run-1");
  tree_.Remove("workspace/folder");
  const RestoreReport report = RestoreRun("run-1", "undo-1");
  EXPECT_THAT(Conflicts(report), ElementsAre("folder/a"));
  EXPECT_EQ(tree_.Read("workspace/b"), "b");
  EXPECT_FALSE(tree_.Exists("workspace/folder"));
}

TEST_F(RestoreTest, WhereNothingCanBePutBackNoRunIsMade) {
  tree_.Write("workspace/a", "a");
  CopyToContent();
  tree_.Write("content/a", "changed");
  CommitContent("run-1");
  tree_.Write("workspace/a", "mine");
  const RestoreReport report = RestoreRun("run-1", "undo-1");
  EXPECT_EQ(report.undo_run_id, "");
  EXPECT_THAT(Conflicts(report), ElementsAre("a"));
  EXPECT_EQ(OpenHistory().ListRuns()->size(), 1u);
}

TEST_F(RestoreTest, PutsBackExactlyAndCanBeTakenBackAndAgain) {
  CommitSample();
  const testing::Snapshot times = tree_.Workspace(true);
  const RestoreReport undo = RestoreRun("run-1", "undo-1");
  EXPECT_TRUE(undo.complete());
  EXPECT_EQ(undo.undo_run_id, "undo-1");
  ExpectWorkspace(before_);
  EXPECT_EQ(tree_.Workspace(true)["untouched/keep.txt"], times.at("untouched/keep.txt"));
  EXPECT_TRUE(RestoreRun("undo-1", "redo-1").complete());
  ExpectWorkspace(after_);
  EXPECT_TRUE(RestoreRun("redo-1", "undo-2").complete());
  ExpectWorkspace(before_);
  const std::vector<RunHeader> runs = *OpenHistory().ListRuns();
  ASSERT_EQ(runs.size(), 4u);
  for (const RunHeader& run : runs) EXPECT_EQ(run.undoes.empty(), run.run_id == "run-1");
}

TEST_F(RestoreTest, PreviewingARestoreChangesNothing) {
  CommitSample();
  const testing::Snapshot times = tree_.Workspace(true);
  History history = OpenHistory();
  const Result<RestoreReport> plan = history.PreviewRestore("run-1");
  ASSERT_TRUE(plan.has_value()) << plan.error().message;
  EXPECT_FALSE(plan->done.changes.empty());
  EXPECT_EQ(plan->undo_run_id, "");
  EXPECT_EQ(testing::Difference(times, tree_.Workspace(true)), "");
  EXPECT_EQ(history.Restore("run-1", "undo-1")->done, plan->done);
}

TEST_F(RestoreTest, SeveralStepsOfARunAreTakenBackAsOne) {
  tree_.Write("workspace/a", "first");
  const testing::Snapshot first = tree_.Workspace();
  CopyToContent();
  tree_.Write("content/a", "second");
  tree_.Write("content/b", "new");
  CommitContent("run-1");
  tree_.Write("content/a", "third");
  tree_.Remove("content/b");
  tree_.Write("content/c", "newer");
  CommitContent("run-1");
  const RestoreReport report = RestoreRun("run-1", "undo-1");
  EXPECT_TRUE(report.complete());
  EXPECT_EQ(report.done.changes.size(), 2u);
  ExpectWorkspace(first);
}

TEST_F(RestoreTest, WhatSomebodyWroteBetweenTwoStepsIsWhatComesBack) {
  tree_.Write("workspace/a", "first");
  CopyToContent();
  tree_.Write("content/a", "second");
  CommitContent("run-1");
  tree_.Write("workspace/a", "mine");
  tree_.Write("content/a", "third");
  CommitContent("run-1");
  EXPECT_TRUE(RestoreRun("run-1", "undo-1").complete());
  EXPECT_EQ(tree_.Read("workspace/a"), "mine");
}

TEST_F(RestoreTest, ForgettingKeepsHeldAndLaterRunsAndWhatTheyNeed) {
  tree_.Write("workspace/a", "one");
  CopyToContent();
  for (const auto& [run_id, text] : std::vector<std::pair<std::string, std::string>>{
           {"old", "two"}, {"held", "three"}, {"late", "four"}}) {
    tree_.Write("content/a", text);
    CommitContent(run_id);
    clock_.Advance(1'000'000);
  }
  History history = OpenHistory();
  const int64_t limit = clock_.UnixMicros() - 1'000'000;
  const Result<RemovedRuns> removed =
      history.RemoveRunsBefore(limit, [](const std::string& run_id) { return run_id == "held"; });
  ASSERT_TRUE(removed.has_value()) << removed.error().message;
  EXPECT_THAT(removed->run_ids, ElementsAre("old"));
  EXPECT_EQ(removed->n_objects, 1u);  // "one"; "two" is what the held run found
  EXPECT_EQ(removed->object_bytes, 3u);
  EXPECT_FALSE(tree_.Exists(ObjectOf("one")));
  EXPECT_TRUE(tree_.Exists(ObjectOf("two")));
  EXPECT_FALSE(history.Restore("old", "undo-0").has_value());
  EXPECT_TRUE(RestoreRun("late", "undo-1").complete());
  EXPECT_EQ(tree_.Read("workspace/a"), "three");
  EXPECT_TRUE(RestoreRun("held", "undo-2").complete());
  EXPECT_EQ(tree_.Read("workspace/a"), "two");
}

TEST_F(RestoreTest, NothingIsForgottenWhileARecordCanNotBeRead) {
  CommitSample();
  tree_.Write("state/snapshots/runs/damaged/run.json", "{}", 0600);
  tree_.Chmod("state/snapshots/runs/damaged", 0700);
  History history = OpenHistory();
  const auto none_held = [](const std::string&) { return false; };
  EXPECT_FALSE(history.RemoveRunsBefore(INT64_MAX, none_held).has_value());
  EXPECT_TRUE(tree_.Exists(ObjectOf("one\ntwo\nthree\n")));
  tree_.Remove("state/snapshots/runs/damaged");
  ASSERT_TRUE(history.RemoveRunsBefore(INT64_MAX, none_held).has_value());
  EXPECT_FALSE(tree_.Exists(ObjectOf("one\ntwo\nthree\n")));
  EXPECT_TRUE(history.ListRuns()->empty());
}

TEST_F(RestoreTest, WhatIsKeptIsPrivate) {
  CommitSample();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(tree_.state())) {
    const auto mode = std::filesystem::status(entry.path()).permissions();
    EXPECT_EQ(static_cast<unsigned>(mode) & 077, 0u) << entry.path();
  }
}

}  // namespace
}  // namespace weir::changes
