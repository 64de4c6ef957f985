#pragma once
// An MCP server without its transport: what each request means, in both eras.
//
// The handshake era (revisions up to 2025-11-25) has a session that begins with `initialize`; in
// the stateless era (2026-07-28) every request says its revision and the client's capabilities in
// `_meta`. Transports (stdio_server.h, http_endpoint.h) tell the two apart, read and write
// messages, and keep sessions. Any thread; requests are served on the caller's.

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>

#include "base/clock.h"
#include "json/json.h"
#include "mcp/json_rpc.h"
#include "mcp_server/changes.h"
#include "mcp_server/features.h"
#include "mcp_server/handshake.h"
#include "mcp_server/outlet.h"
#include "mcp_server/request_state.h"
#include "mcp_server/tasks.h"

namespace weir::mcp_server {

struct Reply {
  mcp::Response response;
  int http_status = 200;
};

// What a stateless request says of itself.
struct StatelessMeta {
  std::string version;
  json::Json client_capabilities = json::Json::object();
};

class McpServer {
 public:
  // Borrows the clock; the features are borrowed as they say.
  McpServer(Features features, const Clock* clock);

  const Features& features() const { return features_; }
  ChangeHub& changes() { return changes_; }

  // `_meta` of a stateless request. The reply refuses the request: a field is missing (-32602), or
  // the revision is not spoken here (-32022).
  static std::variant<StatelessMeta, Reply> CheckMeta(const mcp::Request& request);

  Reply ServeStateless(const mcp::Request& request, const StatelessMeta& meta,
                       const std::string& principal, Outlet& outlet, const std::stop_token& stop);
  Reply ServeHandshake(const mcp::Request& request, HandshakeSession& session, Outlet& outlet,
                       const std::stop_token& stop);
  // A notification of a client of the handshake era, or on stdio of any.
  static void Notify(const mcp::Notification& notification, InFlight& in_flight);

 private:
  class Context;
  struct Served {
    std::variant<json::Json, mcp::RpcError> answer;
  };

  json::Json ServerInfo() const;
  json::Json Capabilities(Era era) const;
  // ---- handshake ----
  Served Initialize(const json::Json& params, HandshakeSession& session) const;
  std::optional<Served> ServeSessionMethod(const mcp::Request& request, HandshakeSession& session);
  // ---- stateless ----
  json::Json Discover() const;
  std::optional<Served> ServeTaskMethod(const mcp::Request& request, const StatelessMeta& meta,
                                        const std::string& principal);
  Served FinishStateless(Outcome outcome, const mcp::Request& request, const StatelessMeta& meta,
                         Context& context);
  // ---- both ----
  // Nothing for a method that is not offered.
  std::optional<Outcome> Dispatch(const std::string& method, const json::Json& params,
                                  Context& context) const;
  Outcome CallTool(const json::Json& params, Context& context) const;
  Outcome GetPrompt(const json::Json& params, Context& context) const;
  Outcome ReadResource(const json::Json& params, Context& context) const;
  Outcome Complete(const json::Json& params) const;
  static Outcome RunHere(Outcome outcome, Context& context);

  const Features features_;
  ChangeHub changes_;
  StateSealer sealer_;
  TaskStore tasks_;
};

// {"code": -32603, ...} and the like as a response to `id`.
mcp::Response ErrorResponse(std::optional<mcp::RequestId> id, int code, std::string message);

}  // namespace weir::mcp_server
