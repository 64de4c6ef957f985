#pragma once
// Tools whose schemas say something about their arguments, for policy tests.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/json.h"
#include "policy/call.h"

namespace weir::policy {

// The arguments are the properties of the schema; `paths` are those that are workspace paths.
inline KnownTool SchemaTool(std::string server, std::string name, std::string effect,
                            std::string_view properties, std::vector<std::string> paths = {}) {
  KnownTool tool;
  tool.server = std::move(server);
  tool.name = std::move(name);
  tool.effect = std::move(effect);
  tool.path_arguments = std::move(paths);
  tool.parameters = {{"type", "object"}, {"additionalProperties", false}};
  tool.parameters["properties"] = json::Parse(properties).value();
  for (const auto& [argument, schema] : tool.parameters["properties"].items()) {
    tool.arguments.push_back(argument);
  }
  return tool;
}

inline const std::vector<KnownTool>& SchemaTools() {
  static const std::vector<KnownTool> tools = {
      SchemaTool("builtin", "read_file", "read", R"({"path":{"type":"string"}})", {"path"}),
      SchemaTool("builtin", "write_file", "write",
                 R"({"path":{"type":"string"},"text":{"type":"string","maxLength":100}})",
                 {"path"}),
      SchemaTool("builtin", "delete_file", "delete", R"({"path":{"type":"string"}})", {"path"}),
      SchemaTool("builtin", "resize", "write",
                 R"({"path":{"type":"string"},
                     "width":{"type":"integer","minimum":1,"maximum":4000},
                     "scale":{"type":"number","exclusiveMinimum":0},
                     "unit":{"type":"string","enum":["pixel","percent"]},
                     "keep":{"type":"boolean"}})",
                 {"path"}),
      SchemaTool("builtin", "fetch", "network",
                 R"({"url":{"type":"string"},"anything":{"anyOf":[{"type":"integer"}]},
                     "tags":{"type":"array","items":{"type":"string"},"maxItems":3}})"),
      SchemaTool("mail", "send_mail", "network",
                 R"({"to":{"type":"array","items":{"type":"object","additionalProperties":false,
                       "properties":{"address":{"type":"string"},"name":{"type":"string"}}}},
                     "subject":{"type":"string"}})"),
      SchemaTool("mail", "read_mail", "read", R"({"folder":{"type":"string"}})"),
  };
  return tools;
}

// A call filled as the registry would.
inline ProposedCall SchemaCall(const std::string& name, json::Json arguments) {
  ProposedCall call;
  call.tool = name;
  call.arguments = std::move(arguments);
  for (const KnownTool& tool : SchemaTools()) {
    if (tool.name != name) continue;
    call.server = tool.server;
    call.effect = tool.effect;
    call.path_arguments = tool.path_arguments;
  }
  return call;
}

}  // namespace weir::policy
