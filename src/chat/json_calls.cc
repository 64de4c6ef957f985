#include "chat/json_calls.h"

#include <string>
#include <utility>

namespace weir::chat {
namespace {

using json::Json;

bool IsArgumentsKey(const std::string& key) { return key == "arguments" || key == "parameters"; }

Problem NotACall(std::string message) {
  return Problem{Problem::Kind::kUnsupported, 0, std::move(message)};
}

// `arguments` as an object, as a string of JSON, or null.
Problem ReadArguments(const Json& arguments, RawCall* call) {
  if (arguments.is_null()) return {};
  if (arguments.is_string()) {
    const Result<Json> parsed = json::Parse(arguments.get_ref<const std::string&>());
    if (!parsed) return NotACall("the arguments are a string that is not JSON");
    if (parsed->is_string()) return NotACall("the arguments are no object");
    return ReadArguments(*parsed, call);
  }
  if (!arguments.is_object()) return NotACall("the arguments are no object");
  if (arguments.size() > kMaxArguments) return NotACall("the call has too many arguments");
  for (const auto& [name, value] : arguments.items()) {
    if (name.empty()) return NotACall("an argument has an empty name");
    call->arguments.push_back(RawArgument{name, value, json::Dump(value)});
  }
  return {};
}

Problem ReadCall(const Json& item, RawCall* call) {
  if (!item.is_object()) return NotACall("the list holds something that is no object");
  bool has_arguments = false;
  for (const auto& [key, value] : item.items()) {
    if (key == "function" && value.is_object() && !item.contains("name")) {
      const Problem inner = ReadCall(value, call);
      if (inner.kind != Problem::Kind::kNone) return inner;
    } else if (key == "name" && value.is_string()) {
      call->name = value.get<std::string>();
    } else if (key == "id" && value.is_string()) {
      call->id = value.get<std::string>();
    } else if (IsArgumentsKey(key)) {
      if (has_arguments) return NotACall("both 'arguments' and 'parameters' are given");
      has_arguments = true;
      const Problem problem = ReadArguments(value, call);
      if (problem.kind != Problem::Kind::kNone) return problem;
    } else if (key != "type") {
      return NotACall("key '" + key + "' is no part of a call");
    }
  }
  if (call->name.empty()) return NotACall("the call has no name");
  return {};
}

}  // namespace

bool CallsFromJson(const Json& value, std::vector<RawCall>* calls, Problem* problem) {
  if (!value.is_array() && !value.is_object()) {
    *problem = Problem{Problem::Kind::kSyntax, 0, "expected an object or a list of objects"};
    return false;
  }
  if (value.is_array() && value.size() > kMaxCalls) {
    *problem = Problem{Problem::Kind::kSyntax, 0,
                       "the list has more than " + std::to_string(kMaxCalls) + " calls"};
    return false;
  }
  const Json list = value.is_array() ? value : Json::array({value});
  for (const Json& item : list) {
    RawCall& call = calls->emplace_back();
    call.problem = ReadCall(item, &call);
  }
  return true;
}

}  // namespace weir::chat
