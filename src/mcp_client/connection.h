#pragma once
// Calls and notifications over one transport, in either era: matches answers with calls, lets the
// handlers answer the server, cancels what nobody waits for. What the methods mean is client.h's
// business.
//
// Any thread, many calls at once. Two threads of its own: one for what a handler may have to ask a
// person, one for everything else, both behind bounded queues.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "mcp_client/call_table.h"
#include "mcp_client/handlers.h"
#include "mcp_client/transport.h"
#include "mcp_client/work_queue.h"

namespace weir::mcp_client {

// What was dropped, since the start.
struct ConnectionCounts {
  TransportCounts transport;
  CallCounts calls;
  uint64_t dropped_notifications = 0;    // more came than could be looked at
  uint64_t dropped_server_requests = 0;  // likewise, or not permitted in the stateless era
};

class Connection : private TransportReceiver {
 public:
  // Called for every notification but progress, on the connection's own thread.
  using NotificationHandler = std::function<void(const mcp::Notification&)>;

  // `handlers` is borrowed for the connection's life.
  Connection(std::unique_ptr<Transport> transport, ClientHandlers& handlers,
             NotificationHandler on_notification);
  ~Connection() override { Close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Sends a request and waits for its end. `params` is an object or null; where progress is wanted
  // its `_meta` gets a token. `on_sent` is told the id before the request goes out; may be empty.
  CallOutcome Call(const std::string& method, json::Json params, net::HttpHeaders headers,
                   const WaitLimits& limits, const std::function<void(int64_t)>& on_sent = {});
  Status Notify(const std::string& method, json::Json params, int64_t deadline_us,
                const std::stop_token& stop = {});

  // Whether the server may ask by requests (the handshake era), or not.
  void SetStateless(bool stateless);
  // After `initialize`: tells the server, and opens what the transport needs in that era.
  Status AgreeOn(std::string_view version, const WaitLimits& limits);
  bool is_http() const { return transport_->is_http(); }

  ConnectionCounts counts() const;
  // Ends all calls, threads and the transport. Idempotent.
  void Close();

 private:
  void OnMessage(mcp::Message message, size_t wire_bytes) override;
  void OnSendFailure(const mcp::RequestId& id, SendFailure failure) override;
  void OnClosed(const Error& why) override;

  void TakeNotification(mcp::Notification notification, size_t wire_bytes);
  void TakeServerRequest(mcp::Request request, size_t wire_bytes);
  void AnswerServer(const mcp::Request& request, const std::stop_token& stop);
  void Cancel(const std::string& method, int64_t id);

  const std::unique_ptr<Transport> transport_;
  ClientHandlers& handlers_;
  const NotificationHandler on_notification_;
  CallTable calls_;

  mutable std::mutex mutex_;  // guards the four below
  bool stateless_ = false;
  uint64_t dropped_notifications_ = 0;
  uint64_t dropped_server_requests_ = 0;
  // The server's request that a handler is at work on, and what ends that.
  std::optional<std::pair<mcp::RequestId, std::stop_source>> answering_;

  WorkQueue quick_;
  WorkQueue slow_;
};

}  // namespace weir::mcp_client
