#include "catalog/pin_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "catalog/testing/definitions.h"

namespace weir::catalog {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kRunning(64, 'c');

class PinPlanTest : public ::testing::Test {
 protected:
  PinPlanTest() {
    std::string pattern = ::testing::TempDir() + "pin-plan-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    listing_ = {"s", kRunning, testing::SampleTools(), ""};
  }
  ~PinPlanTest() override { fs::remove_all(folder_); }

  Pins Load() const { return *PinStore(folder_).Load(); }
  PinPlan Plan(std::string_view tool = "") const { return *PlanPins(Load(), listing_, tool); }
  void Accept(std::string_view tool = "") {
    ASSERT_TRUE(PinStore(folder_)
                    .Accept("s", listing_.program_hash, Plan(tool).definitions, tool.empty(), 1)
                    .has_value());
  }

  std::string folder_;
  ServerListing listing_;
};

TEST_F(PinPlanTest, ShowsEverythingAtFirstSightAndNothingAfterwards) {
  const PinPlan first = Plan();
  EXPECT_EQ(first.changes.size(), 12u);
  EXPECT_EQ(first.definitions.size(), 12u);
  EXPECT_EQ(first.digest.size(), 64u);
  for (const PinPlan::Change& change : first.changes) {
    EXPECT_EQ(change.state, PinState::kUnknownServer);
    EXPECT_THAT(change.difference, HasSubstr("name\n  | " + change.tool));
  }
  Accept();
  EXPECT_THAT(Plan().changes, IsEmpty());
  EXPECT_EQ(Plan().digest, first.digest);  // the same would be pinned again
}

TEST_F(PinPlanTest, ShowsWhatIsNewChangedGoneAndRefused) {
  Accept();
  listing_.tools[1]["description"] = "Now it also phones home.";
  listing_.tools.erase(listing_.tools.begin() + 2);
  listing_.tools.push_back({{"name", "extra"}, {"inputSchema", {{"type", "object"}}}});
  listing_.tools.push_back({{"name", "bad name"}, {"inputSchema", {{"type", "object"}}}});
  listing_.tools.push_back({{"name", "twice"}, {"inputSchema", {{"type", "object"}}}});
  listing_.tools.push_back(listing_.tools.back());
  const PinPlan plan = Plan();
  ASSERT_EQ(plan.changes.size(), 2u);
  EXPECT_EQ(plan.changes[0].tool, "write_file");
  EXPECT_THAT(plan.changes[0].difference, HasSubstr("+  | Now it also phones home."));
  EXPECT_EQ(plan.changes[1].state, PinState::kNewTool);
  EXPECT_THAT(plan.gone, ElementsAre("get-sum"));
  ASSERT_EQ(plan.refused.size(), 3u);
  EXPECT_THAT(plan.refused[1].why, HasSubstr("listed 2 times"));
  Accept();
  EXPECT_THAT(Plan().gone, IsEmpty());
}

TEST_F(PinPlanTest, IsForOneToolAlone) {
  const PinPlan plan = Plan("now");
  EXPECT_EQ(plan.definitions.size(), 1u);
  EXPECT_NE(plan.digest, Plan().digest);
  EXPECT_EQ(PlanPins(Load(), listing_, "none").error().code, ErrorCode::kNotFound);
  Accept("now");
  EXPECT_EQ(Plan().changes.size(), 11u);
  EXPECT_EQ(Plan().changes[0].state, PinState::kNewTool);
}

TEST_F(PinPlanTest, HasAnotherDigestForAnotherProgramOrDefinition) {
  const std::string before = Plan().digest;
  listing_.program_hash = std::string(64, 'd');
  EXPECT_NE(Plan().digest, before);
  listing_.program_hash = kRunning;
  listing_.tools[3]["title"] = "Other";
  EXPECT_NE(Plan().digest, before);
}

TEST_F(PinPlanTest, RefusesTooMany) {
  listing_.tools.assign(257, json::Json::object());
  EXPECT_EQ(PlanPins(Load(), listing_, "").error().code, ErrorCode::kResourceExhausted);
}

TEST_F(PinPlanTest, WhatIsPinnedCanBeListedWithoutTheServer) {
  Accept();
  listing_.program_hash = std::string(64, 'd');
  Accept("now");  // one of the tools from a later program
  ServerConfig config;
  config.name = "s";
  config.command = "x";
  const std::vector<std::string> builtin = {"write_file"};
  const auto tools = PinnedTools(builtin, {config}, Load());
  ASSERT_EQ(tools.size(), 12u);
  for (const ToolReport& report : tools) {
    ASSERT_TRUE(report.tool.has_value()) << report.why;
    const bool is_shared = report.id.tool == "write_file";
    EXPECT_EQ(report.tool->definition.name, is_shared ? "s__write_file" : report.id.tool);
  }
  EXPECT_THAT(PinnedTools(builtin, {}, Load()), IsEmpty());
}

}  // namespace
}  // namespace weir::catalog
