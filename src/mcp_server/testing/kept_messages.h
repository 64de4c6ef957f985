#pragma once
// An outlet that keeps what was sent, for tests.

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "mcp_server/outlet.h"

namespace weir::mcp_server {

class KeptMessages : public Outlet {
 public:
  void Send(const mcp::Message& message) override {
    std::function<void(const mcp::Message&)> then;
    {
      const std::lock_guard lock(mutex_);
      lines_.push_back(mcp::ToLine(message));
      then = on_send;
    }
    if (then) then(message);
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

  std::function<void(const mcp::Message&)> on_send;  // called after each; set before the first

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace weir::mcp_server
