#include "net/http_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <exception>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "base/unique_fd.h"

namespace weir::net {
namespace {

namespace http = boost::beast::http;
using Milliseconds = std::chrono::milliseconds;
using RequestParser = http::request_parser<http::string_body>;

constexpr size_t kReadBytes = 16u << 10;
constexpr int kWatchPeriodMs = 50;

int64_t DeadlineIn(Milliseconds time) {
  return SystemClock().MonotonicMicros() + time.count() * 1000;
}

int MillisecondsUntil(int64_t deadline_us) {
  const int64_t left_us = deadline_us - SystemClock().MonotonicMicros();
  return left_us <= 0 ? 0 : static_cast<int>(std::min<int64_t>(left_us / 1000 + 1, 1 << 30));
}

const char* ReasonOf(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

bool IsFieldText(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

// The head with its empty line. A field with a line end in it is ours to prevent: it is left out.
std::string HeadText(const HttpResponse& response, std::string_view framing, bool keep_alive) {
  std::string text = fmt::format("HTTP/1.1 {} {}\r\n", response.status, ReasonOf(response.status));
  for (const auto& [name, value] : response.headers.fields()) {
    if (IsFieldText(name) && IsFieldText(value)) text += fmt::format("{}: {}\r\n", name, value);
  }
  text +=
      fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} GMT\r\n{}Connection: {}\r\n\r\n",
                  fmt::gmtime(std::time(nullptr)), framing, keep_alive ? "keep-alive" : "close");
  return text;
}

HttpResponse PlainResponse(int status, std::string text) {
  HttpResponse response{.status = status, .headers = {{"Content-Type", "text/plain"}}};
  response.body = std::move(text) + "\n";
  return response;
}

uint16_t PortOf(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
  return ntohs(storage.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_port
                   : reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

// A socket that does not block, and the server's wake: once it is readable, waiting to read ends.
class Socket {
 public:
  Socket(UniqueFd fd, int wake_fd) : fd_(std::move(fd)), wake_fd_(wake_fd) {}

  int fd() const { return fd_.get(); }

  // Appends what came to `buffer`. Errors: kUnavailable at the end, kDeadlineExceeded, kCancelled.
  Status ReadSome(std::string& buffer, int64_t deadline_us) {
    for (;;) {
      std::array<char, kReadBytes> bytes;
      const ssize_t n = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
      if (n > 0) {
        buffer.append(bytes.data(), static_cast<size_t>(n));
        return {};
      }
      if (n == 0) return MakeError(ErrorCode::kUnavailable, "the peer has left");
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return MakeError(ErrorCode::kUnavailable, "{}", std::strerror(errno));
      RETURN_IF_ERROR(Wait(POLLIN, deadline_us, true));
    }
  }

  Status WriteAll(std::string_view bytes, int64_t deadline_us, bool stoppable) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n >= 0) {
        bytes.remove_prefix(static_cast<size_t>(n));
      } else if (errno == EAGAIN) {
        RETURN_IF_ERROR(Wait(POLLOUT, deadline_us, stoppable));
      } else if (errno != EINTR) {
        return MakeError(ErrorCode::kUnavailable, "the peer has left: {}", std::strerror(errno));
      }
    }
    return {};
  }

  bool PeerIsGone() const {
    pollfd socket{fd_.get(), POLLRDHUP, 0};
    return ::poll(&socket, 1, 0) > 0 && (socket.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
  }

 private:
  Status Wait(short events, int64_t deadline_us, bool stoppable) {
    for (;;) {
      std::array<pollfd, 2> fds{{{fd_.get(), events, 0}, {wake_fd_, POLLIN, 0}}};
      const int n = ::poll(fds.data(), stoppable ? 2 : 1, MillisecondsUntil(deadline_us));
      if (n < 0 && errno == EINTR) continue;
      if (n == 0) return MakeError(ErrorCode::kDeadlineExceeded, "the peer took too long");
      if (stoppable && fds[1].revents != 0) {
        return MakeError(ErrorCode::kCancelled, "the server stops");
      }
      return {};
    }
  }

  UniqueFd fd_;
  int wake_fd_;
};

class StreamImpl : public HttpStream {
 public:
  StreamImpl(Socket& socket, Milliseconds write_timeout)
      : socket_(socket), write_timeout_(write_timeout) {}

  Status Write(std::string_view bytes) override {
    if (bytes.empty()) return {};  // an empty chunk would be the end
    const std::lock_guard lock(mutex_);
    if (ended_) return MakeError(ErrorCode::kUnavailable, "the stream is over");
    if (socket_.PeerIsGone()) return Over({ErrorCode::kUnavailable, "the peer has left"});
    const std::string chunk = fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
    const Status written = socket_.WriteAll(chunk, DeadlineIn(write_timeout_), true);
    return written ? written : Over(written.error());
  }
  bool PeerIsGone() override { return socket_.PeerIsGone(); }
  void End() override {
    const std::lock_guard lock(mutex_);
    if (std::exchange(ended_, true)) return;
    if (!socket_.WriteAll("0\r\n\r\n", DeadlineIn(write_timeout_), false)) broken_ = true;
  }
  bool broken() {
    const std::lock_guard lock(mutex_);
    return broken_;
  }

 private:
  Status Over(Error error) {
    ended_ = broken_ = true;
    return MakeError(std::move(error));
  }

  Socket& socket_;
  const Milliseconds write_timeout_;
  std::mutex mutex_;  // guards the two below and orders the writes
  bool ended_ = false;
  bool broken_ = false;  // the connection can not be used for another request
};

class ResponderImpl : public HttpResponder {
 public:
  ResponderImpl(Socket& socket, const HttpServerOptions& options, bool keep_alive,
                std::stop_token stop)
      : socket_(socket), options_(options), keep_alive_(keep_alive), stop_(std::move(stop)) {}

  bool Send(const HttpResponse& response) override {
    if (std::exchange(answered_, true)) return false;
    if (stop_.stop_requested()) keep_alive_ = false;
    std::string bytes = HeadText(
        response, fmt::format("Content-Length: {}\r\n", response.body.size()), keep_alive_);
    bytes += response.body;
    const bool sent =
        socket_.WriteAll(bytes, DeadlineIn(options_.write_timeout), false).has_value();
    keep_alive_ = keep_alive_ && sent;
    return sent;
  }

  Result<HttpStream*> Begin(const HttpResponse& head) override {
    if (std::exchange(answered_, true)) {
      return MakeError(ErrorCode::kInternal, "the request was answered already");
    }
    const std::string text = HeadText(head, "Transfer-Encoding: chunked\r\n", keep_alive_);
    if (Status sent = socket_.WriteAll(text, DeadlineIn(options_.write_timeout), true); !sent) {
      keep_alive_ = false;
      return MakeError(sent.error());
    }
    stream_.emplace(socket_, options_.write_timeout);
    return &*stream_;
  }

  std::stop_token AbandonToken() override {
    if (!watch_.joinable()) {
      watch_ = std::jthread([this](const std::stop_token& done) {
        const std::stop_callback on_stop(stop_, [this] { abandon_.request_stop(); });
        while (!done.stop_requested() && !abandon_.stop_requested()) {
          pollfd socket{socket_.fd(), POLLRDHUP, 0};
          const bool event = ::poll(&socket, 1, kWatchPeriodMs) > 0;
          if (event) abandon_.request_stop();
        }
      });
    }
    return abandon_.get_token();
  }

  std::stop_token StopToken() const override { return stop_; }
  uint16_t local_port() const override { return PortOf(socket_.fd()); }

  // After the handler: true when the connection can take another request.
  bool Finish() {
    if (watch_.joinable()) {
      watch_.request_stop();
      watch_.join();
    }
    if (!answered_) Send(PlainResponse(500, "the request was not answered"));
    if (stream_) {
      stream_->End();
      keep_alive_ = keep_alive_ && !stream_->broken();
    }
    return keep_alive_;
  }

 private:
  Socket& socket_;
  const HttpServerOptions& options_;
  bool keep_alive_;
  const std::stop_token stop_;
  bool answered_ = false;
  std::optional<StreamImpl> stream_;
  std::stop_source abandon_;
  std::jthread watch_;
};

// One connection: requests, one after the other.
class Connection {
 public:
  Connection(UniqueFd fd, int wake_fd, const HttpServerOptions& options, const HttpHandler& handler,
             std::stop_token stop)
      : socket_(std::move(fd), wake_fd),
        options_(options),
        handler_(handler),
        stop_(std::move(stop)) {}

  void Serve() {
    while (!stop_.stop_requested() && ServeOne()) {
    }
    // What the peer still sends would turn a close into a reset that eats our last answer.
    ::shutdown(socket_.fd(), SHUT_WR);
    std::string rest;
    const int64_t deadline_us = DeadlineIn(Milliseconds(200));
    while (rest.size() < options_.max_body_bytes && socket_.ReadSome(rest, deadline_us)) {
    }
  }

 private:
  bool ServeOne() {
    RequestParser parser;
    parser.eager(true);
    parser.header_limit(static_cast<uint32_t>(options_.max_head_bytes));
    parser.body_limit(options_.max_body_bytes);
    if (buffer_.empty() && !socket_.ReadSome(buffer_, DeadlineIn(options_.idle_timeout))) {
      return false;
    }
    if (!ReadUntil(parser, options_.head_timeout, [&] { return parser.is_header_done(); })) {
      return false;
    }
    const std::string expect(parser.get()[http::field::expect]);
    if (!parser.is_done() && EqualsIgnoringCase(expect, "100-continue") &&
        !socket_.WriteAll("HTTP/1.1 100 Continue\r\n\r\n", DeadlineIn(options_.write_timeout),
                          true)) {
      return false;
    }
    if (!ReadUntil(parser, options_.body_timeout, [&] { return parser.is_done(); })) return false;
    const bool keep_alive = parser.get().keep_alive();
    return Handle(Plain(parser.release()), keep_alive);
  }

  // Feeds the parser until `done`; false after an answer about what was wrong, or without a peer.
  bool ReadUntil(RequestParser& parser, Milliseconds timeout, const auto& done) {
    const int64_t deadline_us = DeadlineIn(timeout);
    while (!done()) {
      boost::beast::error_code error;
      const size_t n = buffer_.empty()
                           ? 0
                           : parser.put(boost::asio::buffer(buffer_.data(), buffer_.size()), error);
      buffer_.erase(0, n);
      if (error && error != http::error::need_more) return Refuse(error);
      if (done()) break;
      if (n > 0 && !error && !buffer_.empty()) continue;
      if (Status read = socket_.ReadSome(buffer_, deadline_us); !read) {
        if (read.error().code == ErrorCode::kDeadlineExceeded) {
          Answer(PlainResponse(408, "the request did not come in time"));
        }
        return false;
      }
    }
    return true;
  }

  bool Refuse(const boost::beast::error_code& error) {
    if (error == http::error::body_limit) {
      Answer(
          PlainResponse(413, fmt::format("a body has at most {} bytes", options_.max_body_bytes)));
    } else if (error == http::error::header_limit) {
      Answer(
          PlainResponse(431, fmt::format("a head has at most {} bytes", options_.max_head_bytes)));
    } else {
      Answer(PlainResponse(400, "this is no HTTP/1.1 request: " + error.message()));
    }
    return false;
  }

  void Answer(const HttpResponse& response) {
    ResponderImpl(socket_, options_, false, stop_).Send(response);
  }

  static HttpRequest Plain(http::request<http::string_body> message) {
    HttpRequest request;
    request.method = std::string(message.method_string());
    request.url = std::string(message.target());
    for (const auto& field : message) {
      request.headers.Add(std::string(field.name_string()), std::string(field.value()));
    }
    request.body = std::move(message.body());
    return request;
  }

  bool Handle(const HttpRequest& request, bool keep_alive) {
    ResponderImpl responder(socket_, options_, keep_alive, stop_);
    try {
      handler_(request, responder);
    } catch (const std::exception& error) {
      Log(LogLevel::kError, fmt::format("http_server: exception={}", error.what()));
      responder.Send(PlainResponse(500, "internal error"));
    }
    return responder.Finish();
  }

  Socket socket_;
  const HttpServerOptions& options_;
  const HttpHandler& handler_;
  const std::stop_token stop_;
  std::string buffer_;  // read and not parsed yet
};

Result<UniqueFd> Listen(const HttpServerOptions& options) {
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
      ::inet_pton(AF_INET, options.address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(options.port);
    size = sizeof(sockaddr_in);
  } else if (auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
             ::inet_pton(AF_INET6, options.address.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(options.port);
    size = sizeof(sockaddr_in6);
  } else {
    return MakeError(ErrorCode::kInvalidArgument,
                     "'{}' is no address to listen on; give one in digits, such as 127.0.0.1",
                     options.address);
  }
  UniqueFd fd(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  if (!fd.valid() || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&storage), size) != 0 ||
      ::listen(fd.get(), 64) != 0) {
    return MakeError(ErrorCode::kUnavailable, "listening on {} port {}: {}; choose another port",
                     options.address, options.port, std::strerror(errno));
  }
  return fd;
}

class ServerImpl : public HttpServer {
 public:
  ServerImpl(HttpServerOptions options, HttpHandler handler, UniqueFd listener, UniqueFd wake)
      : options_(std::move(options)),
        handler_(std::move(handler)),
        listener_(std::move(listener)),
        wake_(std::move(wake)),
        port_(PortOf(listener_.get())) {
    acceptor_ = std::jthread([this] { Accept(); });
  }
  ~ServerImpl() override { Stop(); }

  uint16_t port() const override { return port_; }

  void Stop() override {
    stop_.request_stop();
    const uint64_t one = 1;  // never read, so everybody who waits sees it
    if (::write(wake_.get(), &one, sizeof(one)) < 0 && errno != EAGAIN) return;
    if (acceptor_.joinable()) acceptor_.join();
    listener_.reset();     // nobody waits in its queue
    connections_.clear();  // joins
  }

 private:
  struct Worker {
    std::mutex mutex;
    bool done = false;  // guarded by mutex
    std::jthread thread;
    bool IsDone() {
      const std::lock_guard lock(mutex);
      return done;
    }
  };

  void Accept() {
    while (!stop_.stop_requested()) {
      std::array<pollfd, 2> fds{{{listener_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
      ::poll(fds.data(), 2, 1000);
      connections_.remove_if([](Worker& worker) { return worker.IsDone(); });
      if ((fds[0].revents & POLLIN) == 0) continue;
      UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (!fd.valid()) continue;
      const int on = 1;  // events are small, and each is wanted at once
      ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      if (connections_.size() >= options_.max_connections) {
        Socket socket(std::move(fd), wake_.get());
        ResponderImpl(socket, options_, false, stop_.get_token())
            .Send(PlainResponse(503, "too many connections; try again"));
        continue;
      }
      Worker& worker = connections_.emplace_back();
      worker.thread = std::jthread([this, &worker, client = std::move(fd)]() mutable {
        Connection(std::move(client), wake_.get(), options_, handler_, stop_.get_token()).Serve();
        const std::lock_guard lock(worker.mutex);
        worker.done = true;
      });
    }
  }

  const HttpServerOptions options_;
  const HttpHandler handler_;
  UniqueFd listener_;
  UniqueFd wake_;
  const uint16_t port_;
  std::stop_source stop_;
  std::list<Worker> connections_;  // of the acceptor's thread, and of Stop once that has ended
  std::jthread acceptor_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::Start(HttpServerOptions options,
                                                      HttpHandler handler) {
  ASSIGN_OR_RETURN(UniqueFd listener, Listen(options));
  UniqueFd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return MakeError(ErrorCode::kResourceExhausted, "eventfd: out of descriptors");
  std::unique_ptr<HttpServer> server = std::make_unique<ServerImpl>(
      std::move(options), std::move(handler), std::move(listener), std::move(wake));
  return server;
}

}  // namespace weir::net
