#pragma once
// Messages, tools and calls as every layer between the engine and the agent passes them. Values; no
// tokens text, no I/O.

#include <optional>
#include <string>
#include <vector>

#include "base/token_id.h"
#include "json/json.h"

namespace weir::chat {

// A capability offered to the model. `parameters` is a JSON Schema object, or null when the tool
// takes nothing.
struct ToolDefinition {
  std::string name;
  std::string description;
  json::Json parameters;
  // The exact JSON the person or MCP server declared, when templates must show it verbatim; null
  // otherwise.
  json::Json declared;
};

// A model's request to use a tool. `arguments` is always an object.
struct ToolCall {
  std::string id;
  std::string name;
  json::Json arguments = json::Json::object();
};

enum class Role { kSystem, kUser, kAssistant, kTool, kOther };

struct Message {
  Role role = Role::kUser;
  std::string role_name;  // the exact word for kOther
  json::Json content;     // null (absent), a string, or a list of parts as in OpenAI's API
  std::optional<std::string> thinking;  // assistant only
  std::vector<ToolCall> tool_calls;     // assistant only
  std::string tool_name;                // tool only: whose result this is
  std::vector<TokenId>
      sampled_ids;  // assistant only: the ids as sampled, spliced back instead of re-tokenised
};

struct Conversation {
  std::vector<Message> messages;
  std::vector<ToolDefinition> tools;
};

}  // namespace weir::chat
