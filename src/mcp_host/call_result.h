#pragma once
// What a stranger's tool answered, as Weir passes it on: bounded, without characters that nobody
// sees, and marked with the server's name. Pure; any thread.

#include <string>

#include "json/json.h"
#include "tools/tool_result.h"

namespace weir::mcp_host {

// Of the text of one result; more is cut with a note.
inline constexpr size_t kMaxResultBytes = 256 << 10;
// Of structured content, as JSON; more is left out with a note.
inline constexpr size_t kMaxStructuredBytes = 1 << 20;

// `content` is an array of MCP content blocks; `structured` null when there is none. Texts are
// kept, images, sounds and links become one line each. The first line, with "[SERVER] " before it,
// is the summary.
tools::ToolResult MakeToolResult(const std::string& server, const json::Json& content,
                                 const json::Json& structured, bool is_error);

// One sentence about what went wrong with the server, for the model.
tools::ToolResult ServerErrorResult(const std::string& server, const Error& error);

}  // namespace weir::mcp_host
