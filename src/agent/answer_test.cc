#include "agent/answer.h"

#include <gtest/gtest.h>

namespace weir::agent {
namespace {

TEST(Question, IsKnownByItsLastMark) {
  EXPECT_TRUE(IsQuestion("Which file should I delete?"));
  EXPECT_TRUE(IsQuestion("Which one?\n "));
  EXPECT_TRUE(IsQuestion("どのファイルですか？"));
  EXPECT_FALSE(IsQuestion("None of my tools can do that."));
  EXPECT_FALSE(IsQuestion("Why? Because."));
  EXPECT_FALSE(IsQuestion(""));
}

TEST(Grounded, KeepsAnAnswerWhoseFactsAreInTheResult) {
  const std::string result = "sum of amount in sales.csv: 1234.5 (12 rows)";
  EXPECT_EQ(Grounded("The total of amount in sales.csv is 1234.5.", result), "The total of amount in sales.csv is 1234.5.");
  EXPECT_EQ(Grounded(" It adds up nicely. ", result), "It adds up nicely.");
}

TEST(Grounded, ReplacesAnAnswerWithAnInventedNumberOrName) {
  const std::string result = "sum of amount in sales.csv: 1234.5 (12 rows)";
  EXPECT_EQ(Grounded("The total is 1243.5.", result), result);
  EXPECT_EQ(Grounded("The total of sale.csv is 1234.5", result), result);
  EXPECT_EQ(Grounded("", result), result);
}

}  // namespace
}  // namespace weir::agent
