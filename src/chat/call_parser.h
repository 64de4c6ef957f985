#pragma once
// Reads the text between a model's call markers: Python form `[f(a=1), g()]`, JSON form
// `[{"name": "f", "arguments": {...}}]`, or XML form, and turns it into tool calls.
//
// Nothing is dropped silently: what cannot be read becomes a ParseError that names the place and
// keeps the text. A problem of one call (a Python expression, a value without a JSON form, an
// argument without a name) spoils that call alone; a syntax error spoils the block, because then it
// is not clear where a call ends. All functions are pure; any thread.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "chat/message.h"

namespace weir::chat {

struct CallOptions {
  // The declared tools: names are mapped to theirs, arguments without a name are given one where
  // only one is possible, and values are coerced to the declared types. Null: none of that. Not
  // owned; must outlive the call (or the parser that holds these options).
  const std::vector<ToolDefinition>* tools = nullptr;
  // Take `resolve_library_id` for the declared `resolve-library-id` (equal but for - _ .) where
  // exactly one declared name fits.
  bool map_names = true;
  // Keep only the first of exactly equal calls in one block.
  bool drop_repeats = false;
};

struct ParseError {
  std::string message;  // names the place and the reason
  size_t offset = 0;    // byte where reading stopped: in the block, or (OutputParser) in the output
  std::string text;     // the source of the call or block that could not be read
};

struct ParsedBlock {
  std::vector<ToolCall> calls;  // in order; `id` is empty unless the JSON form gave one
  std::vector<ParseError> errors;
  std::vector<std::string> repairs;  // what was mended, for the log: one sentence each
};

// `body` is the text between the markers. `[]` is no call and no error.
ParsedBlock ParseBlock(std::string_view body, const CallOptions& options = {});

// All calls of the block, or the first error (kCorruptData).
Result<std::vector<ToolCall>> ParseCalls(std::string_view body, const CallOptions& options = {});

}  // namespace weir::chat
