// `weir audit expire` and `weir audit hold` on a state folder with payloads of long ago.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "json/json.h"
#include "tests/support/commit.h"
#include "tests/support/program.h"
#include "vault/vault.h"

namespace weir::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kUndoRecords = "undo records";
constexpr int64_t kLongAgo = int64_t{1'700'000'000} * 1'000'000;

class RetentionProgramTest : public ::testing::Test {
 protected:
  RetentionProgramTest() {
    Result<vault::Vault> vault = vault::Vault::Open(box_.state, vault::RetentionTable());
    EXPECT_TRUE(vault.has_value());
    for (const char* run_id : {"run-a", "run-b"}) {
      const auto stored = vault->Put({.data_class = vault::DataClass::kResults,
                                      .run_id = run_id,
                                      .call_id = "call-1",
                                      .bytes = "a result of long ago"},
                                     kLongAgo);
      EXPECT_TRUE(stored.has_value());
    }
  }
  Finished Audit(std::vector<std::string> args) {
    args.insert(args.begin(), "audit");
    return RunWeir(box_.WithState(args), "", box_.root);
  }
  // The counts of a class in one store, in the report of `weir audit expire --json`.
  json::Json CountsOf(const Finished& finished, const std::string& data_class,
                      const std::string& name = "vault") {
    const Result<json::Json> report = json::Parse(finished.out);
    EXPECT_TRUE(report.has_value()) << finished.out << finished.err;
    if (!report) return {};
    for (const json::Json& store : (*report)["stores"]) {
      if (store["class"] == data_class && store["store"] == name) return store;
    }
    return {};
  }
  bool KeysAreThere() { return fs::exists(box_.state / "vault/results/000001.keys"); }

  Sandbox box_;
};

TEST_F(RetentionProgramTest, ADryRunSaysWhatWouldGoAndLeavesIt) {
  const Finished run = Audit({"expire", "--dry-run"});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("to be destroyed"));
  EXPECT_EQ(CountsOf(Audit({"expire", "--dry-run", "--json"}), "results")["destroyed"], 2);
  EXPECT_TRUE(KeysAreThere());
}

TEST_F(RetentionProgramTest, AHeldRunStaysUntilItsHoldIsRemovedAndTheLogVerifies) {
  const Finished hold = Audit({"hold", "add", "--run", "run-a", "--reason", "case 12"});
  EXPECT_EQ(hold.code, 0) << hold.err;
  EXPECT_THAT(hold.out, HasSubstr("run run-a"));
  EXPECT_THAT(hold.err, HasSubstr("the audit log has no run 'run-a'"));
  EXPECT_THAT(Audit({"hold", "list"}).out, HasSubstr("in force: case 12"));

  json::Json counts = CountsOf(Audit({"expire", "--json"}), "results");
  EXPECT_EQ(counts["destroyed"], 1) << counts;
  EXPECT_EQ(counts["held"], 1) << counts;
  EXPECT_TRUE(KeysAreThere());

  EXPECT_EQ(Audit({"hold", "remove", "2"}).code, 1);
  EXPECT_EQ(Audit({"hold", "remove", "1"}).code, 0);
  counts = CountsOf(Audit({"expire", "--json"}), "results");
  EXPECT_EQ(counts["destroyed"], 1) << counts;
  EXPECT_FALSE(KeysAreThere());

  const Finished verify = Audit({"verify"});
  EXPECT_EQ(verify.code, 0) << verify.out;
  const std::string log = Audit({"show", "--json"}).out;
  EXPECT_THAT(log, HasSubstr("hold 1 added: case 12"));
  EXPECT_THAT(log, HasSubstr("hold 1 removed"));
  EXPECT_THAT(log, HasSubstr("begins: results 1 ("));
  EXPECT_THAT(log, HasSubstr("done: results 1 ("));
}

// Contents of files that committed previews keep, for undo.
TEST_F(RetentionProgramTest, CommittedPreviewsExpireWithTheUndoRecordsAndHeldOnesStay) {
  for (const char* run_id : {"run-a", "run-b"}) {
    ASSERT_NO_FATAL_FAILURE(CommitNewFile(box_.state, box_.workspace, run_id,
                                          std::string(run_id) + ".txt",
                                          "canary of " + std::string(run_id), kLongAgo));
  }
  const auto is_kept = [&](const std::string& text) {
    for (const auto& entry : fs::recursive_directory_iterator(box_.state / "snapshots")) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string bytes((std::istreambuf_iterator<char>(file)), {});
      if (bytes.find(text) != std::string::npos) return true;
    }
    return false;
  };
  EXPECT_EQ(Audit({"hold", "add", "--run", "run-a", "--reason", "case 12"}).code, 0);
  EXPECT_EQ(CountsOf(Audit({"expire", "--dry-run", "--json"}), "undo", kUndoRecords)["destroyed"],
            1);
  EXPECT_TRUE(is_kept("canary of run-b"));
  json::Json counts = CountsOf(Audit({"expire", "--json"}), "undo", kUndoRecords);
  EXPECT_EQ(counts["destroyed"], 1) << counts;
  EXPECT_EQ(counts["held"], 1) << counts;
  EXPECT_EQ(counts["bytes"], 15) << counts;
  EXPECT_TRUE(is_kept("canary of run-a"));
  EXPECT_FALSE(is_kept("canary of run-b"));
  EXPECT_FALSE(is_kept("run-b"));
  EXPECT_EQ(Audit({"hold", "remove", "1"}).code, 0);
  EXPECT_EQ(CountsOf(Audit({"expire", "--json"}), "undo", kUndoRecords)["destroyed"], 1);
  EXPECT_FALSE(is_kept("canary"));
  EXPECT_TRUE(fs::exists(box_.workspace / "run-a.txt"));  // the workspace is the person's
}

TEST_F(RetentionProgramTest, WeirTomlDecidesAndAMistakeInItStopsTheExpiry) {
  fs::create_directories(box_.root / "config/weir");
  const fs::path config = box_.root / "config/weir/weir.toml";
  std::ofstream(config) << "[retention]\nresult = \"forever\"\n";
  const Finished bad = Audit({"expire"});
  EXPECT_EQ(bad.code, 1);
  EXPECT_THAT(bad.err, HasSubstr("weir.toml: line 2, column 1"));
  EXPECT_THAT(bad.err, HasSubstr("did you mean 'results'?"));
  EXPECT_TRUE(KeysAreThere());

  std::ofstream(config) << "[retention]\nresults = \"forever\"\n";
  const json::Json counts = CountsOf(Audit({"expire", "--json"}), "results");
  EXPECT_EQ(counts["destroyed"], 0) << counts;
  EXPECT_EQ(counts["retention"], "forever") << counts;
  EXPECT_TRUE(KeysAreThere());
}

TEST_F(RetentionProgramTest, SaysWhatIsWrongOnTheCommandLine) {
  EXPECT_EQ(Audit({"hold", "add", "--run", "run-a"}).code, 2);
  EXPECT_EQ(Audit({"hold"}).code, 2);
  const Finished bad = Audit({"hold", "add", "--run", "a/b", "--reason", "x"});
  EXPECT_EQ(bad.code, 1);
  EXPECT_THAT(bad.err, HasSubstr("'a/b' is no run"));
  EXPECT_THAT(Audit({"hold", "list"}).out, HasSubstr("nothing is held"));
}

}  // namespace
}  // namespace weir::tests
