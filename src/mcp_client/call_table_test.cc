#include "mcp_client/call_table.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "base/clock.h"

namespace weir::mcp_client {
namespace {

WaitLimits Briefly(int64_t ms = 50) {
  return {.idle_us = 60'000'000,
          .deadline_us = SystemClock().MonotonicMicros() + ms * 1000,
          .stop = {},
          .on_progress = {}};
}

mcp::Response AnswerFor(int64_t id) {
  return {.id = mcp::RequestId(id), .outcome = json::Json::object()};
}

TEST(CallTable, WhatNobodyWaitsForIsCountedAndDropped) {
  CallTable table;
  table.Deliver(AnswerFor(1), 10);
  const int64_t id = table.Open();
  EXPECT_FALSE(table.Await(id, Briefly()).response);
  table.Deliver(AnswerFor(id), 10);  // late
  table.Deliver({.id = std::nullopt, .outcome = mcp::RpcError{}}, 10);
  table.Deliver({.id = mcp::RequestId("1"), .outcome = json::Json::object()}, 10);
  EXPECT_EQ(table.counts().unknown_ids, 4U);
}

TEST(CallTable, TheFirstAnswerCounts) {
  CallTable table;
  const int64_t id = table.Open();
  table.Deliver(AnswerFor(id), 10);
  table.Deliver({.id = mcp::RequestId(id), .outcome = mcp::RpcError{}}, 10);
  const CallOutcome outcome = table.Await(id, Briefly());
  ASSERT_TRUE(outcome.response);
  EXPECT_TRUE(outcome.response->ok());
  EXPECT_EQ(table.counts().unknown_ids, 1U);
}

TEST(CallTable, AnswersThatAreLargeTogetherAreNotHeldTogether) {
  CallTable table;
  const int64_t first = table.Open();
  const int64_t second = table.Open();
  const int64_t third = table.Open();
  table.Deliver(AnswerFor(first), size_t{20} << 20);
  table.Deliver(AnswerFor(second), 1);
  EXPECT_TRUE(table.Await(first, Briefly()).response);
  const CallOutcome refused = table.Await(second, Briefly());
  EXPECT_FALSE(refused.response);
  EXPECT_EQ(refused.failure.error.code, ErrorCode::kResourceExhausted);
  table.Deliver(AnswerFor(third), 1);
  EXPECT_TRUE(table.Await(third, Briefly()).response);
  EXPECT_EQ(table.counts().too_large, 1U);
}

TEST(CallTable, ABrokenConnectionFailsWhatWaitsAndWhatComesLater) {
  CallTable table;
  const int64_t before = table.Open();
  table.FailAll({ErrorCode::kUnavailable, "gone"});
  table.FailAll({ErrorCode::kInternal, "again"});
  for (const int64_t id : {before, table.Open()}) {
    const CallOutcome outcome = table.Await(id, Briefly());
    EXPECT_EQ(outcome.failure.error.message, "gone");
    EXPECT_FALSE(outcome.abandoned);
  }
}

TEST(CallTable, ProgressThatIsForeignOrDoesNotGrowIsDropped) {
  CallTable table;
  const int64_t id = table.Open();
  const auto tell = [&](json::Json token, json::Json progress) {
    table.DeliverProgress({{"progressToken", std::move(token)}, {"progress", std::move(progress)}});
  };
  tell(id, 1);
  tell(id, 1);
  tell(id, 0.5);
  tell(id + 7, 2);
  tell("1", 2);
  tell(id, "much");
  table.DeliverProgress(nullptr);
  table.DeliverProgress(json::Json::array());
  tell(id, 2);
  std::vector<double> seen;
  WaitLimits limits = Briefly();
  limits.on_progress = [&](const Progress& step) { seen.push_back(step.progress); };
  table.Deliver(AnswerFor(id), 1);
  EXPECT_TRUE(table.Await(id, limits).response);
  EXPECT_EQ(seen, (std::vector<double>{1, 2}));
  EXPECT_EQ(table.counts().bad_progress, 7U);
}

TEST(CallTable, SilenceDoesNotCountWhileTheServerWaitsForUs) {
  CallTable table;
  const int64_t id = table.Open();
  table.PauseIdle();
  WaitLimits limits = Briefly(2000);
  limits.idle_us = 50'000;
  const std::jthread server([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    table.ResumeIdle();
    table.Deliver(AnswerFor(id), 1);
  });
  EXPECT_TRUE(table.Await(id, limits).response);
}

}  // namespace
}  // namespace weir::mcp_client
