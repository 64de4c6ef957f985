#pragma once
// The JSON form of calls: one object or a list of objects {"name": ..., "arguments": {...}}. Also
// "parameters" for "arguments", arguments as a string of JSON, and OpenAI's wrapping
// {"type": "function", "function": {...}}. Pure.

#include <vector>

#include "chat/python_reader.h"
#include "json/json.h"

namespace weir::chat {

// False: `value` is no list of calls at all, *problem says why. An object of the list that is no
// call is in `calls`, marked with its problem.
bool CallsFromJson(const json::Json& value, std::vector<RawCall>* calls, Problem* problem);

}  // namespace weir::chat
