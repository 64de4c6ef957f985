// `weir undo` over what built-in tools changed and over committed previews of other tools.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "json/json.h"
#include "tests/support/commit.h"
#include "tests/support/program.h"

namespace weir::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class UndoProgramTest : public ::testing::Test {
 protected:
  Finished Undo(std::vector<std::string> args = {}) {
    args.insert(args.begin(), "undo");
    return RunWeir(box_.WithState(args), "", box_.root);
  }
  // Its lines as JSON objects.
  std::vector<json::Json> UndoJson(std::vector<std::string> args) {
    args.emplace_back("--json");
    const std::string out = Undo(args).out;
    std::vector<json::Json> objects;
    for (size_t at = 0; at < out.size();) {
      const size_t end = out.find('\n', at);
      const Result<json::Json> object = json::Parse(out.substr(at, end - at));
      EXPECT_TRUE(object.has_value()) << out;
      if (object) objects.push_back(*object);
      at = end + 1;
    }
    return objects;
  }
  // A run of the program that deletes old.log, with a yes; then one that committed a preview.
  void MakeRuns() {
    Terminal terminal(box_.Run("delete old.log"), box_.root);
    ASSERT_TRUE(terminal.Expect("Do it? [y/N]")) << terminal.screen();
    terminal.Type("y\n");
    ASSERT_EQ(terminal.Wait(), 0) << terminal.screen();
    ASSERT_FALSE(Exists("old.log"));
    CommitNewFile(box_.state, box_.workspace, "by-a-server", "served.txt", "served\n",
                  SystemClock().UnixMicros());
    ASSERT_TRUE(Exists("served.txt"));
  }
  bool Exists(const std::string& name) { return fs::exists(box_.workspace / name); }

  Sandbox box_;
};

TEST_F(UndoProgramTest, WithoutRecordsThereIsNothing) {
  EXPECT_EQ(Undo().code, 1);
  EXPECT_THAT(Undo().err, HasSubstr("there is nothing to undo"));
  EXPECT_THAT(Undo({"--list"}).out, HasSubstr("nothing to undo"));
  EXPECT_THAT(Undo({"no-such-run"}).err, HasSubstr("no run 'no-such-run'"));
}

TEST_F(UndoProgramTest, RecordsThatCanNotBeReadAreToldAndNothingIsUndone) {
  MakeRuns();
  std::ofstream(box_.state / "snapshots/runs/by-a-server/run.json", std::ios::trunc) << "{}";
  const Finished list = Undo({"--list"});
  EXPECT_EQ(list.code, 1);
  EXPECT_THAT(list.out, HasSubstr("delete old.log"));
  EXPECT_THAT(list.err, HasSubstr("can not be read"));
  const Finished undo = Undo();
  EXPECT_EQ(undo.code, 1);
  EXPECT_THAT(undo.err, HasSubstr("run.json"));
  EXPECT_FALSE(Exists("old.log"));
}

TEST_F(UndoProgramTest, WhatSomebodyChangedSinceIsLeftAlone) {
  MakeRuns();
  std::ofstream(box_.workspace / "served.txt") << "mine\n";
  const Finished undo = Undo();
  EXPECT_EQ(undo.code, 1);
  EXPECT_THAT(undo.out, HasSubstr("left alone: served.txt: expected"));
  EXPECT_TRUE(Exists("served.txt"));
}

TEST_F(UndoProgramTest, ListsAndTakesBackRunsOfBothStoresNewestFirst) {
  MakeRuns();
  const std::string list = Undo({"--list"}).out;
  EXPECT_LT(list.find("delete old.log"), list.find("created served.txt")) << list;
  const std::vector<json::Json> runs = UndoJson({"--list"});
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0]["changes"][0]["store"], "tools");
  EXPECT_EQ(runs[1]["run"], "by-a-server");
  EXPECT_EQ(runs[1]["changes"][0]["store"], "views");

  const std::vector<json::Json> dry = UndoJson({"--dry-run"});
  ASSERT_EQ(dry.size(), 1u);
  EXPECT_EQ(dry[0]["run"], "by-a-server");
  EXPECT_EQ(dry[0]["dry_run"], true);
  EXPECT_TRUE(Exists("served.txt"));

  const Finished first = Undo();
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("deleted served.txt"));
  EXPECT_FALSE(Exists("served.txt"));
  EXPECT_FALSE(Exists("old.log"));
  EXPECT_EQ(Undo().code, 0);
  EXPECT_TRUE(Exists("old.log"));
  EXPECT_THAT(Undo({"--list"}).out, HasSubstr("(undone)"));

  // An undo of the undo.
  const std::string undo_run = UndoJson({"--list"})[2]["run"];
  EXPECT_EQ(Undo({undo_run}).code, 0);
  EXPECT_TRUE(Exists("served.txt"));
  const Finished log = RunWeir(box_.WithState({"audit", "show", "--json"}), "", box_.root);
  EXPECT_THAT(log.out, HasSubstr("\"undo\":\"by-a-server\""));
  EXPECT_EQ(RunWeir(box_.WithState({"audit", "verify"}), "", box_.root).code, 0);
}

// What does not fit a terminal of 80 columns is broken at spaces.
TEST_F(UndoProgramTest, LinesFitTheTerminal) {
  MakeRuns();
  std::ofstream(box_.workspace / "served.txt") << "mine\n";
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"undo", "--dry-run"}, {"undo", "--list"}, {"audit", "verify"}, {"tools", "list"}}) {
    Terminal terminal(box_.WithState(command), box_.root);
    terminal.Wait();
    const std::string& screen = terminal.screen();
    for (size_t at = 0; at < screen.size();) {
      const size_t end = std::min(screen.find('\n', at), screen.size());
      const std::string line = screen.substr(at, end - at);
      // Hashes and paths are never broken.
      const bool is_one_word = line.find(' ', line.find_first_not_of(' ')) == std::string::npos;
      if (!is_one_word) {
        EXPECT_LE(line.size(), 81u) << command[0] << ": " << line;
      }
      at = end + 1;
    }
  }
}

}  // namespace
}  // namespace weir::tests
