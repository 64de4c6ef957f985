#include "mcp_server/handshake.h"

#include <algorithm>
#include <utility>

namespace weir::mcp_server {
namespace {

constexpr size_t kMaxSubscriptions = 256;
constexpr size_t kMaxAsked = 64;

}  // namespace

std::optional<size_t> LogLevelFromName(std::string_view name) {
  const auto* const found = std::ranges::find(kLogLevels, name);
  if (found == kLogLevels.end()) return std::nullopt;
  return static_cast<size_t>(found - kLogLevels.begin());
}

bool HandshakeSession::Agree(std::string version, json::Json client_capabilities) {
  const std::lock_guard lock(mutex_);
  if (!version_.empty()) return false;
  version_ = std::move(version);
  client_capabilities_ = std::move(client_capabilities);
  return true;
}

std::string HandshakeSession::version() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

json::Json HandshakeSession::client_capabilities() const {
  const std::lock_guard lock(mutex_);
  return client_capabilities_;
}

void HandshakeSession::SetLogLevel(size_t level) {
  const std::lock_guard lock(mutex_);
  log_level_ = level;
}

size_t HandshakeSession::log_level() const {
  const std::lock_guard lock(mutex_);
  return log_level_;
}

bool HandshakeSession::Subscribe(const std::string& uri) {
  const std::lock_guard lock(mutex_);
  if (subscriptions_.size() >= kMaxSubscriptions) return false;
  subscriptions_.insert(uri);
  return true;
}

void HandshakeSession::Unsubscribe(const std::string& uri) {
  const std::lock_guard lock(mutex_);
  subscriptions_.erase(uri);
}

bool HandshakeSession::IsSubscribed(const std::string& uri) const {
  const std::lock_guard lock(mutex_);
  return subscriptions_.contains(uri);
}

Result<json::Json> HandshakeSession::Ask(Outlet& outlet, const std::string& method,
                                         json::Json params, std::chrono::milliseconds timeout,
                                         const std::stop_token& stop) {
  int64_t id = 0;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return MakeError(ErrorCode::kCancelled, "the client is gone");
    if (asked_.size() >= kMaxAsked) {
      return MakeError(ErrorCode::kResourceExhausted, "{} questions wait for the client already",
                       kMaxAsked);
    }
    id = next_id_++;
    asked_[id] = std::nullopt;
  }
  outlet.Send(mcp::Request{.id = id, .method = method, .params = std::move(params)});

  std::unique_lock lock(mutex_);
  (void)answered_.wait_for(lock, stop, timeout, [&] { return closed_ || asked_[id].has_value(); });
  std::optional<mcp::Response> answer = std::move(asked_[id]);
  const bool closed = closed_;
  asked_.erase(id);
  lock.unlock();
  if (answer) {
    if (answer->ok()) return answer->result();
    return MakeError(ErrorCode::kInvalidArgument, "the client refused {}: {}", method,
                     answer->error().message);
  }
  if (closed || stop.stop_requested()) return MakeError(ErrorCode::kCancelled, "cancelled");
  outlet.Send(mcp::Notification{.method = "notifications/cancelled",
                                .params = {{"requestId", id}, {"reason", "took too long"}}});
  return MakeError(ErrorCode::kDeadlineExceeded, "the client did not answer {}", method);
}

void HandshakeSession::Answer(const mcp::Response& response) {
  const int64_t* id = response.id ? std::get_if<int64_t>(&*response.id) : nullptr;
  if (id == nullptr) return;
  {
    const std::lock_guard lock(mutex_);
    const auto asked = asked_.find(*id);
    if (asked == asked_.end() || asked->second) return;
    asked->second = response;
  }
  answered_.notify_all();
}

void HandshakeSession::Close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  answered_.notify_all();
}

}  // namespace weir::mcp_server
