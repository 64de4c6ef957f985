#pragma once
// Which era and revision a server speaks. The stateless era is probed by `server/discover`; any
// error that is not one of that era's own, or silence, means `initialize`.

#include <string>

#include "base/result.h"
#include "mcp_client/connection.h"
#include "mcp_client/options.h"
#include "mcp_client/results.h"

namespace weir::mcp_client {

struct Agreement {
  bool stateless = false;
  std::string version;
  ServerInfo server;
};

// `params` with the `_meta` that every request of the stateless era has.
json::Json WithMeta(json::Json params, const ClientOptions& options,
                    const json::Json& capabilities);

// Errors: kUnsupported (no revision in common), kPermissionDenied (not let in), kCorruptData (an
// answer that is none), and those of the transport. The connection is set to the era.
Result<Agreement> Negotiate(Connection& connection, const ClientOptions& options,
                            const json::Json& capabilities, const std::stop_token& stop);

// `initialize` and what follows it, also to renew a session.
Result<Agreement> Initialize(Connection& connection, const ClientOptions& options,
                             const json::Json& capabilities, const WaitLimits& limits);

// What a server's error means to who called: its code as ours, its text shortened and without
// control characters.
Error ErrorOf(const std::string& method, const mcp::RpcError& error);

}  // namespace weir::mcp_client
