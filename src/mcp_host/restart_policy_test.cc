#include "mcp_host/restart_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::mcp_host {
namespace {

constexpr int64_t kSecond = 1'000'000;

TEST(RestartPolicy, TheFirstStartIsAtOnceAndDelaysDoubleUpToTheLongest) {
  RestartPolicy policy({.max_starts = 1000});
  int64_t now = 1000 * kSecond;
  EXPECT_EQ(policy.DelayUs("s", now).value(), 0);
  int64_t wanted = 100'000;
  for (int i = 0; i < 12; ++i) {
    policy.Started(now);
    policy.Failed(now);
    EXPECT_EQ(policy.DelayUs("s", now).value(), wanted) << "failure " << i + 1;
    now += wanted;
    EXPECT_EQ(policy.DelayUs("s", now).value(), 0);
    wanted = std::min<int64_t>(wanted * 2, 30 * kSecond);
  }
}

TEST(RestartPolicy, AMinuteOfHealthBeginsAnew) {
  RestartPolicy policy;
  int64_t now = 0;
  for (int i = 0; i < 5; ++i) {
    policy.Started(now);
    policy.Failed(now);
  }
  EXPECT_GT(policy.DelayUs("s", now).value(), kSecond);
  policy.Started(now);
  now += 61 * kSecond;
  policy.Failed(now);
  EXPECT_EQ(policy.DelayUs("s", now).value(), 100'000);
}

TEST(RestartPolicy, TooManyStartsAMinuteAreRefusedWithTheTimeOfTheNext) {
  RestartPolicy policy({.max_starts = 3});
  for (int i = 0; i < 3; ++i) {
    policy.Started(i * kSecond);
    policy.Failed(i * kSecond);
  }
  const auto refused = policy.DelayUs("notes", 10 * kSecond);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(refused.error().message, ::testing::HasSubstr("'notes' was started 3 times"));
  EXPECT_THAT(refused.error().message, ::testing::HasSubstr("in 50 seconds"));
  EXPECT_TRUE(policy.DelayUs("notes", 61 * kSecond).has_value());
}

}  // namespace
}  // namespace weir::mcp_host
