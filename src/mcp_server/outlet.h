#pragma once
// Where the messages of a server go that are no answer: notifications and, in the handshake era,
// requests to the client.

#include "mcp/json_rpc.h"

namespace weir::mcp_server {

// Any thread. Made by a transport; whoever is gone gets nothing, silently.
class Outlet {
 public:
  virtual ~Outlet() = default;
  virtual void Send(const mcp::Message& message) = 0;
  // See RequestContext::CloseStream.
  virtual void Close() {}
};

}  // namespace weir::mcp_server
