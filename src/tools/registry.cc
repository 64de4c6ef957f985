#include "tools/registry.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "base/crypto.h"
#include "schema/relax.h"
#include "schema/validator.h"
#include "tools/json_fields.h"

namespace weir::tools {

extern const std::string_view kBuiltinToolsJson;  // builtin_tools.json, embedded by CMake

namespace {

constexpr auto kEffects =
    std::to_array<std::string_view>({"none", "read", "write", "delete", "network"});

Result<ToolEntry> EntryFromJson(const json::Json& in, std::string_view server) {
  ToolEntry entry;
  entry.server = server;
  ASSIGN_OR_RETURN(entry.definition.name, StringField(in, "name"));
  const std::string& name = entry.definition.name;
  if (name.empty()) return MakeError(ErrorCode::kInvalidArgument, "a tool without a name");
  ASSIGN_OR_RETURN(entry.definition.description, StringFieldOr(in, "description", ""));
  ASSIGN_OR_RETURN(entry.effect, StringField(in, "effect"));
  if (std::find(kEffects.begin(), kEffects.end(), entry.effect) == kEffects.end()) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        "tool '{}' has the effect '{}'; none, read, write, delete or network are known", name,
        entry.effect);
  }
  const auto parameters = in.find("parameters");
  if (parameters == in.end() || !parameters->is_object()) {
    return MakeError(ErrorCode::kInvalidArgument, "tool '{}' has no parameters object", name);
  }
  entry.tool = name;
  entry.definition.parameters = *parameters;
  entry.definition.declared = in;
  if (const auto properties = parameters->find("properties");
      properties != parameters->end() && properties->is_object()) {
    for (const auto& [argument, schema] : properties->items()) {
      entry.arguments.push_back(argument);
      if (schema.is_object() && schema.contains("x-weir-path")) {
        entry.path_arguments.push_back(argument);
      }
    }
  }
  ASSIGN_OR_RETURN(entry.definition_hash, DefinitionHash(entry));
  return entry;
}

}  // namespace

Result<Registry> Registry::Builtin() { return Parse(kBuiltinToolsJson, "builtin"); }

Result<Registry> Registry::Parse(std::string_view json_text, std::string_view server) {
  ASSIGN_OR_RETURN(const json::Json list, json::Parse(json_text));
  if (!list.is_array()) {
    return MakeError(ErrorCode::kInvalidArgument, "tool definitions are a {}; a list is expected",
                     list.type_name());
  }
  Registry registry;
  for (const json::Json& item : list) {
    ASSIGN_OR_RETURN(ToolEntry entry, EntryFromJson(item, server));
    const std::string& name = entry.definition.name;
    if (registry.Find(name) != nullptr) {
      return MakeError(ErrorCode::kInvalidArgument, "the tool '{}' is defined twice", name);
    }
    Result<schema::Schema> schema = schema::Schema::Compile(entry.definition.parameters);
    if (!schema) return MakeError(schema.error().WithContext(fmt::format("tool '{}'", name)));
    registry.schemas_.push_back(std::move(*schema));
    registry.entries_.push_back(std::move(entry));
  }
  return registry;
}

const ToolEntry* Registry::Find(std::string_view name) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const ToolEntry& entry) {
    return entry.definition.name == name;
  });
  return found == entries_.end() ? nullptr : &*found;
}

const ToolEntry* Registry::Find(std::string_view server, std::string_view tool) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const ToolEntry& entry) {
    return entry.server == server && entry.tool == tool;
  });
  return found == entries_.end() ? nullptr : &*found;
}

Status Registry::Add(const catalog::CatalogTool& tool) {
  const ToolEntry* other = Find(tool.definition.name);
  if (other == nullptr) other = Find(tool.id.server, tool.id.tool);
  if (other != nullptr) {
    return MakeError(ErrorCode::kInvalidArgument, "{} would be shown as '{}', which is {}",
                     catalog::Describe(tool.id), tool.definition.name,
                     catalog::Describe({other->server, other->tool}));
  }
  ToolEntry entry;
  entry.definition = tool.definition;
  entry.server = tool.id.server;
  entry.tool = tool.id.tool;
  entry.pin = tool.pin_digest;
  entry.effect = tool.effect;
  entry.arguments = tool.arguments;
  entry.path_arguments = tool.path_arguments;
  if (const auto whole = schema::Validator::Compile(tool.input_schema); !whole) {
    return MakeError(whole.error().WithContext(catalog::Describe(tool.id)));
  }
  // Widened to what a grammar can enforce while a model writes. Who runs the tool checks the whole.
  Result<schema::RelaxedSchema> shown = schema::RelaxForGrammar(entry.definition.parameters);
  if (!shown) return MakeError(shown.error().WithContext(catalog::Describe(tool.id)));
  entry.definition.parameters = std::move(shown->document);
  ASSIGN_OR_RETURN(entry.definition_hash, DefinitionHash(entry));
  Result<schema::Schema> schema = schema::Schema::Compile(entry.definition.parameters);
  if (!schema) return MakeError(schema.error().WithContext(catalog::Describe(tool.id)));
  schemas_.push_back(std::move(*schema));
  entries_.push_back(std::move(entry));
  return {};
}

Status Registry::CheckArguments(const ToolEntry& entry, const json::Json& arguments) const {
  const auto index = static_cast<size_t>(&entry - entries_.data());
  CHECK(index < schemas_.size());
  const auto errors = schemas_[index].Validate(arguments);
  if (errors.empty()) return {};
  std::string text;
  for (const auto& error : errors) {
    if (!text.empty()) text += "; ";
    if (!error.pointer.empty()) text += "'" + error.pointer.substr(1) + "' ";
    text += error.message;
  }
  return MakeError(ErrorCode::kInvalidArgument, "the arguments of {} do not fit: {}",
                   entry.definition.name, text);
}

Result<std::string> DefinitionHash(const ToolEntry& entry) {
  json::Json form = json::Json::object();
  form["server"] = entry.server;
  if (!entry.pin.empty()) {
    form["tool"] = entry.tool;
    form["pin"] = entry.pin;
    form["effect"] = entry.effect;
    form["paths"] = entry.path_arguments;
    ASSIGN_OR_RETURN(const std::string canonical, json::Canonical(form));
    return Sha256Hex(canonical);
  }
  form["name"] = entry.definition.name;
  form["description"] = entry.definition.description;
  form["effect"] = entry.effect;
  form["parameters"] = entry.definition.parameters;
  ASSIGN_OR_RETURN(const std::string canonical, json::Canonical(form));
  return Sha256Hex(canonical);
}

}  // namespace weir::tools
