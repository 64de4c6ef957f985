#pragma once
// A conversation from the JSON that OpenAI's clients send: {"messages": [...], "tools": [...]}.
//
// Mended on the way in: arguments given as a JSON string are parsed; `tool_calls: []`, `thinking:
// null` and `content: null` are dropped; a string `reasoning_content` becomes thinking; tools may
// be wrapped ({"type": "function", "function": {...}}), bare, or strings, and keep their exact form
// for the template. Pure; any thread.

#include <string_view>

#include "base/result.h"
#include "chat/message.h"
#include "json/json.h"
#include "prompt/prompt.h"

namespace weir::prompt {

// Errors are kInvalidArgument and name the place, as in "messages[2].tool_calls[0]".
Result<chat::Conversation> ConversationFromJson(const json::Json& request);

// Reads add_generation_prompt, and preserve_thinking and keep_past_thinking from the object itself
// or from its "options", "kwargs" or "chat_template_kwargs".
Result<RenderOptions> RenderOptionsFromJson(const json::Json& request);

// As json::Parse, but an integer beyond 64 bits keeps its digits (python_repr.h writes them)
// instead of becoming a double. For showing what a template renders; such a value has no place
// elsewhere.
Result<json::Json> ParseKeepingIntegers(std::string_view text);

}  // namespace weir::prompt
