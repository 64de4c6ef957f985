#pragma once
// The requests of one client that are being worked on, so that it can cancel them. Any thread.

#include <map>
#include <mutex>
#include <optional>
#include <stop_token>

#include "mcp/json_rpc.h"

namespace weir::mcp_server {

class InFlight {
 public:
  // Registers a request for the time of its life; `parent` cancels it too.
  class Entry {
   public:
    Entry(InFlight& owner, mcp::RequestId id, const std::stop_token& parent)
        : owner_(owner), id_(std::move(id)), chain_(parent, Stop{&source_}) {
      const std::lock_guard lock(owner_.mutex_);
      is_first_ = owner_.sources_.try_emplace(id_, source_).second;
    }
    ~Entry() {
      const std::lock_guard lock(owner_.mutex_);
      if (is_first_) owner_.sources_.erase(id_);
    }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    // False when a request of that id is under way already; it must be refused.
    bool is_first() const { return is_first_; }
    std::stop_token token() const { return source_.get_token(); }
    // The client does not want the answer any more.
    bool cancelled() const { return source_.stop_requested(); }

   private:
    struct Stop {
      std::stop_source* source;
      void operator()() const { source->request_stop(); }
    };
    InFlight& owner_;
    const mcp::RequestId id_;
    bool is_first_ = false;
    std::stop_source source_;
    std::stop_callback<Stop> chain_;
  };

  // Nothing happens when there is no such request.
  void Cancel(const mcp::RequestId& id) { Find(id).request_stop(); }
  void CancelAll() {
    std::map<mcp::RequestId, std::stop_source> all;
    {
      const std::lock_guard lock(mutex_);
      all = sources_;
    }
    for (auto& [id, source] : all) source.request_stop();
  }

 private:
  // A copy, so that nothing is called under the lock.
  std::stop_source Find(const mcp::RequestId& id) {
    const std::lock_guard lock(mutex_);
    const auto found = sources_.find(id);
    return found == sources_.end() ? std::stop_source(std::nostopstate) : found->second;
  }

  std::mutex mutex_;  // guards the map
  std::map<mcp::RequestId, std::stop_source> sources_;
};

}  // namespace weir::mcp_server
