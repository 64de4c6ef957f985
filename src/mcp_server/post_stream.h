#pragma once
// The answer to one POST of Streamable HTTP: plain JSON, or an event stream from the first message
// on that comes before the answer.

#include <mutex>
#include <string>

#include "mcp_server/event_store.h"
#include "mcp_server/outlet.h"
#include "mcp_server/server.h"
#include "net/http_server.h"

namespace weir::mcp_server {

struct PostStreamOptions {
  EventStore* events = nullptr;  // of the session, whose streams can be resumed; null: none
  bool primes = false;           // begin with an empty event to resume from
  std::string session_id{};      // told with the answer; empty: not
};

// Any thread may send; the rest is for the request's thread.
class PostStream : public Outlet {
 public:
  // Borrows the responder and the store.
  PostStream(net::HttpResponder& responder, PostStreamOptions options)
      : responder_(responder), options_(std::move(options)) {}

  void Send(const mcp::Message& message) override;
  // The client reads the end of the stream now; what is sent later waits in the store.
  void Close() override;
  void Finish(const Reply& reply);
  // The answer will not come any more: the stream ends without one.
  void Abandon();
  // Null before the first message.
  net::HttpStream* stream();

 private:
  void Begin();
  void Put(const std::string& data);
  net::HttpHeaders Headers(std::string type) const;

  net::HttpResponder& responder_;
  const PostStreamOptions options_;
  std::mutex mutex_;  // guards all below
  bool begun_ = false;
  bool closed_ = false;
  net::HttpStream* stream_ = nullptr;  // null also when the client is gone
  uint64_t number_ = 0;                // of the stream in the store
};

}  // namespace weir::mcp_server
