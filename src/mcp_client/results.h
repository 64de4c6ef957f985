#pragma once
// What a server answers, checked for its form. Every text and value here comes from the server and
// is untrusted: it may lie, hold control characters, or try to speak to a model. `raw` is what was
// said, whole, for those who pin or show it.
//
// Values; any thread.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/json.h"
#include "mcp_client/param_headers.h"

namespace weir::mcp_client {

// A server's claims about its own tool; empty: not said.
struct ToolAnnotations {
  std::string title;
  std::optional<bool> read_only, destructive, idempotent, open_world;
};

struct ToolDescription {
  std::string name;  // 1 to 128 of A-Z a-z 0-9 _ - . /
  std::string title;
  std::string description;
  json::Json input_schema;             // an object, as it was sent
  json::Json output_schema = nullptr;  // likewise, or null
  ToolAnnotations annotations;
  std::vector<HeaderParam> header_params;
  json::Json raw;
};

// A tool that is left out of a list, and why.
struct RejectedTool {
  std::string name;
  std::string reason;
};

struct ToolList {
  std::vector<ToolDescription> tools;  // in the server's order, names unique
  std::vector<RejectedTool> rejected;
};

struct CallToolResult {
  json::Json content = json::Json::array();  // objects, each with a text "type"
  json::Json structured_content = nullptr;   // null: none
  bool is_error = false;                     // the tool's own error, not one of the protocol
  json::Json raw;
};

struct ResourceDescription {
  std::string uri;  // of a template: the URI template
  std::string name;
  std::string title;
  std::string description;
  std::string mime_type;
  json::Json raw;
};

struct ReadResourceResult {
  json::Json contents;  // an array of objects, each with a text "uri"
  json::Json raw;
};

struct PromptArgument {
  std::string name;
  std::string description;
  bool required = false;
};

struct PromptDescription {
  std::string name;
  std::string title;
  std::string description;
  std::vector<PromptArgument> arguments;
  json::Json raw;
};

struct GetPromptResult {
  std::string description;
  json::Json messages;  // an array of objects, each with "role" and "content"
  json::Json raw;
};

struct CompletionResult {
  std::vector<std::string> values;  // at most 100
  bool has_more = false;
};

// What `server/discover` or `initialize` told.
struct ServerInfo {
  std::string name;
  std::string version;
  std::string instructions;
  json::Json capabilities = json::Json::object();

  // capabilities[name] is there.
  bool Has(std::string_view capability) const { return capabilities.contains(capability); }
};

// One page of a list: its items, and where the next begins.
struct ListPage {
  json::Json items;                                // an array
  std::optional<std::string> next_cursor;          // an empty text is a cursor too
  std::optional<std::chrono::milliseconds> ttl;    // how long it may be reused; empty: not said
};

// Errors of all of these: kCorruptData, naming what was expected and found.
Result<ListPage> ParseListPage(json::Json result, std::string_view key);
Result<ToolDescription> ParseTool(json::Json tool);
Result<CallToolResult> ParseCallToolResult(json::Json result);
// `uri_key`: "uri", or "uriTemplate" of a template.
Result<ResourceDescription> ParseResource(json::Json resource, std::string_view uri_key);
Result<ReadResourceResult> ParseReadResourceResult(json::Json result);
Result<PromptDescription> ParsePrompt(json::Json prompt);
Result<GetPromptResult> ParseGetPromptResult(json::Json result);
Result<CompletionResult> ParseCompletionResult(const json::Json& result);
// Of `initialize`, or of `server/discover`, which names the server in `_meta`.
Result<ServerInfo> ParseServerInfo(const json::Json& result);

}  // namespace weir::mcp_client
