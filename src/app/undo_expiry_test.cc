#include "app/undo_expiry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "changes/testing/history_fixture.h"
#include "tools/undo.h"
#include "tools/undo_store.h"

namespace weir::app {
namespace {

namespace fs = std::filesystem;
constexpr int64_t kDay = int64_t{86'400} * 1'000'000;
constexpr int64_t kToday = 20'000 * kDay;

// Records of committed previews.
class CommitExpiryTest : public changes::testing::HistoryFixture {
 protected:
  void Commit(const std::string& run_id, int64_t time_us, const std::string& text) {
    clock_ = FakeClock(time_us);
    CopyToContent();
    tree_.Write("content/a.txt", text);
    CommitContent(run_id);
  }
  vault::ExpiryCount Expire(int64_t cutoff_us, const vault::HeldRuns& held = {},
                            bool dry_run = false) const {
    UndoExpiry expiry(tree_.state());
    const Result<vault::ExpiryCount> count = expiry.Expire(cutoff_us, held, dry_run);
    EXPECT_TRUE(count.has_value()) << count.error().message;
    return count.value_or(vault::ExpiryCount());
  }
  std::vector<std::string> RunIds() const {
    std::vector<std::string> ids;
    const Result<std::vector<changes::RunHeader>> runs = OpenHistory().ListRuns();
    EXPECT_TRUE(runs.has_value());
    for (const changes::RunHeader& run : runs.value_or(std::vector<changes::RunHeader>())) {
      ids.push_back(run.run_id);
    }
    return ids;
  }
  size_t CountObjects() const {
    size_t n = 0;
    for (const auto& entry : fs::recursive_directory_iterator(tree_.state() + "/snapshots/objects"))
      n += entry.is_regular_file() ? 1 : 0;
    return n;
  }
};

class UndoExpiryTest : public ::testing::Test {
 protected:
  UndoExpiryTest() {
    const bool in_memory = ::access("/dev/shm", W_OK) == 0;
    std::string name = (in_memory ? "/dev/shm/" : ::testing::TempDir()) + "weir_undo_XXXXXX";
    state_ = ::mkdtemp(name.data());
  }
  ~UndoExpiryTest() override { fs::remove_all(state_); }

  // A run with one record and a saved file in it.
  void MakeRun(const std::string& run_id, int64_t time_us, const std::string& undoes = "") const {
    Result<tools::UndoStore> store = tools::UndoStore::Open(state_);
    ASSERT_TRUE(store.has_value()) << store.error().message;
    ASSERT_TRUE(store->BeginRun(
        {.run_id = run_id, .workspace = "/w", .undoes = undoes, .time_us = time_us}));
    UniqueFd folder;
    const Result<std::string> id = store->NewRecord(run_id, &folder);
    ASSERT_TRUE(id.has_value()) << id.error().message;
    std::ofstream(Run(run_id) + "/000001/before-0") << "what the file of " << run_id << " held";
    WriteRecord(*store, *id, time_us);
  }
  static void WriteRecord(const tools::UndoStore& store, const std::string& id, int64_t time_us) {
    tools::UndoRecord record;
    record.id = id;
    record.tool = "write_file";
    record.action = "write a";
    record.time_us = time_us;
    ASSERT_TRUE(store.WriteRecord(record));
  }
  std::string Run(const std::string& run_id) const { return state_ + "/undo/" + run_id; }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(state_ + "/undo")) {
      names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  vault::ExpiryCount Expire(int64_t cutoff_us, const vault::HeldRuns& held = {},
                            bool dry_run = false) const {
    UndoExpiry expiry(state_);
    const Result<vault::ExpiryCount> count = expiry.Expire(cutoff_us, held, dry_run);
    EXPECT_TRUE(count.has_value()) << count.error().message;
    return count.value_or(vault::ExpiryCount());
  }

  std::string state_;
};

TEST_F(UndoExpiryTest, AStateFolderWithoutUndoRecordsStaysWithout) {
  EXPECT_EQ(Expire(kToday).n_destroyed, 0u);
  EXPECT_FALSE(fs::exists(state_ + "/undo"));
}

TEST_F(UndoExpiryTest, NothingYoungerThanTheCutoffGoes) {
  MakeRun("old", kToday);
  MakeRun("young", kToday + 1);
  const vault::ExpiryCount count = Expire(kToday);
  EXPECT_EQ(count.n_destroyed, 1u);
  EXPECT_EQ(count.n_kept, 1u);
  EXPECT_GT(count.n_bytes, 20u);
  EXPECT_EQ(Names(), std::vector<std::string>{"young"});
  EXPECT_EQ(tools::ListUndoRuns(state_)->size(), 1u);
  EXPECT_EQ(Expire(INT64_MIN).n_kept, 1u);
}

TEST_F(UndoExpiryTest, ARunCountsByItsNewestRecord) {
  MakeRun("long", kToday);
  Result<tools::UndoStore> store = tools::UndoStore::Open(state_);
  UniqueFd folder;
  const Result<std::string> id = store->NewRecord("long", &folder);
  ASSERT_TRUE(id.has_value());
  WriteRecord(*store, *id, kToday + kDay);
  EXPECT_EQ(Expire(kToday).n_kept, 1u);
  EXPECT_EQ(Expire(kToday + kDay).n_destroyed, 1u);
}

TEST_F(UndoExpiryTest, AHeldRunStays) {
  MakeRun("held", kToday);
  MakeRun("free", kToday);
  const vault::HeldRuns held({{.id = 1, .run_id = "held", .reason = "r", .added_us = 1}});
  const vault::ExpiryCount count = Expire(kToday + 100 * kDay, held);
  EXPECT_EQ(count.n_held, 1u);
  EXPECT_EQ(count.n_destroyed, 1u);
  EXPECT_EQ(Names(), std::vector<std::string>{"held"});
  EXPECT_TRUE(fs::exists(Run("held") + "/000001/before-0"));
}

TEST_F(UndoExpiryTest, ARunStaysAsLongAsTheOnesThatTakeItBack) {
  MakeRun("first", kToday);
  MakeRun("undo-of-first", kToday + 5 * kDay, "first");
  MakeRun("undo-of-undo", kToday + 9 * kDay, "undo-of-first");
  EXPECT_EQ(Expire(kToday + 8 * kDay).n_kept, 3u);
  EXPECT_EQ(Expire(kToday + 9 * kDay).n_destroyed, 3u);
}

TEST_F(UndoExpiryTest, ADryRunChangesNothing) {
  MakeRun("old", kToday);
  fs::create_directory(state_ + "/undo/.expired-older");
  const vault::ExpiryCount count = Expire(kToday, {}, true);
  EXPECT_EQ(count.n_destroyed, 1u);
  EXPECT_EQ(Names(), (std::vector<std::string>{".expired-older", "old"}));
}

TEST_F(UndoExpiryTest, WhatAKillLeftBehindGoesWithTheNext) {
  MakeRun("young", kToday + kDay);
  MakeRun("half-gone", kToday);
  fs::rename(Run("half-gone"), state_ + "/undo/.expired-half-gone");
  fs::remove(state_ + "/undo/.expired-half-gone/run.json");
  EXPECT_EQ(tools::ListUndoRuns(state_)->size(), 1u);
  EXPECT_EQ(Expire(kToday).n_destroyed, 0u);
  EXPECT_EQ(Names(), std::vector<std::string>{"young"});
}

TEST_F(UndoExpiryTest, ADamagedRunExpiresByTheTimeOfItsFolder) {
  MakeRun("damaged", kToday);
  std::ofstream(Run("damaged") + "/run.json", std::ios::trunc) << "{";
  fs::remove(Run("damaged") + "/000001/record.json");
  EXPECT_EQ(Expire(kToday).n_kept, 1u);  // its folder is of now
  EXPECT_EQ(Expire(INT64_MAX).n_destroyed, 1u);
  EXPECT_TRUE(Names().empty());
}

// ---- committed previews ----

TEST_F(CommitExpiryTest, WhatCanNotBeReadIsToldAndStays) {
  Commit("run-1", kToday, "one\n");
  tree_.Write("state/snapshots/runs/run-1/000001.json", "{}", 0600);
  const vault::ExpiryCount count = Expire(kToday + kDay);
  EXPECT_EQ(count.n_destroyed, 0u);
  ASSERT_EQ(count.problems.size(), 1u);
  EXPECT_THAT(count.problems[0], ::testing::HasSubstr("000001.json"));
  EXPECT_EQ(CountObjects(), 1u);
}

TEST_F(CommitExpiryTest, RunsGoByTheirLastCommitWithTheContentsThatNobodyElseNeeds) {
  Commit("old", kToday, "one\n");
  Commit("late", kToday - kDay, "two\n");
  Commit("late", kToday + kDay, "three\n");
  ASSERT_EQ(CountObjects(), 3u);
  const vault::ExpiryCount dry = Expire(kToday, {}, /*dry_run=*/true);
  EXPECT_EQ(dry.n_destroyed, 1u);
  EXPECT_EQ(RunIds().size(), 2u);
  const vault::ExpiryCount count = Expire(kToday);
  EXPECT_EQ(count.n_destroyed, 1u);
  EXPECT_EQ(count.n_kept, 1u);
  EXPECT_EQ(count.n_bytes, dry.n_bytes);
  EXPECT_EQ(RunIds(), std::vector<std::string>{"late"});
  EXPECT_EQ(CountObjects(), 3u);  // "one" is what the later run found
  const vault::ExpiryCount last = Expire(kToday + kDay);
  EXPECT_EQ(last.n_destroyed, 1u);
  EXPECT_EQ(last.n_bytes, 4u + 4u + 6u);
  EXPECT_EQ(CountObjects(), 0u);
}

TEST_F(CommitExpiryTest, HeldRunsAndWhatIsTakenBackLaterStay) {
  Commit("first", kToday, "one\n");
  Commit("held", kToday, "two\n");
  clock_ = FakeClock(kToday + 5 * kDay);
  ASSERT_TRUE(RestoreRun("held", "undo-1").complete());
  clock_ = FakeClock(kToday + 9 * kDay);
  ASSERT_TRUE(RestoreRun("first", "undo-2").complete());
  const vault::HeldRuns held({{.id = 1, .run_id = "held", .reason = "r", .added_us = 1}});
  vault::ExpiryCount count = Expire(kToday + 8 * kDay, held);
  // "first" is needed by undo-2; undo-1 says that "held" is taken back.
  EXPECT_EQ(count.n_kept, 2u);
  EXPECT_EQ(count.n_held, 2u);
  EXPECT_EQ(count.n_destroyed, 0u);
  count = Expire(kToday + 9 * kDay, held);
  EXPECT_EQ(count.n_destroyed, 2u);
  EXPECT_EQ(RunIds(), (std::vector<std::string>{"held", "undo-1"}));
}

TEST_F(CommitExpiryTest, ARunInBothStoresIsOneAndGoesAsOne) {
  Commit("run-1", kToday, "one\n");
  const Result<tools::UndoStore> store = tools::UndoStore::Open(tree_.state());
  ASSERT_TRUE(store.has_value());
  ASSERT_TRUE(store->BeginRun(
      {.run_id = "run-1", .workspace = tree_.workspace(), .undoes = "", .time_us = kToday + kDay}));
  EXPECT_EQ(Expire(kToday).n_kept, 1u);
  EXPECT_EQ(RunIds().size(), 1u);
  EXPECT_EQ(Expire(kToday + kDay).n_destroyed, 1u);
  EXPECT_TRUE(RunIds().empty());
  EXPECT_FALSE(fs::exists(tree_.state() + "/undo/run-1"));
}

}  // namespace
}  // namespace weir::app
