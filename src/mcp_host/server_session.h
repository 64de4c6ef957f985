#pragma once
// One configured MCP server for the time of a run: started when it is first needed, connected,
// asked, started again when it failed (restart_policy.h), stopped at the end.
//
// Whatever the server does (crash, flood, silence, garbage) ends as an Error of the call in hand
// within the configured time; a server that broke the protocol or ran out of time is stopped.
//
// One thread, the one that started it; the client has threads of its own.

#include <atomic>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/config.h"
#include "json/json.h"
#include "mcp_client/client.h"
#include "mcp_client/handlers.h"
#include "mcp_host/restart_policy.h"
#include "mcp_host/server_process.h"
#include "net/authorizer.h"
#include "net/http_client.h"
#include "tools/tool_server.h"

namespace weir::mcp_host {

struct SessionOptions {
  catalog::ServerConfig config;
  ServerPlan plan;                                 // of a server that is a program
  mcp_client::ClientHandlers* handlers = nullptr;  // borrowed; null: everything is declined
  net::HttpClient* http = nullptr;                 // borrowed; for a server at a URL
  net::Authorizer* authorizer = nullptr;           // borrowed; may be null
  const Clock* clock = nullptr;                    // borrowed
  RestartLimits restarts = {};
};

class ServerSession {
 public:
  explicit ServerSession(SessionOptions options);
  ~ServerSession();
  ServerSession(const ServerSession&) = delete;
  ServerSession& operator=(const ServerSession&) = delete;

  // Runs and connected afterwards. `record` is told of a process before it is spoken to. Errors:
  // kUnavailable (does not start, does not answer, failed too often), kDeadlineExceeded,
  // kCancelled; the message names the server and quotes its last words.
  Status Start(const tools::RecordStart& record, const std::stop_token& stop);

  // Its tools as it declares them, each the `raw` object. Asked once a start, and again when the
  // server says that they changed.
  Result<const std::vector<mcp_client::ToolDescription>*> Tools(const std::stop_token& stop);
  // What it says of itself in general; empty before Start. Text of a stranger.
  std::string Instructions() const;

  // After Start. A tool's own error is a result; everything else that goes wrong is an Error, and
  // stops a server that did not keep to the protocol or to its time.
  Result<mcp_client::CallToolResult> Call(const std::string& tool, const json::Json& arguments,
                                          const std::stop_token& stop);

  void Stop();
  bool is_running() const { return client_ != nullptr; }
  // Of its init where it has one; -1 when it does not run.
  pid_t pid() const { return process_ ? process_->pid() : -1; }

 private:
  class Notices;

  Status StartProcess(const tools::RecordStart& record);
  Status Connect(const std::stop_token& stop);
  Status AwaitTurn(const std::stop_token& stop);
  // `error` with the server's name and last words, after it was stopped where that is due.
  Error Failed(Error error);

  SessionOptions options_;
  RestartPolicy restarts_;
  std::unique_ptr<Notices> notices_;  // outlives the client
  std::unique_ptr<ServerProcess> process_;
  std::unique_ptr<mcp_client::Client> client_;
  std::optional<std::vector<mcp_client::ToolDescription>> tools_;
};

// A client on the two ends of a process, connected; and a list and a call within the server's own
// time. For a session and for a preview in a view.
Result<std::unique_ptr<mcp_client::Client>> ConnectOverStdio(UniqueFd to_server,
                                                             UniqueFd from_server,
                                                             mcp_client::ClientHandlers* handlers,
                                                             const catalog::ServerConfig& config,
                                                             const std::stop_token& stop);
mcp_client::CallOptions TimesOf(const catalog::ServerConfig& config, const std::stop_token& stop);

}  // namespace weir::mcp_host
