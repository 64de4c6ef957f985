#include "agent/tool_choice.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::agent {
namespace {

using Kind = ToolChoice::Kind;

std::vector<chat::ToolDefinition> Tools(std::vector<std::string> names) {
  std::vector<chat::ToolDefinition> tools(names.size());
  for (size_t i = 0; i < names.size(); ++i) tools[i].name = names[i];
  return tools;
}

ModelReply CallOf(std::string tool, std::vector<ToolOdds> rivals) {
  ModelReply reply;
  reply.message.tool_calls.push_back(
      {.id = "", .name = std::move(tool), .arguments = json::Json::object()});
  reply.rivals = std::move(rivals);
  return reply;
}

class ToolChoiceTest : public ::testing::Test {
 protected:
  ToolChoiceTest() { profile_.scorer_weight = 1; }
  ToolChoice Choose(const ModelReply& reply) const {
    return ChooseTool(reply, tools_, tools_, ranked_, profile_);
  }

  std::vector<chat::ToolDefinition> tools_ = Tools({"read", "move", "copy"});
  std::vector<tools::Ranked> ranked_ = {{1, 0.8, true}, {0, 0.5, true}, {2, 0.1, true}};
  ModelProfile profile_;
};

TEST_F(ToolChoiceTest, TheSumOfBothOpinionsDecides) {
  // The scorer's lead of move over read is log(0.8/0.2) = 1.386.
  EXPECT_EQ(Choose(CallOf("read", {{"move", -1.5F}})).kind, Kind::kKeep);
  const ToolChoice other = Choose(CallOf("read", {{"move", -1.3F}}));
  EXPECT_EQ(other.kind, Kind::kSwitch);
  EXPECT_EQ(other.tool, "move");
}

TEST_F(ToolChoiceTest, ACloseSumIsAQuestionOnEitherSide) {
  profile_.question_margin = 0.2F;
  for (const float odds : {-1.5F, -1.3F}) {
    const ToolChoice close = Choose(CallOf("read", {{"move", odds}}));
    EXPECT_EQ(close.kind, Kind::kAsk) << odds;
    EXPECT_EQ(close.tool, "move") << odds;
  }
  EXPECT_EQ(Choose(CallOf("read", {{"move", -1.7F}})).kind, Kind::kKeep);
  EXPECT_EQ(Choose(CallOf("read", {{"move", -1.1F}})).kind, Kind::kSwitch);
}

TEST_F(ToolChoiceTest, TheBestRivalCountsNotTheFirst) {
  EXPECT_EQ(Choose(CallOf("copy", {{"read", -0.1F}, {"move", -0.2F}})).tool, "move");
}

TEST_F(ToolChoiceTest, AnExtremeScoreDoesNotOutvoteEveryModel) {
  ranked_ = {{1, 1.0, true}, {0, 0.0, true}, {2, 0.0, true}};
  EXPECT_EQ(Choose(CallOf("read", {{"move", -14.0F}})).kind, Kind::kKeep);
  EXPECT_EQ(Choose(CallOf("read", {{"move", -13.0F}})).kind, Kind::kSwitch);
}

TEST_F(ToolChoiceTest, OfToolsNeverLearntTheWordsInCommonCount) {
  ranked_ = {{1, 0.75, false}, {0, 0.5, false}, {2, 0.0, false}};  // S = 3, 1, 0
  EXPECT_EQ(Choose(CallOf("read", {{"move", -6.1F}})).kind, Kind::kKeep);
  EXPECT_EQ(Choose(CallOf("read", {{"move", -5.9F}})).kind, Kind::kSwitch);
  EXPECT_EQ(Choose(CallOf("copy", {{"read", -3.1F}})).kind, Kind::kKeep);
}

TEST_F(ToolChoiceTest, NothingIsChosenAgainstAnUnknownOdd) {
  EXPECT_EQ(Choose(CallOf("copy", {})).kind, Kind::kKeep);
  EXPECT_EQ(Choose(CallOf("copy", {{"a tool that is not offered", 5.0F}})).kind, Kind::kKeep);
  EXPECT_EQ(Choose(ModelReply{}).kind, Kind::kKeep);
  profile_.scorer_weight = 0;
  EXPECT_EQ(Choose(CallOf("copy", {{"move", 5.0F}})).kind, Kind::kKeep);
}

}  // namespace
}  // namespace weir::agent
