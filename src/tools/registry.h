#pragma once
// The tools Weir knows: what the model is shown, what policy decides on, what Execute checks again.
//
// The built-in ones come from builtin_tools.json, which CMake embeds in the binary. Immutable after
// loading; any thread. Entries live as long as the registry.

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "chat/message.h"
#include "schema/schema.h"

namespace weir::tools {

struct ToolEntry {
  chat::ToolDefinition definition;          // `declared` is the whole definition as it was written
  std::string server;                       // "builtin", or the key of an MCP server
  std::string effect;                       // none, read, write, delete or network
  std::string definition_hash;              // SHA-256 in hex, see DefinitionHash
  std::vector<std::string> path_arguments;  // names of arguments that are workspace paths
  std::vector<std::string> arguments;       // every argument name, in the order of the schema
};

class Registry {
 public:
  // The embedded definitions. An error here is a bug of the build; it names the tool.
  static Result<Registry> Builtin();

  // A JSON list of {name, description, effect, parameters} as in builtin_tools.json. Refuses: a
  // name twice, an unknown effect, a schema that does not compile.
  static Result<Registry> Parse(std::string_view json_text, std::string_view server);

  std::span<const ToolEntry> tools() const { return entries_; }
  const ToolEntry* Find(std::string_view name) const;  // null when there is none

  // Ok when `arguments` fit the tool's schema; otherwise one sentence with every complaint.
  // `entry` must be of this registry.
  Status CheckArguments(const ToolEntry& entry, const json::Json& arguments) const;

 private:
  std::vector<ToolEntry> entries_;
  std::vector<schema::Schema> schemas_;  // beside entries_
};

// SHA-256 (hex) over the canonical JSON of {server, name, description, effect, parameters}: what a
// person approved is bound to exactly this definition.
Result<std::string> DefinitionHash(const ToolEntry& entry);

}  // namespace weir::tools
