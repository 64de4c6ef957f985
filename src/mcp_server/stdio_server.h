#pragma once
// An MCP server on two descriptors, one message a line: what a client starts as its child.
//
// The client's era shows in each request (see server.h). Lines are bounded; what is no message is
// answered with -32700 or -32600 and the next line is read. Requests run on a few threads, so that
// a slow one does not hold up a ping or a cancellation.

#include <chrono>
#include <cstddef>
#include <stop_token>

#include "base/result.h"
#include "mcp_server/server.h"

namespace weir::mcp_server {

struct StdioOptions {
  size_t max_line_bytes = 16u << 20;
  int n_workers = 4;
  size_t max_waiting = 256;  // requests that no worker has taken yet; more are refused
  // After the end of input: for what is under way, before it is asked to stop.
  std::chrono::milliseconds grace{2'000};
  std::chrono::milliseconds write_timeout{30'000};
};

// Serves until the end of input, a stop, or a client that does not read (kDeadlineExceeded) or is
// gone (kUnavailable). The descriptors stay open; nothing else may write to `out_fd` meanwhile.
Status ServeStdio(McpServer& server, int in_fd, int out_fd, const StdioOptions& options,
                  const std::stop_token& stop);

}  // namespace weir::mcp_server
