#pragma once
// An HTTP client that asks nobody: a handler of the test answers each request, whole or in pieces.

#include <functional>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <vector>

#include "json/json.h"
#include "net/http_client.h"

namespace weir::mcp_client {

// One exchange as the handler sees it, on the thread that asked.
class FakeHttpPeer {
 public:
  FakeHttpPeer(net::HttpSink& sink, const std::stop_token& stop) : sink_(sink), stop_(stop) {}

  // False once the client wants no more.
  bool Head(int status, net::HttpHeaders headers);
  bool Body(std::string_view bytes);
  // Head and body at once.
  bool Json(int status, const json::Json& body, net::HttpHeaders headers = {});
  bool Empty(int status) { return Head(status, {}); }
  // Keeps the exchange open until the client gives it up; at most 10 s.
  void Hang();

  const net::HttpResponse& head() const { return head_; }
  const Status& status() const { return status_; }

 private:
  net::HttpSink& sink_;
  const std::stop_token stop_;
  net::HttpResponse head_;
  Status status_;
};

class FakeHttp : public net::HttpClient {
 public:
  using Handler = std::function<void(const net::HttpRequest&, FakeHttpPeer&)>;

  // Called by several threads at once.
  explicit FakeHttp(Handler handler) : handler_(std::move(handler)) {}

  Result<net::HttpResponse> Send(const net::HttpRequest& request, const net::HttpLimits& limits,
                                 const std::stop_token& stop) override;
  Result<net::HttpResponse> Stream(const net::HttpRequest& request, const net::HttpLimits& limits,
                                   net::HttpSink& sink, const std::stop_token& stop) override;

  std::vector<net::HttpRequest> requests() const;

 private:
  const Handler handler_;
  mutable std::mutex mutex_;  // guards requests_
  std::vector<net::HttpRequest> requests_;
};

}  // namespace weir::mcp_client
