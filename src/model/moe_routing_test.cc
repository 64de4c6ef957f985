#include "model/moe_routing.h"

#include <gtest/gtest.h>

#include <cmath>

namespace weir::model {
namespace {

std::vector<float> Sigmoids(const std::vector<float>& logits) {
  std::vector<float> p;
  for (const float r : logits) p.push_back(1 / (1 + std::exp(-r)));
  return p;
}

TEST(MoeRouting, ChoosesByBiasedAndWeighsByUnbiasedProbability) {
  MoeRouting routing(1, 6, 4);
  routing.Choose(Sigmoids({2, -1, 0, 1, 3, -2}),
                 std::vector<float>{-0.5f, 0.4f, 0, 0.1f, -0.6f, 0.9f}, 1);
  const int experts[] = {5, 3, 1, 2};
  const float weights[] = {0.073618f, 0.451493f, 0.166095f, 0.308794f};
  for (int j = 0; j < 4; ++j) {
    EXPECT_EQ(routing.expert(0, j), experts[j]);
    EXPECT_NEAR(routing.weight(0, j), weights[j], 2e-6);
  }
}

TEST(MoeRouting, TakesTheLowestIndexOnTies) {
  MoeRouting routing(1, 5, 3);
  routing.Choose(std::vector<float>(5, 0.5f), std::vector<float>{0, 0, 0.1f, 0, 0}, 1);
  EXPECT_EQ(routing.expert(0, 0), 2);
  EXPECT_EQ(routing.expert(0, 1), 0);
  EXPECT_EQ(routing.expert(0, 2), 1);
}

TEST(MoeRouting, AppliesTheScale) {
  MoeRouting routing(1, 2, 1);
  routing.Choose(std::vector<float>{0.2f, 0.6f}, std::vector<float>{0, 0}, 2.5f);
  EXPECT_NEAR(routing.weight(0, 0), 2.5, 1e-5);
}

TEST(MoeRouting, SortsPairsByExpertAndFindsThemAgain) {
  MoeRouting routing(3, 4, 2);
  const std::vector<float> p = {0.9f, 0.8f, 0.1f, 0.1f, 0.1f, 0.9f,
                                0.8f, 0.1f, 0.8f, 0.1f, 0.1f, 0.9f};
  routing.Choose(p, std::vector<float>(4, 0.0f), 1);
  int row = 0;
  int last = -1;
  for (const ExpertGroup& group : routing.groups()) {
    EXPECT_GT(group.expert, last);
    EXPECT_EQ(group.first, row);
    last = group.expert;
    row += group.count;
  }
  EXPECT_EQ(row, routing.n_pairs());
  for (int token = 0; token < 3; ++token) {
    for (int j = 0; j < 2; ++j) {
      const int pair = routing.row(token, j);
      EXPECT_EQ(routing.token_of_row()[pair], token);
      for (const ExpertGroup& group : routing.groups()) {
        const bool inside = pair >= group.first && pair < group.first + group.count;
        EXPECT_EQ(inside, group.expert == routing.expert(token, j));
      }
    }
  }
}

TEST(MoeRouting, ForgetsTheTokensOfTheLastCall) {
  MoeRouting routing(4, 2, 1);
  routing.Choose(std::vector<float>{0.9f, 0.1f, 0.9f, 0.1f, 0.1f, 0.9f}, std::vector<float>{0, 0},
                 1);
  routing.Choose(std::vector<float>{0.1f, 0.9f}, std::vector<float>{0, 0}, 1);
  ASSERT_EQ(routing.groups().size(), 1u);
  EXPECT_EQ(routing.groups()[0].expert, 1);
  EXPECT_EQ(routing.groups()[0].count, 1);
}

}  // namespace
}  // namespace weir::model
