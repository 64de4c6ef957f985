#pragma once
// One HTTP exchange at a time: a request goes out, a response comes in, whole or in pieces.
//
// Everything is bounded: time, bytes of head and body, redirects (none unless asked for). Only http
// and https are spoken, and no environment variable or file changes what is asked.

#include <chrono>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <string_view>

#include "base/result.h"
#include "net/http_message.h"

namespace weir::net {

struct HttpLimits {
  std::chrono::milliseconds connect{10'000};
  std::chrono::milliseconds total{60'000};  // 0: no limit
  std::chrono::milliseconds idle{0};        // longest silence in the body; 0: any
  size_t max_head_bytes = 256u << 10;
  size_t max_body_bytes = 16u << 20;
  // A redirect past the last one is returned as the response it is, and so is one from https to
  // http and one that takes a body to another origin. Another origin gets no header but Accept and
  // Content-Type.
  int max_redirects = 0;
};

// Takes a response while it comes. Called from the thread that called Stream. An error ends the
// exchange and is what Stream returns.
class HttpSink {
 public:
  virtual ~HttpSink() = default;
  // Once, before any body; `body` is empty.
  virtual Status OnHead(const HttpResponse& head) = 0;
  virtual Status OnBody(std::string_view bytes) = 0;
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;

  // Any status is a response. Errors: kInvalidArgument (the URL or a header is malformed),
  // kUnavailable (no connection, cut off), kDeadlineExceeded, kResourceExhausted (a limit of
  // bytes), kCorruptData (what came is no HTTP), kCancelled. Messages name scheme, host and port,
  // never path, query or headers, which may hold secrets.
  virtual Result<HttpResponse> Send(const HttpRequest& request, const HttpLimits& limits,
                                    const std::stop_token& stop) = 0;
  // The same, body to the sink; the returned response has an empty body. max_body_bytes counts
  // here too: raise it for a stream that shall last.
  virtual Result<HttpResponse> Stream(const HttpRequest& request, const HttpLimits& limits,
                                      HttpSink& sink, const std::stop_token& stop) = 0;
};

// By libcurl. Connections are kept for the next request. Any thread; each call uses a connection of
// its own. HTTP/1.1, certificates are checked, no proxy. A request that may have an effect (any
// method but GET, HEAD, OPTIONS) is never sent a second time by the client itself.
std::unique_ptr<HttpClient> NewHttpClient();

}  // namespace weir::net
