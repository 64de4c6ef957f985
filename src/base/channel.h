#pragma once
// A bounded queue between threads. Producers block while it is full, consumers while it is empty;
// closing it wakes both. Every blocking call takes a stop_token and returns early when that is
// triggered. Any thread.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace weir {

template <class T>
class Channel {
 public:
  explicit Channel(size_t capacity) : capacity_(capacity) {}

  // False when the channel is closed or the stop was requested; `value` is dropped then.
  bool Send(T value, std::stop_token stop = {}) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, std::move(stop), [&] { return closed_ || queue_.size() < capacity_; });
    if (closed_ || queue_.size() >= capacity_) return false;
    queue_.push_back(std::move(value));
    lock.unlock();
    changed_.notify_all();
    return true;
  }

  // Empty when the channel is closed and drained, or the stop was requested.
  std::optional<T> Receive(std::stop_token stop = {}) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, std::move(stop), [&] { return closed_ || !queue_.empty(); });
    if (queue_.empty()) return std::nullopt;
    T value = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    changed_.notify_all();
    return value;
  }

  // No more values are taken; those queued can still be received.
  void Close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
  }

 private:
  const size_t capacity_;
  std::mutex mutex_;  // guards the two members below
  std::deque<T> queue_;
  bool closed_ = false;
  std::condition_variable_any changed_;
};

}  // namespace weir
