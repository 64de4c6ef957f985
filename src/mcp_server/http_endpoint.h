#pragma once
// An MCP server over Streamable HTTP, as the handler of a net::HttpServer.
//
// Every request passes, in this order: the path, Host and Origin (a web page must not reach a local
// server), the bearer token, then what the protocol asks of method and headers. Statuses: 401
// without the token, 403 for a foreign host or page, 404 for another path and an unknown session,
// 405, 406, 415, 400 for what is malformed, 202 for what has no answer.

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "mcp_server/http_sessions.h"
#include "mcp_server/post_stream.h"
#include "mcp_server/server.h"
#include "net/http_server.h"

namespace weir::mcp_server {

struct HttpEndpointOptions {
  std::string path = "/mcp";
  std::vector<std::string> hosts_also{};  // beside the loopback names, see net::OriginRules
  std::string token{};  // what "Authorization: Bearer" must say; empty: anybody may call
  SessionLimits sessions{};
};

// Any thread.
class HttpEndpoint {
 public:
  // Borrows server and clock.
  HttpEndpoint(McpServer* server, const Clock* clock, HttpEndpointOptions options);

  void Handle(const net::HttpRequest& request, net::HttpResponder& responder);

  size_t n_sessions() const { return sessions_.size(); }

 private:
  // The refusal of a request that may not be served, if it is one.
  std::optional<net::HttpResponse> Refuse(const net::HttpRequest& request,
                                          const net::HttpResponder& responder) const;
  void Post(const net::HttpRequest& request, net::HttpResponder& responder);
  void PostStateless(const net::HttpRequest& http, const mcp::Request& request,
                     net::HttpResponder& responder);
  void PostHandshake(const net::HttpRequest& http, const mcp::Message& message,
                     net::HttpResponder& responder);
  void PostInitialize(const mcp::Request& request, net::HttpResponder& responder);
  void Listen(const mcp::Request& request, net::HttpResponder& responder);
  void Get(const net::HttpRequest& request, net::HttpResponder& responder);
  void Delete(const net::HttpRequest& request, net::HttpResponder& responder);
  // The session of the request; null after an answer.
  std::shared_ptr<HttpSession> SessionOf(const net::HttpRequest& request,
                                         net::HttpResponder& responder);

  McpServer* server_;
  const HttpEndpointOptions options_;
  SessionTable sessions_;
};

}  // namespace weir::mcp_server
