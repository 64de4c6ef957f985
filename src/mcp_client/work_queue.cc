#include "mcp_client/work_queue.h"

#include <utility>

namespace weir::mcp_client {

WorkQueue::WorkQueue(size_t max_items, size_t max_bytes)
    : max_items_(max_items),
      max_bytes_(max_bytes),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

bool WorkQueue::Post(size_t bytes, Work work) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_ || items_.size() >= max_items_ || bytes_ + bytes > max_bytes_) return false;
    bytes_ += bytes;
    items_.push_back({.bytes = bytes, .work = std::move(work)});
  }
  changed_.notify_all();
  return true;
}

void WorkQueue::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    items_.clear();
  }
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void WorkQueue::Run(const std::stop_token& stop) {
  for (;;) {
    Item item;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, stop, [&] { return !items_.empty(); });
      if (stop.stop_requested() || items_.empty()) return;
      item = std::move(items_.front());
      items_.pop_front();
      bytes_ -= item.bytes;
    }
    item.work(stop);
  }
}

}  // namespace weir::mcp_client
