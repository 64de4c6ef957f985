#include "mcp_server/stdio_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "mcp/protocol.h"

namespace weir::mcp_server {
namespace {

constexpr int kStopPollMs = 100;
constexpr size_t kReadBytes = 64u << 10;
const std::string& StdioPrincipal() {
  static const std::string name = "stdio";
  return name;
}

// Lines to the client, whole and one after the other.
class LineOutlet : public Outlet {
 public:
  LineOutlet(int fd, std::chrono::milliseconds timeout) : fd_(fd), timeout_(timeout) {}

  void Send(const mcp::Message& message) override {
    const std::string line = mcp::ToLine(message) + "\n";
    const std::lock_guard lock(mutex_);
    if (status_) status_ = Write(line);
  }
  Status status() {
    const std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  Status Write(std::string_view bytes) const {
    const int64_t deadline_us = SystemClock().MonotonicMicros() + timeout_.count() * 1000;
    while (!bytes.empty()) {
      pollfd out{fd_, POLLOUT, 0};
      const int64_t left_ms = (deadline_us - SystemClock().MonotonicMicros()) / 1000;
      if (left_ms <= 0 || ::poll(&out, 1, static_cast<int>(left_ms)) == 0) {
        return MakeError(ErrorCode::kDeadlineExceeded, "the client does not read its answers");
      }
      // At most what a pipe that is ready takes at once, so that the write does not wait.
      const ssize_t n = ::write(fd_, bytes.data(), std::min<size_t>(bytes.size(), 4096));
      if (n > 0) bytes.remove_prefix(static_cast<size_t>(n));
      if (n < 0 && errno != EINTR && errno != EAGAIN) {
        return MakeError(ErrorCode::kUnavailable, "the client is gone: {}", std::strerror(errno));
      }
    }
    return {};
  }

  const int fd_;
  const std::chrono::milliseconds timeout_;
  std::mutex mutex_;  // orders the lines, guards the status
  Status status_;
};

// Reads lines; a longer one than allowed is skipped and told of.
class LineInput {
 public:
  enum class Kind { kLine, kTooLong, kEnd, kNothing };

  LineInput(int fd, size_t max_bytes) : fd_(fd), max_bytes_(max_bytes) {}

  // Waits a moment at most.
  Kind Next(std::string* line) {
    for (;;) {
      const size_t end = buffer_.find('\n', searched_);
      if (end != std::string::npos) {
        line->assign(buffer_, 0, end);
        buffer_.erase(0, end + 1);
        searched_ = 0;
        if (std::exchange(skipping_, false)) continue;
        return line->size() > max_bytes_ ? Kind::kTooLong : Kind::kLine;
      }
      searched_ = buffer_.size();
      if (buffer_.size() > max_bytes_) {
        buffer_.clear();
        searched_ = 0;
        if (!std::exchange(skipping_, true)) return Kind::kTooLong;
      }
      const Kind more = Read();
      if (more != Kind::kLine) return more;
    }
  }

 private:
  Kind Read() {
    pollfd in{fd_, POLLIN, 0};
    if (::poll(&in, 1, kStopPollMs) <= 0) return Kind::kNothing;
    std::array<char, kReadBytes> bytes;
    const ssize_t n = ::read(fd_, bytes.data(), bytes.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return Kind::kNothing;
    if (n <= 0) return Kind::kEnd;
    buffer_.append(bytes.data(), static_cast<size_t>(n));
    return Kind::kLine;
  }

  const int fd_;
  const size_t max_bytes_;
  std::string buffer_;
  size_t searched_ = 0;    // bytes of the buffer that have no line end
  bool skipping_ = false;  // the rest of a line that was too long
};

// One client on stdio.
class StdioSession {
 public:
  StdioSession(McpServer& server, int out_fd, const StdioOptions& options)
      : server_(server), options_(options), out_(out_fd, options.write_timeout) {
    listener_ = server_.changes().Listen([this](const Change& change) {
      if (client_.version().empty()) return;
      if (change.kind == ChangeKind::kResource && !client_.IsSubscribed(change.uri)) return;
      out_.Send(NotificationOf(change));
    });
    for (int i = 0; i < options.n_workers; ++i) {
      workers_.emplace_back([this] { Work(); });
    }
  }
  ~StdioSession() {
    server_.changes().StopListening(listener_);
    subscriptions_.clear();
  }

  Status status() { return out_.status(); }
  void Refuse(std::optional<mcp::RequestId> id, int code, std::string message) {
    out_.Send(ErrorResponse(std::move(id), code, std::move(message)));
  }

  void Take(const std::string& line) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) return;
    Result<json::Json> value = json::Parse(line, {.max_bytes = options_.max_line_bytes});
    if (!value) {
      return Refuse(std::nullopt, mcp::error_code::kParseError, value.error().message);
    }
    Result<mcp::Message> message = mcp::MessageFromJson(std::move(*value));
    if (!message) {
      return Refuse(std::nullopt, mcp::error_code::kInvalidRequest, message.error().message);
    }
    if (auto* request = std::get_if<mcp::Request>(&*message))
      return TakeRequest(std::move(*request));
    if (const auto* response = std::get_if<mcp::Response>(&*message)) {
      return client_.Answer(*response);
    }
    TakeNotification(std::get<mcp::Notification>(*message));
  }

  // No more input: finishes what is under way, within the grace, and joins.
  void End(bool at_once) {
    client_.Close();  // nobody will answer a question any more
    {
      std::unique_lock lock(mutex_);
      ended_ = true;
      if (at_once) queue_.clear();
      changed_.notify_all();
      changed_.wait_for(lock, at_once ? std::chrono::milliseconds(0) : options_.grace,
                        [&] { return queue_.empty() && n_busy_ == 0; });
      queue_.clear();
    }
    client_.in_flight().CancelAll();
    workers_.clear();  // joins
    for (auto& [id, subscription] : subscriptions_) subscription->End();
  }

 private:
  static bool IsQuick(const std::string& method) {
    return method != "tools/call" && method != "prompts/get" && method != "resources/read" &&
           method != "completion/complete";
  }

  void TakeRequest(mcp::Request request) {
    if (IsQuick(request.method)) return Serve(request);
    std::unique_lock lock(mutex_);
    if (queue_.size() >= options_.max_waiting) {
      lock.unlock();
      return Refuse(request.id, mcp::error_code::kInternalError,
                    fmt::format("{} requests wait already", options_.max_waiting));
    }
    queue_.push_back(std::move(request));
    changed_.notify_all();
  }

  void TakeNotification(const mcp::Notification& notification) {
    McpServer::Notify(notification, client_.in_flight());
    if (notification.method != "notifications/cancelled" || !notification.params.is_object())
      return;
    const auto id = mcp::RequestIdFromJson(notification.params.value("requestId", json::Json()));
    if (!id) return;
    subscriptions_.erase(*id);
    const std::lock_guard lock(mutex_);
    std::erase_if(queue_, [&](const mcp::Request& waiting) { return waiting.id == *id; });
  }

  void Work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return ended_ || !queue_.empty(); });
      if (queue_.empty()) return;
      const mcp::Request request = std::move(queue_.front());
      queue_.pop_front();
      ++n_busy_;
      lock.unlock();
      Serve(request);
      lock.lock();
      --n_busy_;
      changed_.notify_all();
    }
  }

  void Serve(const mcp::Request& request) {
    std::optional<InFlight::Entry> entry;
    entry.emplace(client_.in_flight(), request.id, std::stop_token());
    if (!entry->is_first()) {
      return Refuse(request.id, mcp::error_code::kInvalidRequest,
                    "a request of this id is under way");
    }
    const json::Json meta =
        request.params.is_object() ? request.params.value("_meta", json::Json()) : json::Json();
    const bool stateless = request.method == "server/discover" ||
                           (meta.is_object() && meta.contains(mcp::kMetaProtocolVersion));
    std::optional<Reply> reply;
    if (stateless) {
      reply = ServeStateless(request, entry->token());
    } else {
      reply = server_.ServeHandshake(request, client_, out_, entry->token());
    }
    const bool cancelled = entry->cancelled();
    entry.reset();  // once it has the answer, the client may use the id again
    if (reply && !cancelled) out_.Send(reply->response);
  }

  // Nothing when the answer comes later.
  std::optional<Reply> ServeStateless(const mcp::Request& request, const std::stop_token& stop) {
    auto checked = McpServer::CheckMeta(request);
    if (auto* refusal = std::get_if<Reply>(&checked)) return std::move(*refusal);
    if (request.method != "subscriptions/listen") {
      return server_.ServeStateless(request, std::get<StatelessMeta>(checked), StdioPrincipal(),
                                    out_, stop);
    }
    auto opened = Subscription::Open(request, server_.features(), server_.changes(), out_);
    if (auto* error = std::get_if<mcp::RpcError>(&opened)) {
      return Reply{{.id = request.id, .outcome = std::move(*error)}};
    }
    subscriptions_[request.id] = std::move(std::get<std::unique_ptr<Subscription>>(opened));
    return std::nullopt;
  }

  McpServer& server_;
  const StdioOptions& options_;
  LineOutlet out_;
  HandshakeSession client_{StdioPrincipal()};
  uint64_t listener_ = 0;
  // Of the reading thread.
  std::map<mcp::RequestId, std::unique_ptr<Subscription>> subscriptions_;

  std::mutex mutex_;  // guards the three below
  std::condition_variable changed_;
  std::deque<mcp::Request> queue_;
  int n_busy_ = 0;
  bool ended_ = false;
  std::vector<std::jthread> workers_;
};

}  // namespace

Status ServeStdio(McpServer& server, int in_fd, int out_fd, const StdioOptions& options,
                  const std::stop_token& stop) {
  StdioSession session(server, out_fd, options);
  LineInput input(in_fd, options.max_line_bytes);
  std::string line;
  bool at_once = false;
  for (;;) {
    at_once = stop.stop_requested() || !session.status();
    if (at_once) break;
    const LineInput::Kind kind = input.Next(&line);
    if (kind == LineInput::Kind::kEnd) break;
    if (kind == LineInput::Kind::kLine) session.Take(line);
    if (kind == LineInput::Kind::kTooLong) {
      session.Refuse(std::nullopt, mcp::error_code::kParseError,
                     fmt::format("a line has at most {} bytes", options.max_line_bytes));
    }
  }
  session.End(at_once);
  return session.status();
}

}  // namespace weir::mcp_server
