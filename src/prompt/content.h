#pragma once
// Message content on its way into a prompt: where it comes from, and its two readings. Pure; any
// thread.

#include <optional>
#include <string>
#include <string_view>

#include "chat/message.h"
#include "prompt/builder.h"
#include "prompt/prompt.h"

namespace weir::prompt {

// The word after <|im_start|>.
std::string_view RoleWord(const chat::Message& message);

// The origin of a message's content; `index` is its place in the conversation.
Origin OriginOf(const chat::Message& message, int index);

// The role's line of a turn. A word of the client's own choosing keeps that origin.
void StartMessageTurn(const chat::Message& message, int index, PromptBuilder* out);

// Content as one string: text parts joined, an image part as <image>, any other part and any other
// value as JSON. Absent content is empty.
std::string FlattenParts(const json::Json& content);

// What the model said, of which the reasoning and call markers are its special tokens; everything
// else, the markers of turns above all, is plain text.
void AppendAssistantText(std::string_view text, const Origin& origin, PromptBuilder* out);

// Content of any role but assistant: parts as FlattenParts, with <image> as its special token.
void AppendParts(const json::Json& content, const Origin& origin, PromptBuilder* out);

// What follows the last </think>, without the white space around it; all of `text` when there is no
// </think>.
std::string_view AfterThinking(std::string_view text);

}  // namespace weir::prompt
