#pragma once
// Reads calls whose strings hold unescaped quotes or a backslash before the closing quote, such as
// `f(a='It's')`: tries every way of closing the strings and takes the result when there is exactly
// one. Pure; bounded work.

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "chat/message.h"
#include "chat/python_reader.h"

namespace weir::chat {

// Reads the reader's whole text; false when this way of closing strings makes no sense.
using ReadAttempt = std::function<bool(PythonReader& reader, std::vector<RawCall>* calls)>;

std::optional<std::vector<RawCall>> RepairQuotes(std::string_view body,
                                                 const std::vector<ToolDefinition>* tools,
                                                 const ReadAttempt& read);

}  // namespace weir::chat
