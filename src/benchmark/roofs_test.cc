#include "benchmark/roofs.h"

#include <gtest/gtest.h>

#include "benchmark/testing/golden_model.h"

namespace weir::benchmark {
namespace {

TEST(Roofs, TheLargerWayOfReadingCounts) {
  EXPECT_EQ(
      (Roofs{.mapped_bytes_per_second = 3, .anonymous_bytes_per_second = 4}).bytes_per_second(), 4);
  EXPECT_EQ(
      (Roofs{.mapped_bytes_per_second = 5, .anonymous_bytes_per_second = 4}).bytes_per_second(), 5);
}

TEST(Roofs, RaisingKeepsTheLargerOfEach) {
  Roofs roofs{.mapped_bytes_per_second = 1, .anonymous_bytes_per_second = 8, .int8_per_second = 3};
  roofs.RaiseTo(
      {.mapped_bytes_per_second = 2, .anonymous_bytes_per_second = 7, .int8_per_second = 9});
  EXPECT_EQ(roofs.mapped_bytes_per_second, 2);
  EXPECT_EQ(roofs.anonymous_bytes_per_second, 8);
  EXPECT_EQ(roofs.int8_per_second, 9);
}

TEST(MeasureRoofs, ReadsBothKindsOfMemoryAndLeavesOutALoopThatIsNotThere) {
  const Roofs roofs =
      MeasureRoofs(*GoldenModel({.n_threads = 2, .reference = true}), size_t{8} << 20);
  EXPECT_GT(roofs.mapped_bytes_per_second, 0);
  EXPECT_GT(roofs.anonymous_bytes_per_second, 0);
  EXPECT_EQ(roofs.int8_per_second, 0);
}

}  // namespace
}  // namespace weir::benchmark
