#pragma once
// Changes of what a server offers, and who wants to hear of them.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <variant>

#include "json/json.h"
#include "mcp/json_rpc.h"
#include "mcp_server/features.h"
#include "mcp_server/outlet.h"

namespace weir::mcp_server {

enum class ChangeKind { kTools, kPrompts, kResources, kResource };

struct Change {
  ChangeKind kind = ChangeKind::kTools;
  std::string uri{};  // of kResource
};

// The notification of a change: "notifications/tools/list_changed" and the like.
mcp::Notification NotificationOf(const Change& change);

// Any thread. Listeners are called on the publisher's thread, one after the other, and must not
// listen or publish themselves.
class ChangeHub {
 public:
  using Listener = std::function<void(const Change&)>;

  // The number to stop with. `first` runs before any change reaches the listener; the listener is
  // not called any more once StopListening has returned.
  uint64_t Listen(Listener listener, const std::function<void()>& first = {});
  void StopListening(uint64_t number);
  void Publish(const Change& change);

 private:
  std::mutex mutex_;  // guards all below, and is held while listeners are called
  std::map<uint64_t, Listener> listeners_;
  uint64_t next_ = 1;
};

// The stream of one `subscriptions/listen` request: the acknowledgement first, then what was asked
// for, everything with the subscription's id.
class Subscription {
 public:
  // An error when the request is malformed. Outlet and hub outlive the subscription.
  static std::variant<std::unique_ptr<Subscription>, mcp::RpcError> Open(
      const mcp::Request& request, const Features& features, ChangeHub& hub, Outlet& outlet);
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  // The server ends it: sends the result of the request. Nothing is sent after it.
  void End();

 private:
  struct Filter {
    bool tools = false;
    bool prompts = false;
    bool resources = false;
    std::set<std::string> uris;
  };
  Subscription(const mcp::RequestId& id, Filter filter, ChangeHub& hub, Outlet& outlet);
  bool Wants(const Change& change) const;
  json::Json Meta() const;
  json::Json Accepted() const;

  const mcp::RequestId id_;
  const Filter filter_;
  ChangeHub& hub_;
  Outlet& outlet_;
  std::mutex mutex_;  // orders what is sent
  bool ended_ = false;
  uint64_t number_ = 0;
};

}  // namespace weir::mcp_server
