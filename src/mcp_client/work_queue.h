#pragma once
// One thread that does small pieces of work in order, and a bounded queue before it, so that a
// transport's thread never waits for a handler. Any thread.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace weir::mcp_client {

class WorkQueue {
 public:
  using Work = std::function<void(const std::stop_token&)>;

  WorkQueue(size_t max_items, size_t max_bytes);
  ~WorkQueue() { Stop(); }
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  // False when the queue is full (`bytes` is what the work holds) or has stopped.
  bool Post(size_t bytes, Work work);

  // Asks the work that runs to stop and waits for it; what is queued is dropped. Idempotent.
  void Stop();

 private:
  struct Item {
    size_t bytes = 0;
    Work work;
  };

  void Run(const std::stop_token& stop);

  const size_t max_items_;
  const size_t max_bytes_;
  std::mutex mutex_;  // guards the three below
  std::deque<Item> items_;
  size_t bytes_ = 0;
  bool stopped_ = false;
  std::condition_variable_any changed_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace weir::mcp_client
