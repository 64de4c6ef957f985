#include "app/rivals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "grammar/testing/vocabs.h"

namespace weir::app {
namespace {

using ::testing::IsEmpty;

class RivalsTest : public ::testing::Test {
 protected:
  RivalsTest()
      : vocab_(grammar::testing::MakeVocab({"move", "mo", "ve", "copy", "_file", "_folder"})) {
    for (const char* name : {"move_file", "move_folder", "copy_file"}) {
      tools_.emplace_back();
      tools_.back().name = name;
    }
  }

  TokenId Id(std::string_view piece) const {
    if (const auto special = vocab_.FindSpecial(piece)) return *special;
    for (TokenId id = 0; id < vocab_.size(); ++id) {
      if (vocab_.Piece(id) == piece) return id;
    }
    ADD_FAILURE() << "no token " << piece;
    return 0;
  }
  // A sampled token of probability p, and what else might have come.
  engine::TokenEvent Token(std::string_view piece, double p,
                           std::vector<std::pair<std::string_view, double>> others = {}) const {
    engine::TokenEvent event;
    event.id = Id(piece);
    event.log_prob = static_cast<float>(std::log(p));
    event.alternatives.push_back({event.id, event.log_prob});
    for (const auto& [other, q] : others)
      event.alternatives.push_back({Id(other), static_cast<float>(std::log(q))});
    return event;
  }
  engine::TokenEvent Forced(std::string_view piece) const {
    engine::TokenEvent event;
    event.id = Id(piece);
    event.forced = true;
    event.log_prob = NAN;
    return event;
  }
  std::map<std::string, float> Odds(const std::vector<engine::TokenEvent>& events) const {
    Rivals rivals(tools_, vocab_);
    for (const engine::TokenEvent& event : events) rivals.OnToken(event);
    std::map<std::string, float> odds;
    for (const agent::ToolOdds& one : rivals.Odds()) odds[one.tool] = one.log_odds;
    return odds;
  }

  tokenizer::Vocab vocab_;
  std::vector<chat::ToolDefinition> tools_;
};

TEST_F(RivalsTest, EveryOtherToolHasItsOddsWhereTheNamesPart) {
  const auto odds =
      Odds({Token("<|tool_call_start|>", 0.9), Forced("["), Token("move", 0.6, {{"copy", 0.3}}),
            Token("_file", 0.5, {{"_folder", 0.25}}), Forced("(")});
  ASSERT_EQ(odds.size(), 2U);
  EXPECT_NEAR(odds.at("copy_file"), std::log(0.3 / 0.6), 1e-5);
  EXPECT_NEAR(odds.at("move_folder"), std::log(0.25 / 0.5), 1e-5);
}

TEST_F(RivalsTest, AnotherSegmentationOfTheSameNameIsNoRival) {
  const auto odds = Odds({Token("<|tool_call_start|>", 0.9), Forced("["),
                          Token("mo", 0.5, {{"move", 0.4}, {"copy", 0.1}}), Forced("ve"),
                          Token("_file", 0.7, {{"_folder", 0.2}})});
  EXPECT_NEAR(odds.at("copy_file"), std::log(0.1 / 0.5), 1e-5);
  EXPECT_NEAR(odds.at("move_folder"), std::log(0.2 / 0.7), 1e-5);
}

TEST_F(RivalsTest, AToolBelowTheAlternativesHasTheLeastOfThem) {
  const auto odds = Odds({Token("<|tool_call_start|>", 0.9), Forced("["),
                          Token("move", 0.6, {{"_file", 0.05}}), Token("_file", 0.5)});
  EXPECT_NEAR(odds.at("copy_file"), std::log(0.05 / 0.6), 1e-5);
  EXPECT_NEAR(odds.at("move_folder"), 0, 1e-5);
}

TEST_F(RivalsTest, ANameThatPartsAtAForcedTokenHasNoOdds) {
  const auto odds =
      Odds({Token("<|tool_call_start|>", 0.9), Forced("["), Forced("move"), Token("_file", 0.9)});
  EXPECT_EQ(odds.count("copy_file"), 0U);
}

TEST_F(RivalsTest, TextAndLaterCallsDoNotCount) {
  EXPECT_THAT(Odds({Token("move", 0.5, {{"copy", 0.4}})}), IsEmpty());
  const auto odds =
      Odds({Token("<|tool_call_start|>", 0.9), Forced("["), Token("copy", 0.6, {{"move", 0.3}}),
            Token("_file", 0.9), Forced("("), Token("<|tool_call_end|>", 0.9),
            Token("<|tool_call_start|>", 0.9), Forced("["), Token("move", 0.9, {{"copy", 0.05}})});
  EXPECT_NEAR(odds.at("move_file"), std::log(0.3 / 0.6), 1e-5);
  EXPECT_NEAR(odds.at("move_folder"), std::log(0.3 / 0.6), 1e-5);
}

}  // namespace
}  // namespace weir::app
