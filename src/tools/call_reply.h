#pragma once
// Reading the `result` of a tools/call of MCP, whatever is in it. Pure; any thread.

#include <string>

#include "json/json.h"
#include "tools/tool_result.h"

namespace weir::tools {

// All its text blocks, one after the other.
std::string TextBlocks(const json::Json& reply);
// Its isError.
bool SaysError(const json::Json& reply);
// The built-in worker's: the first line of text is the summary.
ToolResult ResultOfReply(const json::Json& reply);

}  // namespace weir::tools
