#pragma once
// Fits a call as it was read to the declared tools: its name, the names of its arguments, the types
// of their values. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "chat/call_parser.h"
#include "chat/python_reader.h"

namespace weir::chat {

// The finished call. On a problem (a value without a name that fits no parameter for certain)
// problem->kind is set and the result is not used. Adds a sentence to `repairs` for every mending.
ToolCall FitToTools(const RawCall& raw, const CallOptions& options, Problem* problem,
                    std::vector<std::string>* repairs);

}  // namespace weir::chat
