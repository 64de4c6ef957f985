#pragma once
// The pinned tools of one MCP server, for ToolHost.
//
// A call goes to the server only while its live definition and program are what a person pinned.
// A call that writes goes, where that is possible, to a second instance in a copy-on-write view of
// the workspace (tools/view_run.h): what it changed is the preview, and on approval exactly that is
// committed. So the server never writes to the workspace itself, and the run can be undone. It is
// not possible for servers with a network, with writable paths of their own, at a URL, or without
// the full sandbox; what they do can not be previewed.
//
// One thread, as ToolServer says.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/pins.h"
#include "mcp_host/server_session.h"
#include "mcp_host/tool_schemas.h"
#include "tools/tool_server.h"
#include "tools/view_run.h"

namespace weir::mcp_host {

struct McpToolServerOptions {
  SessionOptions session;
  std::string workspace;     // an existing folder, absolute
  std::string state_folder;  // views and what undo needs
  catalog::ServerPins pins;  // what a person accepted of this server
};

class McpToolServer : public tools::ToolServer {
 public:
  explicit McpToolServer(McpToolServerOptions options);
  ~McpToolServer() override;

  // Before the first call, for each tool that is offered. Error: its schemas do not compile.
  Status AddTool(const catalog::CatalogTool& tool) { return schemas_.Add(tool); }

  Result<std::string> ProfileHash() const override;
  std::string ProgramHash() const override { return options_.session.plan.program_hash; }
  std::vector<policy::Precondition> Present(const tools::ToolEntry& entry,
                                            const json::Json& arguments) const override;
  Result<tools::Preview> PreviewCall(const tools::ServerCall& call,
                                     const std::stop_token& stop) override;
  Status Prepare(const tools::ServerCall& call, const std::stop_token& stop) override;
  tools::ToolResult Call(const tools::ServerCall& call, const std::stop_token& stop) override;
  void Stop() override;

  // Tools whose live definition was not the pinned one, by their own names, with the reason.
  const std::map<std::string, std::string>& quarantined() const { return quarantined_; }
  ServerSession& session() { return session_; }

 private:
  // A call that has been done in a view and waits for its commit.
  struct Pending {
    std::string tool;
    json::Json arguments;
    tools::ViewRun run;
    tools::ViewPreview preview;
    tools::ToolResult result;
  };

  bool WorksInView(const tools::ToolEntry& entry) const;
  bool IsPending(const tools::ToolEntry& entry, const json::Json& arguments) const;
  // Does the call in a new view. Error: no view, no sandbox, the server does not start.
  Status RunInView(const tools::ServerCall& call, const std::stop_token& stop);
  Status CheckPinned(const std::string& tool,
                     const std::vector<mcp_client::ToolDescription>& listed);
  tools::ToolResult ResultOf(const std::string& tool,
                             const Result<mcp_client::CallToolResult>& answer) const;
  tools::ToolResult CommitPending(const std::string& run_id);

  McpToolServerOptions options_;
  ServerSession session_;
  ToolSchemas schemas_;
  std::optional<Pending> pending_;
  std::string why_no_view_;  // once a view was refused by the system; empty: not so far
  std::map<std::string, std::string> quarantined_;
};

}  // namespace weir::mcp_host
