#include "kernels/thread_pool.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

namespace weir::kernels {
namespace {

TEST(ThreadPool, RunsTheBodyOnceOnEveryWorker) {
  for (const int n : {1, 2, 3, 5}) {
    ThreadPool pool(n);
    std::vector<int> counts(static_cast<size_t>(n));
    for (int i = 0; i < 50; ++i) {
      pool.Run([&](int worker) { ++counts[static_cast<size_t>(worker)]; });
    }
    EXPECT_EQ(counts, std::vector<int>(static_cast<size_t>(n), 50));
  }
}

TEST(ThreadPool, WakesWorkersThatFellAsleep) {
  ThreadPool pool(3);
  for (int i = 0; i < 3; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    std::vector<int> seen(3);
    pool.Run([&](int worker) { seen[static_cast<size_t>(worker)] = worker + 1; });
    EXPECT_EQ(seen, (std::vector<int>{1, 2, 3}));
  }
}

TEST(ThreadPool, LetsSeveralThreadsTakeTurns) {
  ThreadPool pool(2);
  int in_turn = 0;  // guarded by the pool: only worker 0 of the running task touches it
  std::vector<std::jthread> callers;
  for (int c = 0; c < 3; ++c) {
    callers.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        pool.Run([&](int worker) {
          if (worker == 0) ++in_turn;
        });
      }
    });
  }
  callers.clear();
  EXPECT_EQ(in_turn, 60);
}

TEST(ThreadPool, CountsTheTasksThatWorkersWaitedFor) {
  ThreadPool alone(1);
  ThreadPool pair(2);
  for (int i = 0; i < 7; ++i) {
    alone.Run([](int) {});
    pair.Run([](int) {});
  }
  EXPECT_EQ(alone.runs(), 0U);
  EXPECT_EQ(pair.runs(), 7U);
}

TEST(ShareOf, CoversEverythingOnceInOrder) {
  for (const int64_t n : {0, 1, 15, 16, 17, 1000}) {
    for (const int workers : {1, 2, 3, 7}) {
      int64_t next = 0;
      for (int w = 0; w < workers; ++w) {
        const Share share = ShareOf(n, 16, w, workers);
        EXPECT_EQ(share.begin, next);
        EXPECT_TRUE(share.begin % 16 == 0 || share.begin == n);
        next = share.end;
      }
      EXPECT_EQ(next, n);
    }
  }
}

}  // namespace
}  // namespace weir::kernels
