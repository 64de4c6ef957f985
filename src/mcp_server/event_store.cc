#include "mcp_server/event_store.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <utility>

namespace weir::mcp_server {
namespace {

std::optional<uint64_t> NumberFrom(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string EventId(uint64_t stream, uint64_t number) {
  return fmt::format("{}-{}", stream, number);
}

}  // namespace

uint64_t EventStore::NewStream() {
  const std::lock_guard lock(mutex_);
  open_.insert(next_stream_);
  return next_stream_++;
}

std::string EventStore::Append(uint64_t stream, std::string data) {
  std::string id;
  {
    const std::lock_guard lock(mutex_);
    id = EventId(stream, next_number_);
    bytes_ += data.size();
    entries_.push_back({stream, next_number_++, std::move(data)});
    while (entries_.size() > 1 && (bytes_ > max_bytes_ || entries_.size() > max_events_)) {
      bytes_ -= entries_.front().data.size();
      entries_.pop_front();
    }
  }
  changed_.notify_all();
  return id;
}

void EventStore::Finish(uint64_t stream) {
  {
    const std::lock_guard lock(mutex_);
    open_.erase(stream);
  }
  changed_.notify_all();
}

void EventStore::Close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    open_.clear();
    entries_.clear();
    bytes_ = 0;
  }
  changed_.notify_all();
}

bool EventStore::IsFinished(uint64_t stream) const { return !open_.contains(stream); }

EventStore::Batch EventStore::Collect(uint64_t stream, uint64_t number) const {
  Batch batch;
  for (const Entry& entry : entries_) {
    if (entry.stream != stream || entry.number <= number) continue;
    batch.events.push_back({EventId(entry.stream, entry.number), entry.data});
  }
  batch.finished = IsFinished(stream);
  return batch;
}

Result<EventStore::Batch> EventStore::After(std::string_view id, std::chrono::milliseconds wait) {
  const size_t dash = id.find('-');
  const std::optional<uint64_t> stream = NumberFrom(id.substr(0, dash));
  const std::optional<uint64_t> number =
      dash == std::string_view::npos ? std::nullopt : NumberFrom(id.substr(dash + 1));
  std::unique_lock lock(mutex_);
  if (!stream || !number || *stream >= next_stream_ || *number >= next_number_) {
    return MakeError(ErrorCode::kNotFound, "there is no event of this id; begin without one");
  }
  Batch batch;
  changed_.wait_for(lock, wait, [&] {
    batch = Collect(*stream, *number);
    return batch.finished || !batch.events.empty();
  });
  return batch;
}

std::string SseEvent(std::string_view id, std::string_view data, int retry_ms) {
  std::string text;
  if (!id.empty()) text += fmt::format("id: {}\n", id);
  if (retry_ms >= 0) text += fmt::format("retry: {}\n", retry_ms);
  return text + fmt::format("data: {}\n\n", data);
}

}  // namespace weir::mcp_server
