#pragma once
// How messages reach one MCP server and come back. Two ways: the server's stdin and stdout
// (stdio_transport.h) and Streamable HTTP (http_transport.h).
//
// A transport checks the form of what it delivers and bounds what it holds; whose answer a message
// is, or whether it was asked for at all, is the receiver's business.

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "mcp/json_rpc.h"
#include "net/http_message.h"

namespace weir::mcp_client {

// Why a request will get no answer.
struct SendFailure {
  Error error = {};
  int http_status = 0;        // of the answer that was no message; 0: none
  bool session_lost = false;  // the server no longer knows the session: initialize again
};

// What a transport tells. Called from its threads, several at once, and never after its Close has
// returned. No call may block or call back into the transport.
class TransportReceiver {
 public:
  virtual ~TransportReceiver() = default;
  // `wire_bytes`: how long the message was as text.
  virtual void OnMessage(mcp::Message message, size_t wire_bytes) = 0;
  virtual void OnSendFailure(const mcp::RequestId& id, SendFailure failure) = 0;
  // Nothing comes any more, and nothing can be sent.
  virtual void OnClosed(const Error& why) = 0;
};

struct OutgoingMessage {
  mcp::Message message;
  net::HttpHeaders headers;  // further ones, over HTTP alone
};

// Counts since the start.
struct TransportCounts {
  uint64_t messages = 0;     // delivered
  uint64_t stray_texts = 0;  // dropped: no JSON, no UTF-8, or no JSON-RPC
};

// Any thread, several at once.
class Transport {
 public:
  virtual ~Transport() = default;  // closes

  // Once, first. The receiver outlives the transport, or its Close.
  virtual void Start(TransportReceiver& receiver) = 0;

  // Hands a message over, waiting until `deadline_us` (MonotonicMicros of SystemClock) at most. An
  // answer comes to the receiver later. Errors: kUnavailable (closed, refused), kDeadlineExceeded,
  // kCancelled, kResourceExhausted (too much is on its way already).
  virtual Status Send(OutgoingMessage message, int64_t deadline_us,
                      const std::stop_token& stop) = 0;

  // The answer to this request is not awaited any more: over HTTP its exchange is closed, which is
  // what cancels it there in the stateless era.
  virtual void Forget(const mcp::RequestId& id) = 0;

  // The revision that `initialize` agreed on: over HTTP every later message names it.
  virtual void SetVersion(std::string_view version) = 0;
  // Over HTTP, handshake era: opens a stream for what the server sends on its own, where it offers
  // one, waiting a moment for it, `deadline_us` at most.
  virtual void Listen(int64_t deadline_us) = 0;

  virtual bool is_http() const = 0;
  virtual TransportCounts counts() const = 0;

  // Ends everything; over stdio the server reads end of file. Idempotent; returns soon.
  virtual void Close() = 0;
};

}  // namespace weir::mcp_client
