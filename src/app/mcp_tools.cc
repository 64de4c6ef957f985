#include "app/mcp_tools.h"

#include <utility>

namespace weir::app {
namespace {

// Asks the person who made a request; a client of an MCP server has its own way to do that.
constexpr const char* kOnlyInRuns = "ask_user";

}  // namespace

json::Json McpDefinition(const tools::ToolEntry& entry) {
  const bool reads = entry.effect == "none" || entry.effect == "read";
  return {{"name", entry.definition.name},
          {"description", entry.definition.description},
          {"inputSchema", entry.definition.parameters},
          {"annotations",
           {{"readOnlyHint", reads},
            // Writing may replace what was there.
            {"destructiveHint", !reads},
            {"openWorldHint", entry.effect == "network"}}}};
}

McpTools::McpTools(CallGate* gate) : gate_(gate) {
  for (const tools::ToolEntry& entry : gate->registry().tools()) {
    if (entry.definition.name != kOnlyInRuns) list_.push_back(McpDefinition(entry));
  }
}

mcp_server::Outcome McpTools::Call(const std::string& name, const json::Json& arguments,
                                   mcp_server::RequestContext& context) {
  const GateResult done = gate_->Call(
      {.client = context.principal(), .tool = name, .arguments = arguments}, context.stop());
  json::Json result = mcp_server::TextResult(done.result.ForModel(), done.result.is_error);
  if (done.result.data.is_object()) result["structuredContent"] = done.result.data;
  if (!done.run_id.empty()) result["_meta"]["weir/run"] = done.run_id;
  if (!done.result.undo_id.empty()) result["_meta"]["weir/undo"] = done.result.undo_id;
  return result;
}

}  // namespace weir::app
