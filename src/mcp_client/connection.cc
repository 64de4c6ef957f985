#include "mcp_client/connection.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "mcp_client/server_requests.h"

namespace weir::mcp_client {
namespace {

constexpr size_t kMaxQueuedItems = 256;
constexpr size_t kMaxQueuedBytes = 2u << 20;
constexpr size_t kMaxSlowItems = 16;
// For what goes out on its own: answers and cancellations.
constexpr int64_t kSendUs = 5'000'000;

}  // namespace

Connection::Connection(std::unique_ptr<Transport> transport, ClientHandlers& handlers,
                       NotificationHandler on_notification)
    : transport_(std::move(transport)),
      handlers_(handlers),
      on_notification_(std::move(on_notification)),
      quick_(kMaxQueuedItems, kMaxQueuedBytes),
      slow_(kMaxSlowItems, kMaxQueuedBytes) {
  transport_->Start(*this);
}

CallOutcome Connection::Call(const std::string& method, json::Json params, net::HttpHeaders headers,
                             const WaitLimits& limits,
                             const std::function<void(int64_t)>& on_sent) {
  const int64_t id = calls_.Open();
  if (limits.on_progress) {
    if (params.is_null()) params = json::Json::object();
    params["_meta"]["progressToken"] = id;
  }
  if (on_sent) on_sent(id);
  const int64_t send_until_us =
      std::min(limits.deadline_us, SystemClock().MonotonicMicros() + limits.idle_us);
  const Status sent = transport_->Send(
      {.message = mcp::Request{.id = id, .method = method, .params = std::move(params)},
       .headers = std::move(headers)},
      send_until_us, limits.stop);
  if (!sent) calls_.Fail(id, {.error = sent.error()});
  CallOutcome outcome = calls_.Await(id, limits);
  if (outcome.abandoned) Cancel(method, id);
  return outcome;
}

void Connection::Cancel(const std::string& method, int64_t id) {
  transport_->Forget(id);
  bool stateless = false;
  {
    const std::lock_guard lock(mutex_);
    stateless = stateless_;
  }
  // `initialize` can not be cancelled; over stateless HTTP closing the exchange says it.
  if (method == "initialize" || (stateless && transport_->is_http())) return;
  json::Json params{{"requestId", id}, {"reason", "the caller does not wait any longer"}};
  // The thread that gave up is not held up by it.
  quick_.Post(0, [this, params = std::move(params)](const std::stop_token& stop) {
    (void)Notify("notifications/cancelled", params, SystemClock().MonotonicMicros() + kSendUs,
                 stop);
  });
}

Status Connection::Notify(const std::string& method, json::Json params, int64_t deadline_us,
                          const std::stop_token& stop) {
  return transport_->Send(
      {.message = mcp::Notification{.method = method, .params = std::move(params)}, .headers = {}},
      deadline_us, stop);
}

Status Connection::AgreeOn(std::string_view version, const WaitLimits& limits) {
  transport_->SetVersion(version);
  RETURN_IF_ERROR(Notify("notifications/initialized", nullptr, limits.deadline_us, limits.stop));
  transport_->Listen(limits.deadline_us);
  return {};
}

void Connection::SetStateless(bool stateless) {
  const std::lock_guard lock(mutex_);
  stateless_ = stateless;
}

void Connection::OnMessage(mcp::Message message, size_t wire_bytes) {
  if (auto* response = std::get_if<mcp::Response>(&message)) {
    calls_.Deliver(std::move(*response), wire_bytes);
  } else if (auto* notification = std::get_if<mcp::Notification>(&message)) {
    TakeNotification(std::move(*notification), wire_bytes);
  } else {
    TakeServerRequest(std::move(std::get<mcp::Request>(message)), wire_bytes);
  }
}

void Connection::TakeNotification(mcp::Notification notification, size_t wire_bytes) {
  if (notification.method == "notifications/progress") {
    calls_.DeliverProgress(notification.params);
    return;
  }
  if (notification.method == "notifications/cancelled") {
    const auto id = notification.params.is_object() ? notification.params.find("requestId")
                                                    : notification.params.end();
    const std::lock_guard lock(mutex_);
    if (answering_ && id != notification.params.end() &&
        mcp::ToJson(answering_->first) == *id) {
      answering_->second.request_stop();
    }
    return;
  }
  const bool is_queued = quick_.Post(
      wire_bytes, [this, notification = std::move(notification)](const std::stop_token&) {
        on_notification_(notification);
      });
  if (is_queued) return;
  const std::lock_guard lock(mutex_);
  ++dropped_notifications_;
}

void Connection::TakeServerRequest(mcp::Request request, size_t wire_bytes) {
  {
    const std::lock_guard lock(mutex_);
    if (stateless_) {
      ++dropped_server_requests_;
      return;
    }
  }
  WorkQueue& queue = MayTakeLong(request.method) ? slow_ : quick_;
  const bool is_queued =
      queue.Post(wire_bytes, [this, request = std::move(request)](const std::stop_token& stop) {
        AnswerServer(request, stop);
      });
  if (is_queued) return;
  const std::lock_guard lock(mutex_);
  ++dropped_server_requests_;
}

void Connection::AnswerServer(const mcp::Request& request, const std::stop_token& stop) {
  std::stop_source source;
  const std::stop_callback chain(stop, [&source] { source.request_stop(); });
  const bool may_take_long = MayTakeLong(request.method);
  if (may_take_long) {
    const std::lock_guard lock(mutex_);
    answering_.emplace(request.id, source);
    calls_.PauseIdle();
  }
  ServerRequestAnswer answer =
      AnswerServerRequest(handlers_, request.method, request.params, source.get_token());
  if (may_take_long) {
    const std::lock_guard lock(mutex_);
    answering_.reset();
    calls_.ResumeIdle();
  }
  // The server does not want it any more.
  if (source.stop_requested()) return;
  mcp::Response response{.id = request.id, .outcome = std::move(answer)};
  (void)transport_->Send({.message = std::move(response), .headers = {}},
                         SystemClock().MonotonicMicros() + kSendUs, stop);
}

void Connection::OnSendFailure(const mcp::RequestId& id, SendFailure failure) {
  calls_.Fail(id, std::move(failure));
}

void Connection::OnClosed(const Error& why) { calls_.FailAll(why); }

ConnectionCounts Connection::counts() const {
  ConnectionCounts counts{.transport = transport_->counts(), .calls = calls_.counts()};
  const std::lock_guard lock(mutex_);
  counts.dropped_notifications = dropped_notifications_;
  counts.dropped_server_requests = dropped_server_requests_;
  return counts;
}

void Connection::Close() {
  calls_.FailAll({ErrorCode::kUnavailable, "the connection to the MCP server was closed"});
  quick_.Stop();
  slow_.Stop();
  transport_->Close();
}

}  // namespace weir::mcp_client
