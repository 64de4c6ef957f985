#include "app/progress_bar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::app {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(ProgressLine, SaysPartSizesSpeedAndTimeLeft) {
  const std::string line = ProgressLine(2420000000, 4840000000, 6);
  EXPECT_THAT(line, StartsWith("[###############               ]  50 %  2.42 GB of 4.84 GB"));
  EXPECT_THAT(line, HasSubstr("403 MB/s  6 s left"));
  EXPECT_LE(line.size(), 80U);
}

TEST(ProgressLine, BeginsAndEndsWithoutNonsense) {
  EXPECT_EQ(ProgressLine(0, 100, 0),
            "[                              ]   0 %  0 bytes of 100 bytes");
  EXPECT_THAT(ProgressLine(100, 100, 1), HasSubstr("] 100 %"));
  EXPECT_THAT(ProgressLine(200, 100, 1), HasSubstr("] 100 %"));
  EXPECT_THAT(ProgressLine(0, 0, 1), HasSubstr("   0 %"));
}

TEST(StepLine, SaysPartStepAndTimeLeft) {
  const std::string line = StepLine("prefill 512 at depth 0", 0.25, 3);
  EXPECT_EQ(line, "[#######                       ]  25 %  prefill 512 at depth 0  9 s left");
  EXPECT_LE(StepLine("prefill 1048576 at depth 1048576", 0.01, 90000).size(), 80U);
}

TEST(StepLine, BeginsAndEndsWithoutNonsense) {
  EXPECT_EQ(StepLine("memory", 0, 1), "[                              ]   0 %  memory");
  EXPECT_THAT(StepLine("memory", 1.5, 1), HasSubstr("] 100 %  memory  0 s left"));
}

TEST(BytesText, ChoosesTheUnit) {
  EXPECT_EQ(BytesText(999), "999 bytes");
  EXPECT_EQ(BytesText(1000), "1.0 KB");
  EXPECT_EQ(BytesText(3140000), "3.1 MB");
  EXPECT_EQ(BytesText(4836000000), "4.84 GB");
}

}  // namespace
}  // namespace weir::app
