#pragma once
// The events of one session's streams, kept for a while so that a client whose connection broke can
// fetch what it missed (Last-Event-ID). Bounded: the oldest events go first.
//
// Any thread. An event's id is "STREAM-NUMBER", unique in the session.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::mcp_server {

struct StoredEvent {
  std::string id;
  std::string data;  // empty: only a place to resume from
};

class EventStore {
 public:
  // The stream for messages that belong to no request; it never ends by itself.
  static constexpr uint64_t kGeneralStream = 0;

  explicit EventStore(size_t max_bytes = 4u << 20, size_t max_events = 1024)
      : max_bytes_(max_bytes), max_events_(max_events) {}

  uint64_t NewStream();
  // Returns the event's id.
  std::string Append(uint64_t stream, std::string data);
  // Nothing follows in this stream.
  void Finish(uint64_t stream);
  // Every stream is finished; nothing is kept any more.
  void Close();

  struct Batch {
    std::vector<StoredEvent> events;
    bool finished = false;  // nothing follows them
  };
  // What follows the event of that id in its stream; waits up to `wait` for something. Error
  // kNotFound for an id that no event of the session has.
  Result<Batch> After(std::string_view id, std::chrono::milliseconds wait);

 private:
  struct Entry {
    uint64_t stream;
    uint64_t number;
    std::string data;
  };
  Batch Collect(uint64_t stream, uint64_t number) const;
  bool IsFinished(uint64_t stream) const;

  const size_t max_bytes_;
  const size_t max_events_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::deque<Entry> entries_;
  std::set<uint64_t> open_ = {kGeneralStream};
  size_t bytes_ = 0;
  uint64_t next_stream_ = 1;
  uint64_t next_number_ = 1;
  bool closed_ = false;
};

// "id: ...\ndata: ...\n\n"; `retry_ms` is added where it is not negative.
std::string SseEvent(std::string_view id, std::string_view data, int retry_ms = -1);

}  // namespace weir::mcp_server
