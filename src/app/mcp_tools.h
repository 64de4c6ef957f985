#pragma once
// Weir's own tools as an MCP server offers them: definitions from the registry, calls through the
// gate. Any thread.

#include "app/call_gate.h"
#include "json/json.h"
#include "mcp_server/features.h"
#include "tools/registry.h"

namespace weir::app {

// A definition as tools/list gives it. The annotations say what the effect is, no better than it
// is.
json::Json McpDefinition(const tools::ToolEntry& entry);

class McpTools : public mcp_server::Tools {
 public:
  // Borrows the gate.
  explicit McpTools(CallGate* gate);

  json::Json List() override { return list_; }
  mcp_server::Outcome Call(const std::string& name, const json::Json& arguments,
                           mcp_server::RequestContext& context) override;

 private:
  CallGate* gate_;
  json::Json list_ = json::Json::array();
};

}  // namespace weir::app
