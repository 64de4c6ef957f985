#pragma once
// An HTTP/1.1 server on one address: plain requests in, whole responses or streams out.
//
// One thread a connection, and a bound on connections; beyond it the answer is 503. Everything is
// bounded: bytes of head and body, time for head, body, silence and writing. Where a request ends
// is decided once, by Boost.Beast's parser, which only this file sees. Meant for a few clients on
// the same machine; it speaks no TLS.
//
// The handler runs on the connection's thread, several at a time. An exception that it lets out
// becomes a 500.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http_message.h"

namespace weir::net {

struct HttpServerOptions {
  std::string address = "127.0.0.1";  // IPv4 or IPv6, in digits
  uint16_t port = 0;                  // 0: a free one, see HttpServer::port
  size_t max_connections = 64;
  size_t max_head_bytes = 32u << 10;
  size_t max_body_bytes = 16u << 20;
  std::chrono::milliseconds head_timeout{10'000};   // from its first byte
  std::chrono::milliseconds body_timeout{30'000};   // for the whole body
  std::chrono::milliseconds idle_timeout{60'000};   // between two requests
  std::chrono::milliseconds write_timeout{30'000};  // for one write
};

// The body of a response that is sent piece by piece. Any thread; writes follow one another.
class HttpStream {
 public:
  virtual ~HttpStream() = default;
  // Errors: kUnavailable when the peer has left, kCancelled when the server stops,
  // kDeadlineExceeded when the peer does not read. After an error the stream is over.
  virtual Status Write(std::string_view bytes) = 0;
  // Whether the peer is known to have left; costs one system call.
  virtual bool PeerIsGone() = 0;
  // Ends the body, so that the peer reads its end; the handler may go on. A handler that returns
  // without it does the same.
  virtual void End() = 0;
};

// Answers one request: either Send or Begin, once. A handler that does neither sends a 500.
class HttpResponder {
 public:
  virtual ~HttpResponder() = default;
  // The whole response; Content-Length and Date are added. False when the peer did not take it.
  virtual bool Send(const HttpResponse& response) = 0;
  // Sends the head (`head.body` is ignored) and returns the stream of the body; it lives as long as
  // the responder. Errors as HttpStream::Write.
  virtual Result<HttpStream*> Begin(const HttpResponse& head) = 0;
  // Fires when the server stops, and within a second of the peer's leaving: for work that nobody
  // waits for any more. The first call starts a watch of the connection. Handler's thread only.
  virtual std::stop_token AbandonToken() = 0;
  // Fires when the server stops.
  virtual std::stop_token StopToken() const = 0;
  // The port that the request came in at, for CheckOrigin.
  virtual uint16_t local_port() const = 0;
};

using HttpHandler = std::function<void(const HttpRequest&, HttpResponder&)>;

class HttpServer {
 public:
  // Listens and serves at once. Errors: kInvalidArgument for an address that is none,
  // kUnavailable when it can not be listened on; both name address and port.
  static Result<std::unique_ptr<HttpServer>> Start(HttpServerOptions options, HttpHandler handler);
  virtual ~HttpServer() = default;  // as Stop

  virtual uint16_t port() const = 0;
  // Takes no more requests, ends streams, waits for the handlers. Idempotent; not from a handler.
  virtual void Stop() = 0;
};

// Who may talk to a server that browsers can reach.
struct OriginRules {
  uint16_t port = 0;                      // ours
  std::vector<std::string> hosts_also{};  // "name" or "name:port", beside the loopback names
};

// Whether the request was meant for this server and does not come from a page of another site: Host
// must name us (localhost, 127.0.0.1 or [::1] with our port, or one of `hosts_also`), and Origin,
// where there is one, must be http or https on such a host. A web page whose name was pointed at
// this machine (DNS rebinding) fails both. Error kPermissionDenied: answer it with 403. Pure.
Status CheckOrigin(const HttpRequest& request, const OriginRules& rules);

// 127.0.0.0/8 and ::1 in digits.
bool IsLoopbackAddress(std::string_view address);

}  // namespace weir::net
