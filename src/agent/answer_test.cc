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

TEST(Abilities, AreAskedForInWholeSentencesOnly) {
  EXPECT_TRUE(AsksForAbilities("What can you do?"));
  EXPECT_TRUE(AsksForAbilities("  help! "));
  EXPECT_TRUE(AsksForAbilities("which tools do you have"));
  EXPECT_FALSE(AsksForAbilities("help me find notes.txt"));
  EXPECT_FALSE(AsksForAbilities("what can you do about old.log"));
  EXPECT_FALSE(AsksForAbilities(""));
}

}  // namespace
}  // namespace weir::agent
