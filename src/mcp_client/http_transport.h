#pragma once
// Streamable HTTP, both eras: every message is a POST of its own; the answer is JSON or a stream of
// events.
//
// Handshake era: the session id that the server gives is kept and sent, deleted at the end, and a
// 404 says that it is gone; a stream that ends before its answer is resumed by GET with the last
// event's id, as long after as the server's `retry` says; one GET stream takes what the server
// sends on its own. Stateless era: the headers that mirror the body, none of the former.
//
// Threads: one for each request on its way and one for the GET stream, all bounded and ended by
// Close. Which requests may be made is the authorizer's word; its tokens go into headers alone.

#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "mcp_client/answer_sink.h"
#include "mcp_client/transport.h"
#include "net/authorizer.h"
#include "net/http_client.h"

namespace weir::mcp_client {

struct HttpTransportOptions {
  std::string url;
  net::Authorizer* authorizer = nullptr;  // borrowed; null: none
  net::HttpHeaders headers = {};          // sent with every request
};

class HttpTransport : public Transport, private MessageSink {
 public:
  // `http` is borrowed for the transport's life.
  HttpTransport(net::HttpClient& http, HttpTransportOptions options);
  ~HttpTransport() override { HttpTransport::Close(); }
  HttpTransport(const HttpTransport&) = delete;
  HttpTransport& operator=(const HttpTransport&) = delete;

  void Start(TransportReceiver& receiver) override { receiver_ = &receiver; }
  Status Send(OutgoingMessage message, int64_t deadline_us, const std::stop_token& stop) override;
  void Forget(const mcp::RequestId& id) override;
  void SetVersion(std::string_view version) override;
  void Listen(int64_t deadline_us) override;
  bool is_http() const override { return true; }
  TransportCounts counts() const override;
  void Close() override;

 private:
  struct Exchange {
    mcp::RequestId id;
    bool done = false;    // guarded by mutex_
    std::jthread thread;  // set and joined by whoever holds the list's node
  };

  void TakeMessage(mcp::Message message, size_t wire_bytes) override;
  Status TakeStray() override;

  // POSTs a request and sees to it that its answer, or why there is none, is told.
  void RunExchange(const OutgoingMessage& message, const mcp::RequestId& id,
                   const std::stop_token& stop);
  Result<SendFailure> TryExchange(const OutgoingMessage& message, AnswerSink& sink,
                                  const std::stop_token& stop);
  // Asks for the rest of a stream that broke off, until the answer has come.
  Status Resume(AnswerSink& sink, const std::stop_token& stop);
  void RunListening(const std::stop_token& stop);

  // One HTTP exchange, repeated as the authorizer says. Ok also when the sink ended it because the
  // answer had come.
  Status RoundTrip(const net::HttpRequest& request, const net::HttpLimits& limits, AnswerSink& sink,
                   const std::stop_token& stop);
  net::HttpRequest PostRequest(const OutgoingMessage& message);
  net::HttpRequest GetRequest(const std::string& last_event_id) const;
  void AddSession(net::HttpHeaders& headers) const;
  void KeepSession(const net::HttpResponse& head);
  void DeleteSession();
  void ReapExchanges();

  net::HttpClient& http_;
  const HttpTransportOptions options_;
  TransportReceiver* receiver_ = nullptr;  // borrowed; set once by Start
  ByteBudget budget_;

  mutable std::mutex mutex_;  // guards all below but listener_
  std::condition_variable_any changed_;
  std::list<Exchange> exchanges_;
  std::string session_id_;  // empty: none
  std::string version_;     // of the handshake era; empty: not agreed on yet
  bool listening_known_ = false;  // the server has answered the GET
  bool closed_ = false;
  TransportCounts counts_;

  std::jthread listener_;  // used by Listen and Close alone, which do not overlap
};

}  // namespace weir::mcp_client
