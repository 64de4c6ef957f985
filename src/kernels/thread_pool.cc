#include "kernels/thread_pool.h"

#include <algorithm>

namespace weir::kernels {
namespace {

// About 20 to 50 microseconds: longer than the gap between two tasks of one token, short next to a
// time slice.
constexpr int kSpins = 1000;

void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// Returns once `value` differs from `old`: spins first, then sleeps in the kernel.
void AwaitChange(const std::atomic<uint32_t>& value, uint32_t old) {
  for (int i = 0; i < kSpins; ++i) {
    if (value.load(std::memory_order_acquire) != old) return;
    Pause();
  }
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

ThreadPool::ThreadPool(int n_threads) : n_threads_(std::max(1, n_threads)) {
  workers_.reserve(static_cast<size_t>(n_threads_ - 1));
  for (int worker = 1; worker < n_threads_; ++worker) {
    workers_.emplace_back([this, worker] { Work(worker); });
  }
}

ThreadPool::~ThreadPool() {
  stopping_ = true;
  epoch_.fetch_add(1, std::memory_order_release);
  epoch_.notify_all();
}

void ThreadPool::RunOnAll(BodyFn body, const void* context) {
  const std::lock_guard<std::mutex> turn(turn_);
  body_ = body;
  context_ = context;
  runs_.fetch_add(1, std::memory_order_relaxed);
  pending_.store(static_cast<uint32_t>(n_threads_ - 1), std::memory_order_relaxed);
  epoch_.fetch_add(1, std::memory_order_release);
  epoch_.notify_all();
  body(context, 0);
  // Acquire: what the workers wrote is visible to the caller.
  for (uint32_t left = pending_.load(std::memory_order_acquire); left != 0;
       left = pending_.load(std::memory_order_acquire)) {
    AwaitChange(pending_, left);
  }
}

void ThreadPool::Work(int worker) {
  uint32_t seen = 0;
  while (true) {
    AwaitChange(epoch_, seen);
    ++seen;  // a new task comes only after this worker finished the last: no epoch is skipped
    if (stopping_) return;
    body_(context_, worker);
    if (pending_.fetch_sub(1, std::memory_order_acq_rel) == 1) pending_.notify_one();
  }
}

Share ShareOf(int64_t n, int64_t grain, int worker, int n_workers) {
  const int64_t units = (n + grain - 1) / grain;
  return {std::min(n, units * worker / n_workers * grain),
          std::min(n, units * (worker + 1) / n_workers * grain)};
}

}  // namespace weir::kernels
