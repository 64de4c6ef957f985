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

}  // namespace
}  // namespace weir::agent
