#include "chat/tool_match.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <system_error>
#include <utility>

namespace weir::chat {
namespace {

using json::Json;

// Names that differ only in how words are joined are equal.
std::string Joined(std::string_view name) {
  std::string joined(name);
  std::replace_if(joined.begin(), joined.end(), [](char c) { return c == '-' || c == '.'; }, '_');
  return joined;
}

// The declared properties, or null.
const Json* Properties(const ToolDefinition& tool) {
  if (!tool.parameters.is_object()) return nullptr;
  const auto found = tool.parameters.find("properties");
  return found == tool.parameters.end() || !found->is_object() ? nullptr : &*found;
}

bool IsRequired(const ToolDefinition& tool, const std::string& name) {
  const auto required = tool.parameters.find("required");
  return required != tool.parameters.end() && required->is_array() &&
         std::find(required->begin(), required->end(), Json(name)) != required->end();
}

// The declared parameter that `name` means, or `name` itself.
std::string ParameterName(const ToolDefinition& tool, const std::string& name) {
  const Json* properties = Properties(tool);
  if (properties == nullptr || properties->contains(name)) return name;
  std::string match;
  for (const auto& [declared, schema] : properties->items()) {
    if (Joined(declared) != Joined(name)) continue;
    if (!match.empty()) return name;
    match = declared;
  }
  return match.empty() ? name : match;
}

// Gives names to the values that have none. Certain are: one value and one parameter that is still
// free; or values in the order of parameters that are all required. Otherwise false.
bool NamePositional(const ToolDefinition* tool, std::vector<RawArgument>* arguments) {
  const auto is_positional = [](const RawArgument& argument) { return argument.name.empty(); };
  const size_t n_positional =
      static_cast<size_t>(std::count_if(arguments->begin(), arguments->end(), is_positional));
  if (n_positional == 0) return true;
  const Json* properties = tool == nullptr ? nullptr : Properties(*tool);
  if (properties == nullptr) return false;
  std::vector<std::string> free;
  for (const auto& property : properties->items()) {
    const bool taken =
        std::any_of(arguments->begin(), arguments->end(),
                    [&](const RawArgument& argument) { return argument.name == property.key(); });
    if (!taken) free.push_back(property.key());
  }
  const bool only_one = n_positional == 1 && free.size() == 1;
  size_t index = 0;
  for (const auto& [name, schema] : properties->items()) {
    if (index >= n_positional) break;
    const bool in_order = free.size() > index && free[index] == name && IsRequired(*tool, name);
    if (!only_one && !in_order) return false;
    (*arguments)[index].name = free[index];
    ++index;
  }
  return index == n_positional;
}

bool IsOfType(const Json& value, std::string_view type) {
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  if (type == "array") return value.is_array();
  if (type == "object") return value.is_object();
  if (type == "number") return value.is_number();
  if (type != "integer") return true;
  return value.is_number_integer() ||
         (value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>());
}

// The JSON value that the text of a string spells, if it is of the wanted kind.
bool ValueInString(const std::string& text, std::string_view type, Json* value) {
  if (type == "boolean" && (text == "True" || text == "False")) {
    *value = text == "True";
    return true;
  }
  if (type == "null" && text == "None") {
    *value = nullptr;
    return true;
  }
  Result<Json> parsed = json::Parse(text);
  if (!parsed || parsed->is_string() || !IsOfType(*parsed, type)) return false;
  *value = std::move(*parsed);
  return true;
}

// Turns `argument` into the declared type where that loses nothing: a number or truth value into
// the string it was written as, a string into the value it spells.
bool CoerceTo(std::string_view type, RawArgument* argument) {
  if (argument->value.is_string()) {
    if (type == "string") return false;
    return ValueInString(argument->value.get<std::string>(), type, &argument->value);
  }
  if (type != "string" || !(argument->value.is_number() || argument->value.is_boolean())) {
    return false;
  }
  argument->value = argument->source;
  return true;
}

// Types of a property schema: "type" is a string or a list of strings.
std::vector<std::string> DeclaredTypes(const Json& schema) {
  std::vector<std::string> types;
  if (!schema.is_object() || !schema.contains("type")) return types;
  const Json& type = schema["type"];
  if (type.is_string()) types.push_back(type.get<std::string>());
  if (type.is_array()) {
    for (const Json& item : type) {
      if (item.is_string()) types.push_back(item.get<std::string>());
    }
  }
  return types;
}

bool Coerce(const ToolDefinition& tool, RawArgument* argument) {
  const Json* properties = Properties(tool);
  if (properties == nullptr || !properties->contains(argument->name)) return false;
  const std::vector<std::string> types = DeclaredTypes((*properties)[argument->name]);
  for (const std::string& type : types) {
    if (IsOfType(argument->value, type)) return false;
  }
  return std::any_of(types.begin(), types.end(),
                     [&](const std::string& type) { return CoerceTo(type, argument); });
}

}  // namespace

const ToolDefinition* FindTool(const std::vector<ToolDefinition>* tools, std::string_view name,
                               bool map_names) {
  if (tools == nullptr) return nullptr;
  for (const ToolDefinition& tool : *tools) {
    if (tool.name == name) return &tool;
  }
  if (!map_names) return nullptr;
  const std::string joined = Joined(name);
  const ToolDefinition* match = nullptr;
  for (const ToolDefinition& tool : *tools) {
    if (Joined(tool.name) != joined) continue;
    if (match != nullptr) return nullptr;
    match = &tool;
  }
  return match;
}

bool HasParameter(const ToolDefinition& tool, std::string_view name) {
  const Json* properties = Properties(tool);
  if (properties == nullptr) return false;
  return properties->contains(ParameterName(tool, std::string(name)));
}

ToolCall FitToTools(const RawCall& raw, const CallOptions& options, Problem* problem,
                    std::vector<std::string>* repairs) {
  const ToolDefinition* tool = FindTool(options.tools, raw.name, options.map_names);
  ToolCall call;
  call.id = raw.id;
  call.name = tool == nullptr ? raw.name : tool->name;
  if (call.name != raw.name)
    repairs->push_back("name '" + raw.name + "' means '" + call.name + "'");
  std::vector<RawArgument> arguments = raw.arguments;
  const bool had_positional = !arguments.empty() && arguments.front().name.empty();
  if (!NamePositional(tool, &arguments)) {
    *problem = Problem{Problem::Kind::kUnsupported, raw.begin,
                       "call of '" + raw.name +
                           "' has a value without a name, and it is not "
                           "certain which parameter it is for; write name=value"};
    return call;
  }
  if (had_positional) repairs->push_back("values of '" + call.name + "' were named by position");
  for (RawArgument& argument : arguments) {
    if (tool != nullptr) {
      if (options.map_names) argument.name = ParameterName(*tool, argument.name);
      if (Coerce(*tool, &argument)) {
        repairs->push_back("argument '" + argument.name + "' was given its declared type");
      }
    }
    if (call.arguments.contains(argument.name)) {
      *problem = Problem{Problem::Kind::kUnsupported, raw.begin,
                         "argument '" + argument.name + "' is given twice"};
      return call;
    }
    call.arguments[argument.name] = std::move(argument.value);
  }
  return call;
}

}  // namespace weir::chat
