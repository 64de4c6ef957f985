#include "benchmark/rounds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "benchmark/testing/golden_model.h"

namespace weir::benchmark {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Lt;

class RoundsTest : public ::testing::Test {
 protected:
  Rounds Start(int n_tokens) {
    auto rounds = Rounds::Start(*model_, Tokens(n_tokens), stop_.get_token());
    EXPECT_TRUE(rounds) << rounds.error().message;
    return std::move(*rounds);
  }
  std::vector<TokenId> Tokens(int n) const { return ArbitraryTokens(n, model_->dims().n_vocab); }
  // The likeliest token after the first n, computed in one go.
  TokenId NextAfter(int n) const {
    auto sequence = model_->NewSequence(n);
    std::vector<float> logits(static_cast<size_t>(model_->dims().n_vocab));
    EXPECT_TRUE(Forward(*model_, Tokens(n), *sequence, logits, model::LogitsWanted::kLast));
    return static_cast<TokenId>(std::max_element(logits.begin(), logits.end()) - logits.begin());
  }

  std::shared_ptr<const model::Model> model_ = GoldenModel({.n_threads = 2});
  std::stop_source stop_;
};

TEST_F(RoundsTest, RefusesMoreTokensThanThereAreAndGoesOn) {
  Rounds rounds = Start(10);
  ASSERT_TRUE(rounds.Extend(8));
  const auto too_many = rounds.Prefill(3);
  ASSERT_FALSE(too_many);
  EXPECT_THAT(too_many.error().message, HasSubstr("3 tokens at depth 8; there are 2 more"));
  EXPECT_FALSE(rounds.Extend(3));
  EXPECT_FALSE(rounds.Extend(-1));
  EXPECT_FALSE(rounds.Decode(0));
  EXPECT_TRUE(rounds.Decode(2));
}

TEST_F(RoundsTest, RefusesASequenceThatTheModelCannotHold) {
  const auto rounds =
      Rounds::Start(*model_, Tokens(model_->dims().n_context + 1), stop_.get_token());
  ASSERT_FALSE(rounds);
  EXPECT_THAT(rounds.error().message, HasSubstr("this model takes 1 to"));
}

TEST_F(RoundsTest, StopsWhenAsked) {
  Rounds rounds = Start(10);
  stop_.request_stop();
  const auto round = rounds.Prefill(4);
  ASSERT_FALSE(round);
  EXPECT_EQ(round.error().code, ErrorCode::kCancelled);
}

TEST_F(RoundsTest, EveryRoundComputesTheSameTokensBehindTheDepth) {
  Rounds rounds = Start(40);
  ASSERT_TRUE(rounds.Extend(10));
  ASSERT_TRUE(rounds.Extend(10));
  EXPECT_EQ(rounds.depth(), 20);
  const TokenId expected = NextAfter(36);
  for (int i = 0; i < 2; ++i) {
    const auto prefill = rounds.Prefill(16);
    ASSERT_TRUE(prefill) << prefill.error().message;
    EXPECT_EQ(prefill->next_token, expected);
    const auto decode = rounds.Decode(16);
    ASSERT_TRUE(decode) << decode.error().message;
    EXPECT_EQ(decode->next_token, expected);
  }
}

TEST_F(RoundsTest, CountsTheTasksOfTheWorkers) {
  Rounds rounds = Start(20);
  const auto one = rounds.Decode(1);
  const auto five = rounds.Decode(5);
  ASSERT_TRUE(one && five);
  EXPECT_GT(one->n_runs, 0);
  EXPECT_EQ(five->n_runs, 5 * one->n_runs);
  EXPECT_GT(five->seconds, 0);
}

TEST(ArbitraryTokens, AreInTheVocabularyAndTheSameAgain) {
  const std::vector<TokenId> tokens = ArbitraryTokens(1000, 7);
  EXPECT_THAT(tokens, Each(Lt(7)));
  EXPECT_GE(*std::min_element(tokens.begin(), tokens.end()), 0);
  EXPECT_EQ(tokens, ArbitraryTokens(1000, 7));
}

}  // namespace
}  // namespace weir::benchmark
