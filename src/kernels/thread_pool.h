#pragma once
// A fixed set of workers that run one function together.
//
// Workers spin for some microseconds after a task and then sleep, so that the many small tasks of a
// decoded token find them awake while an idle program uses no processor. Work is divided by the
// caller from (worker, n_threads).

#include <atomic>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace weir::kernels {

class ThreadPool {
 public:
  // n_threads >= 1 counts the calling thread: n_threads - 1 are started.
  explicit ThreadPool(int n_threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int n_threads() const { return n_threads_; }
  // Tasks that the workers have run together so far, each of which all of them waited for. Stays 0
  // with one thread. Any thread.
  uint64_t runs() const { return runs_.load(std::memory_order_relaxed); }

  // body(worker) for every worker in [0, n_threads), worker 0 on the calling thread; returns when
  // all are done. The body must not throw nor call Run. Calls from several threads take turns.
  // Allocates nothing.
  template <class Body>
  void Run(const Body& body) {
    if (n_threads_ == 1) return body(0);
    RunOnAll([](const void* context, int worker) { (*static_cast<const Body*>(context))(worker); },
             &body);
  }

 private:
  using BodyFn = void (*)(const void* context, int worker);
  void RunOnAll(BodyFn body, const void* context);
  void Work(int worker);

  const int n_threads_;
  std::mutex turn_;  // one Run at a time; guards body_ and context_ for writers

  // Written before epoch_ is advanced (release), read by workers after they saw it advance
  // (acquire).
  BodyFn body_ = nullptr;
  const void* context_ = nullptr;
  bool stopping_ = false;
  std::atomic<uint64_t> runs_{0};  // relaxed: a count that orders nothing

  alignas(64) std::atomic<uint32_t> epoch_{0};    // advanced once per task
  alignas(64) std::atomic<uint32_t> pending_{0};  // workers not yet done with the task
  std::vector<std::jthread> workers_;
};

// The part of [0, n) that falls to `worker`: contiguous, in order, in multiples of `grain` but for
// the end.
struct Share {
  int64_t begin = 0;
  int64_t end = 0;
};
Share ShareOf(int64_t n, int64_t grain, int worker, int n_workers);

}  // namespace weir::kernels
