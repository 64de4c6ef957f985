#pragma once
// A server on 127.0.0.1 whose every byte is the test's: it reads requests and leaves the answer,
// right or wrong, to a handler. Blocking sockets, one thread a connection.

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "net/http_message.h"

namespace weir::net {

// What a handler answers with. Used by the connection's thread only.
class LoopbackPeer {
 public:
  LoopbackPeer(int fd, std::stop_token stop) : fd_(fd), stop_(std::move(stop)) {}

  // False when the client is gone.
  bool Send(std::string_view bytes);
  // "HTTP/1.1 200 OK", the headers, Content-Length, the body.
  bool Respond(int status, const HttpHeaders& headers, std::string_view body);
  // Ends early when the server is destroyed.
  void Sleep(std::chrono::milliseconds time);
  // Waits until the client has closed; false when it has not within `time`.
  bool WaitForClose(std::chrono::milliseconds time);
  // After the handler returns, the connection is closed instead of read from again.
  void Close() { closes_ = true; }
  bool closes() const { return closes_; }
  bool stopping() const { return stop_.stop_requested(); }

 private:
  const int fd_;
  const std::stop_token stop_;
  bool closes_ = false;
};

class LoopbackServer {
 public:
  using Handler = std::function<void(const HttpRequest&, LoopbackPeer&)>;

  // Called by several threads at once when there are several connections.
  explicit LoopbackServer(Handler handler);
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  int port() const { return port_; }
  std::string Url(std::string_view target) const;
  // Whole requests that came, in the order of their ends.
  std::vector<HttpRequest> requests() const;
  int n_connections() const { return n_connections_; }

 private:
  void Accept(const std::stop_token& stop);
  void Serve(int fd, const std::stop_token& stop);

  const Handler handler_;
  int port_ = 0;
  UniqueFd listener_;
  std::atomic<int> n_connections_ = 0;
  mutable std::mutex mutex_;  // guards requests_ and connections_
  std::vector<HttpRequest> requests_;
  std::vector<std::jthread> connections_;
  std::jthread acceptor_;
};

// A connection that says nothing by itself.
UniqueFd ConnectToLoopback(int port);

// A port of 127.0.0.1 that nobody listens on (until somebody else takes it).
int UnusedPort();

}  // namespace weir::net
