#pragma once
// What MCP servers ask of the person in the middle of a call, shown and answered. Whatever is not
// clearly an acceptance declines. Any thread.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "json/json.h"
#include "tools/server_question.h"

namespace weir::app {

// For a person: the server's words, then the fields, or the whole URL and beneath it its host. Raw:
// escape to show.
std::string ServerQuestionText(const tools::ServerQuestion& question);

// Asks for consent and then for each field. `ask` shows a prompt of a few letters and gives the
// line, or nothing at the end of input; `tell` shows a text, which it escapes.
tools::ServerAnswer AskServerQuestion(
    const tools::ServerQuestion& question,
    const std::function<std::optional<std::string>(std::string_view prompt)>& ask,
    const std::function<void(std::string_view text)>& tell);

// For a program: {"event": "server_question", "server", "message", "fields" or "url" and "host"}.
json::Json ServerQuestionJson(const tools::ServerQuestion& question);
// Its answer, {"action": "accept", "content": {...}}.
tools::ServerAnswer ServerAnswerFromJson(const json::Json& answer);

}  // namespace weir::app
