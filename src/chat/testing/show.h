#pragma once
// Parsed outputs as short text, for tests.

#include <string>
#include <vector>

#include "chat/output_parser.h"

namespace weir::chat {

// `f{"a":1} g{}`
inline std::string Show(const std::vector<ToolCall>& calls) {
  std::string text;
  for (const ToolCall& call : calls) {
    if (!text.empty()) text += ' ';
    text += call.name + json::Dump(call.arguments);
  }
  return text;
}

// Everything a parsed output says, for comparing two of them.
inline std::string ShowAll(const ParsedOutput& output) {
  std::string text = "reasoning: " + output.reasoning + "\nanswer: " + output.answer +
                     "\ncalls: " + Show(output.calls);
  for (const ParseError& error : output.errors) {
    text += "\nerror: " + error.message + " @" + std::to_string(error.offset) + " " + error.text;
  }
  for (const std::string& repair : output.repairs) text += "\nrepair: " + repair;
  return text;
}

// Calls of one block's body, or "error: ..." with the first error.
inline std::string CallsIn(std::string_view body, const CallOptions& options = {}) {
  const Result<std::vector<ToolCall>> calls = ParseCalls(body, options);
  return calls ? Show(*calls) : "error: " + calls.error().message;
}

// `body` between its markers.
inline std::string Wrapped(std::string_view body) {
  return "<|tool_call_start|>" + std::string(body) + "<|tool_call_end|>";
}

// The output of `pieces` pushed one after the other.
inline ParsedOutput ParsePieces(const std::vector<std::string_view>& pieces,
                                const ParserOptions& options) {
  OutputParser parser(options);
  ParsedOutput output;
  for (const std::string_view piece : pieces) {
    for (const Event& event : parser.Push(piece)) output.Add(event);
  }
  for (const Event& event : parser.Finish()) output.Add(event);
  return output;
}

// A tool whose parameters are given as JSON Schema properties; `required` lists names.
inline ToolDefinition Tool(std::string name, const char* properties = "{}",
                           const char* required = "[]") {
  json::Json parameters = {{"type", "object"}};
  parameters["properties"] = json::Parse(properties).value();
  parameters["required"] = json::Parse(required).value();
  return ToolDefinition{std::move(name), "", std::move(parameters), nullptr};
}

}  // namespace weir::chat
