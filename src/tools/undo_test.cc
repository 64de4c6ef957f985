#include "tools/undo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "tools/plan.h"
#include "tools/testing/temp_workspace.h"

namespace weir::tools {
namespace {

using testing::Call;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TempWorkspace;

class Undo : public ::testing::Test {
 protected:
  std::string Say(const std::string& tool, const json::Json& arguments,
                  const std::string& run = "run-1") {
    return Call(workspace_.Context(run), tool, arguments).summary;
  }
  Result<UndoReport> Take(const std::string& run_id = "") {
    UndoOptions options;
    options.run_id = run_id;
    options.undo_run_id = "undo-" + std::to_string(++n_undos_);
    return UndoRun(workspace_.state(), options, SystemClock());
  }
  TempWorkspace workspace_;
  int n_undos_ = 0;
};

TEST_F(Undo, RestoresContentModeTimeAndNames) {
  workspace_.Write("a.txt", "one\n");
  workspace_.Write("old.log", "log\n");
  workspace_.Write("f/x", "x");
  ASSERT_EQ(::chmod((workspace_.folder() + "/a.txt").c_str(), 0604), 0);
  struct stat before{};
  ASSERT_EQ(::stat((workspace_.folder() + "/a.txt").c_str(), &before), 0);
  const auto snapshot = workspace_.Snapshot();
  Say("write_file", {{"path", "a.txt"}, {"text", "two\n"}});
  Say("append_file", {{"path", "a.txt"}, {"text", "three"}});
  Say("delete_file", {{"path", "old.log"}});
  Say("move_file", {{"source", "a.txt"}, {"destination", "archive"}});
  Say("copy_file", {{"source", "f"}, {"destination", "g/h"}});
  Say("delete_file", {{"path", "f"}});
  Say("write_file", {{"path", "new/file.txt"}, {"text", "n"}});
  ASSERT_NE(workspace_.Snapshot(), snapshot);
  const auto report = Take();
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_THAT(report->conflicts, IsEmpty());
  EXPECT_EQ(report->run_id, "run-1");
  EXPECT_EQ(workspace_.Snapshot(), snapshot);
  struct stat after{};
  ASSERT_EQ(::stat((workspace_.folder() + "/a.txt").c_str(), &after), 0);
  EXPECT_EQ(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
  EXPECT_EQ(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
  EXPECT_EQ(Take().error().message, "there is nothing to undo");
}

TEST_F(Undo, AnUndoCanBeUndoneAndDoneAgain) {
  workspace_.Write("a.txt", "one\n");
  const auto before = workspace_.Snapshot();
  Say("move_file", {{"source", "a.txt"}, {"destination", "archive"}});
  Say("delete_file", {{"path", "archive/a.txt"}});
  Say("write_file", {{"path", "b.txt"}, {"text", "b"}});
  const auto after = workspace_.Snapshot();
  for (int round = 0; round < 3; ++round) {
    const auto undone = Take("run-1");
    ASSERT_TRUE(undone.has_value()) << undone.error().message;
    EXPECT_THAT(undone->conflicts, IsEmpty());
    EXPECT_EQ(workspace_.Snapshot(), before);
    const auto redone = Take(undone->undo_run_id);
    ASSERT_TRUE(redone.has_value()) << redone.error().message;
    EXPECT_THAT(redone->conflicts, IsEmpty());
    EXPECT_EQ(workspace_.Snapshot(), after);
  }
  // An undo of a redo is an undo again.
  ASSERT_TRUE(Take("undo-6").has_value());
  EXPECT_EQ(workspace_.Snapshot(), before);
  EXPECT_EQ(Take("run-1").error().message, "run 'run-1' is undone already");
}

TEST_F(Undo, TakesTheNewestRunByDefault) {
  Say("write_file", {{"path", "a.txt"}, {"text", "a"}}, "run-1");
  Say("write_file", {{"path", "b.txt"}, {"text", "b"}}, "run-2");
  EXPECT_EQ(Take()->run_id, "run-2");
  EXPECT_FALSE(workspace_.Exists("b.txt"));
  EXPECT_EQ(Take()->run_id, "run-1");
  EXPECT_FALSE(workspace_.Exists("a.txt"));
  const auto runs = ListUndoRuns(workspace_.state());
  ASSERT_TRUE(runs.has_value());
  EXPECT_EQ(runs->size(), 4u);
  EXPECT_EQ(runs->front().run_id, "run-1");
  EXPECT_TRUE(runs->front().is_undone);
  ASSERT_EQ(runs->front().records.size(), 1u);
  EXPECT_EQ(runs->front().records[0].action, "write the new file a.txt");
  EXPECT_TRUE(runs->front().records[0].is_undone);
}

TEST_F(Undo, LeavesAloneWhatWasChangedSince) {
  workspace_.Write("a.txt", "one\n");
  workspace_.Write("m.txt", "m\n");
  workspace_.Write("d.txt", "d\n");
  Say("write_file", {{"path", "a.txt"}, {"text", "two\n"}});
  Say("move_file", {{"source", "m.txt"}, {"destination", "n.txt"}});
  Say("delete_file", {{"path", "d.txt"}});
  Say("write_file", {{"path", "new.txt"}, {"text", "new\n"}});
  Say("make_folder", {{"path", "made"}});
  workspace_.Write("a.txt", "theirs\n");
  workspace_.Write("n.txt", "theirs\n");
  workspace_.Write("d.txt", "theirs\n");
  workspace_.Write("new.txt", "theirs\n");
  workspace_.Write("made/x", "theirs\n");
  const auto snapshot = workspace_.Snapshot();
  const auto report = Take();
  ASSERT_TRUE(report.has_value());
  EXPECT_THAT(report->done, IsEmpty());
  EXPECT_THAT(report->conflicts, ElementsAre("the folder made is not empty; left as it is",
                                             "new.txt was changed since; left as it is",
                                             "d.txt can not be restored: something else is there",
                                             "n.txt was changed since; left as it is",
                                             "a.txt was changed since; left as it is"));
  EXPECT_EQ(workspace_.Snapshot(), snapshot);
}

TEST_F(Undo, AConflictCanBeClearedAndTheUndoTriedAgain) {
  workspace_.Write("d.txt", "d\n");
  workspace_.Write("a.txt", "one\n");
  Say("write_file", {{"path", "a.txt"}, {"text", "two\n"}});
  Say("delete_file", {{"path", "d.txt"}});
  workspace_.Write("d.txt", "in the way\n");
  const auto first = Take();
  EXPECT_EQ(first->conflicts.size(), 1u);
  EXPECT_EQ(workspace_.Read("a.txt"), "one\n");
  std::filesystem::remove(workspace_.folder() + "/d.txt");
  const auto second = Take();
  ASSERT_TRUE(second.has_value());
  EXPECT_THAT(second->conflicts, IsEmpty());
  EXPECT_EQ(workspace_.Read("d.txt"), "d\n");
}

TEST_F(Undo, ADryRunChangesNothing) {
  workspace_.Write("a.txt", "one\n");
  Say("delete_file", {{"path", "a.txt"}});
  UndoOptions options;
  options.undo_run_id = "dry";
  options.dry_run = true;
  const auto report = UndoRun(workspace_.state(), options, SystemClock());
  ASSERT_TRUE(report.has_value());
  EXPECT_THAT(report->done, ElementsAre("restored a.txt"));
  EXPECT_FALSE(workspace_.Exists("a.txt"));
  EXPECT_TRUE(Take().has_value());
  EXPECT_EQ(workspace_.Read("a.txt"), "one\n");
}

TEST_F(Undo, RecordsOfCallsThatNeverHappenedChangeNothing) {
  // What a worker killed between record and effect leaves: the record alone.
  workspace_.Write("a.txt", "one\n");
  workspace_.Write("b.txt", "two\n");
  const ToolContext context = workspace_.Context();
  UniqueFd folder;
  UndoRecord record;
  record.id = *context.undo->NewRecord("run-1", &folder);
  record.tool = "move_file";
  UndoStep move;
  move.kind = StepKind::kMove;
  move.path = "a.txt";
  move.to = "c.txt";
  move.digest = DigestOfContent("one\n");
  UndoStep write;
  write.kind = StepKind::kWrite;
  write.path = "b.txt";
  write.store = record.id + "/before-1";
  write.before_digest = DigestOfContent("two\n");
  write.digest = DigestOfContent("three\n");
  write.temporary = ".weir-0123456789ab.tmp";
  UndoStep trash;
  trash.kind = StepKind::kTrash;
  trash.path = "b.txt";
  trash.store = record.id + "/trash-2";
  trash.digest = DigestOfContent("two\n");
  UndoStep make;
  make.kind = StepKind::kMakeFolder;
  make.path = "never";
  record.steps = {make, move, write, trash};
  ASSERT_TRUE(context.undo->WriteRecord(record));
  workspace_.Write(".weir-0123456789ab.tmp", "half of thr");
  const auto report = Take();
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_THAT(report->done, IsEmpty());
  EXPECT_THAT(report->conflicts, IsEmpty());
  EXPECT_EQ(workspace_.Read("a.txt"), "one\n");
  EXPECT_EQ(workspace_.Read("b.txt"), "two\n");
  EXPECT_FALSE(workspace_.Exists(".weir-0123456789ab.tmp"));
}

TEST_F(Undo, DamagedRecordsAreErrorsThatNameThem) {
  workspace_.Write("a.txt", "one\n");
  Say("delete_file", {{"path", "a.txt"}});
  const std::string record = workspace_.state() + "/undo/run-1/000001/record.json";
  for (const char* text :
       {"", "{", "[]", "{\"version\":9}", "{\"version\":1}", "{\"version\":1,\"steps\":[7]}",
        "{\"version\":1,\"steps\":[{\"op\":\"explode\",\"path\":\"a\"}]}",
        "{\"version\":1,\"steps\":[{\"op\":\"write\",\"path\":\"a\","
        "\"temporary\":\"../../etc/passwd\"}]}"}) {
    TempWorkspace::WriteAbsolute(record, text);
    const auto report = Take("run-1");
    ASSERT_FALSE(report.has_value()) << text;
    EXPECT_THAT(report.error().message, HasSubstr("undo record run-1/000001")) << text;
  }
  std::vector<std::string> damaged;
  EXPECT_THAT(*ListUndoRuns(workspace_.state(), &damaged), IsEmpty());
  EXPECT_EQ(damaged.size(), 1u);
}

TEST_F(Undo, ForgedRecordsStayInsideWorkspaceAndStore) {
  Say("write_file", {{"path", "a.txt"}, {"text", "a"}});
  const std::string record = workspace_.state() + "/undo/run-1/000001/record.json";
  for (const char* step :
       {R"({"op":"write","path":"../outside/secret.txt","digest":"x"})",
        R"({"op":"trash","path":"stolen","store":"../../outside/secret.txt","digest":"x"})",
        R"({"op":"trash","path":"../outside/new","store":"run-1/000001/trash-0","digest":"x"})",
        R"({"op":"create","path":"a.txt","store":"/etc/x","digest":"x"})"}) {
    TempWorkspace::WriteAbsolute(record, std::string("{\"version\":1,\"steps\":[") + step + "]}");
    (void)Take("run-1").has_value();
    EXPECT_EQ(workspace_.Read("../outside/secret.txt"), "the secret\n") << step;
    EXPECT_FALSE(workspace_.Exists("stolen")) << step;
    EXPECT_FALSE(workspace_.Exists("../outside/new")) << step;
  }
}

TEST_F(Undo, ATrashOnAnotherDiskGetsACopyAndGivesItBack) {
  // The workspace is in memory where there is /dev/shm; this store is on the disk.
  std::string state = "/tmp/weir-undo-XXXXXX";
  ASSERT_NE(::mkdtemp(state.data()), nullptr);
  const auto store = UndoStore::Open(state);
  ASSERT_TRUE(store.has_value()) << store.error().message;
  UndoRunHeader header;
  header.run_id = "run-1";
  header.workspace = workspace_.folder();
  ASSERT_TRUE(store->BeginRun(header));
  ToolContext context = workspace_.Context();
  context.undo = &*store;
  workspace_.Write("f/a.txt", "a\n");
  workspace_.Write("f/sub/b.txt", "b\n");
  workspace_.Link("f/link", "a.txt");
  ASSERT_EQ(::chmod((workspace_.folder() + "/f/a.txt").c_str(), 0604), 0);
  const auto before = workspace_.Snapshot();
  EXPECT_EQ(Call(context, "delete_file", {{"path", "f"}}).summary,
            "deleted f (weir undo brings it back)");
  EXPECT_THAT(workspace_.Snapshot(), IsEmpty());
  UndoOptions options;
  options.undo_run_id = "undo-1";
  const auto undone = UndoRun(state, options, SystemClock());
  ASSERT_TRUE(undone.has_value()) << undone.error().message;
  EXPECT_THAT(undone->conflicts, IsEmpty());
  EXPECT_EQ(workspace_.Snapshot(), before);
  options.run_id = "undo-1";
  options.undo_run_id = "redo-1";
  EXPECT_TRUE(UndoRun(state, options, SystemClock()).has_value());
  EXPECT_THAT(workspace_.Snapshot(), IsEmpty());
  std::filesystem::remove_all(state);
}

TEST_F(Undo, UnknownRunsAndBadIdsAreErrors) {
  EXPECT_THAT(Take("nope").error().message, HasSubstr("no run 'nope'"));
  EXPECT_THAT(Take("../x").error().message, HasSubstr("is not a run id"));
  Say("write_file", {{"path", "a.txt"}, {"text", "a"}});
  UndoOptions options;
  options.undo_run_id = "run-1";
  EXPECT_THAT(UndoRun(workspace_.state(), options, SystemClock()).error().message,
              HasSubstr("is taken"));
}

// ---- The property: whatever a run does, its undo brings back every byte, mode and name.

class RandomRun {
 public:
  RandomRun(unsigned seed, TempWorkspace& workspace) : random_(seed), workspace_(workspace) {}

  void Populate() {
    const int n = 4 + Pick(6);
    for (int i = 0; i < n; ++i) {
      const std::string path = AnyPath();
      if (workspace_.Exists(path)) continue;
      std::error_code error;
      std::filesystem::create_directories(
          std::filesystem::path(workspace_.folder() + "/" + path).parent_path(), error);
      if (error) continue;  // a file or a link is in the way
      if (Pick(6) == 0) {
        std::filesystem::create_symlink(Name(), workspace_.folder() + "/" + path, error);
      } else if (Pick(5) == 0) {
        std::filesystem::create_directory(workspace_.folder() + "/" + path, error);
      } else {
        TempWorkspace::WriteAbsolute(workspace_.folder() + "/" + path, Text());
        ::chmod((workspace_.folder() + "/" + path).c_str(),
                0600 + 8u * static_cast<unsigned>(Pick(8)));
      }
    }
  }

  // One call with random arguments; many are refused, as in life.
  bool Step(const ToolContext& context) {
    const std::string path = AnyPath();
    const std::string other = AnyPath();
    switch (Pick(8)) {
      case 0:
      case 1:
        return Did(context, "write_file", {{"path", path}, {"text", Text()}});
      case 2:
        return Did(context, "append_file", {{"path", path}, {"text", Text()}});
      case 3:
        return Did(context, "edit_file", {{"path", path}, {"old_text", "q"}, {"new_text", "QQ"}});
      case 4:
        return Did(context, "make_folder", {{"path", path}});
      case 5:
        return Did(context, "move_file", {{"source", path}, {"destination", other}});
      case 6:
        return Did(context, "copy_file", {{"source", path}, {"destination", other}});
      default:
        return Did(context, "delete_file", {{"path", path}});
    }
  }

 private:
  int Pick(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  std::string Name() {
    static const std::vector<std::string> kNames = {"a.txt", "b.md", "d", "e", "é x.txt"};
    return kNames[static_cast<size_t>(Pick(5))];
  }
  std::string AnyPath() {
    std::string path = Name();
    for (int depth = Pick(3); depth > 0; --depth) path = (Pick(2) == 0 ? "d/" : "e/") + path;
    return path;
  }
  std::string Text() {
    std::string text;
    for (int i = Pick(30); i > 0; --i) text += "xyzq\n\r\xC3"[Pick(7)];
    return text;
  }
  bool Did(const ToolContext& context, const std::string& tool, const json::Json& arguments) {
    return !Call(context, tool, arguments).summary.starts_with("ERROR");
  }

  std::mt19937 random_;
  TempWorkspace& workspace_;
};

TEST(UndoProperty, UndoingRandomRunsLeavesNoDifference) {
  int n_steps = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    TempWorkspace workspace;
    RandomRun run(seed, workspace);
    run.Populate();
    const auto before = workspace.Snapshot();
    const ToolContext context = workspace.Context();
    for (int i = 0; i < 12; ++i) n_steps += run.Step(context) ? 1 : 0;
    const auto after = workspace.Snapshot();
    if (context.undo->RecordIds("run-1")->empty()) continue;
    UndoOptions options;
    options.undo_run_id = "undo-1";
    const auto undone = UndoRun(workspace.state(), options, SystemClock());
    ASSERT_TRUE(undone.has_value()) << seed << ": " << undone.error().message;
    ASSERT_THAT(undone->conflicts, IsEmpty()) << seed;
    ASSERT_EQ(workspace.Snapshot(), before) << seed;
    options.run_id = "undo-1";
    options.undo_run_id = "redo-1";
    const auto redone = UndoRun(workspace.state(), options, SystemClock());
    if (!undone->done.empty()) {
      ASSERT_TRUE(redone.has_value()) << seed << ": " << redone.error().message;
      ASSERT_THAT(redone->conflicts, IsEmpty()) << seed;
    }
    ASSERT_EQ(workspace.Snapshot(), after) << seed;
  }
  EXPECT_GT(n_steps, 1000);
}

}  // namespace
}  // namespace weir::tools
