#pragma once
// The XML forms of calls that models drift into:
//   <function=NAME><parameter=KEY>VALUE</parameter>...</function>
//   <invoke name="NAME"><parameter name="KEY">VALUE</parameter>...</invoke>
//   <tool_call>{"name": ..., "arguments": {...}}</tool_call>
// the first two bare or inside wrappers (tool_call, tool_calls, function_call, function_calls).
// Values are text; the declared tools give them types. No entities. Pure.

#include <string_view>
#include <vector>

#include "chat/python_reader.h"

namespace weir::chat {

// `body` is trimmed. False: *problem says why.
bool ReadXmlCalls(std::string_view body, std::vector<RawCall>* calls, Problem* problem);

}  // namespace weir::chat
