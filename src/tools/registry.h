#pragma once
// The tools Weir knows: what the model is shown, what policy decides on, what Execute checks again.
//
// The built-in ones come from builtin_tools.json, which CMake embeds in the binary; those of MCP
// servers are added from catalog/. Any thread between two calls of Add, which ends what was
// borrowed.

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "chat/message.h"
#include "schema/schema.h"

namespace weir::tools {

struct ToolEntry {
  // `name` is the display name. `declared` is the whole definition as it was written, or null for a
  // stranger's tool, of which a model sees only what was cleaned.
  chat::ToolDefinition definition;
  std::string server;                       // "builtin", or the key of an MCP server
  std::string effect;                       // none, read, write, delete or network
  std::string definition_hash;              // SHA-256 in hex, see DefinitionHash
  std::vector<std::string> path_arguments;  // names of arguments that are workspace paths
  std::vector<std::string> arguments;       // every argument name, in the order of the schema
  std::string tool;                         // as its server calls it: with `server` its identity
  std::string pin;                          // digest of what a person accepted; "" for built-in
};

class Registry {
 public:
  // The embedded definitions. An error here is a bug of the build; it names the tool.
  static Result<Registry> Builtin();

  // A JSON list of {name, description, effect, parameters} as in builtin_tools.json. Refuses: a
  // name twice, an unknown effect, a schema that does not compile.
  static Result<Registry> Parse(std::string_view json_text, std::string_view server);

  std::span<const ToolEntry> tools() const { return entries_; }
  // By display name, as a model writes it; null when there is none.
  const ToolEntry* Find(std::string_view name) const;
  // By identity, for everything else; null when there is none.
  const ToolEntry* Find(std::string_view server, std::string_view tool) const;

  // A tool of an MCP server that the catalog offers. Refused with nothing added: a display name or
  // identity that is there already, a schema that does not compile.
  Status Add(const catalog::CatalogTool& tool);

  // Ok when `arguments` fit the tool's schema; otherwise one sentence with every complaint.
  // `entry` must be of this registry.
  Status CheckArguments(const ToolEntry& entry, const json::Json& arguments) const;

 private:
  std::vector<ToolEntry> entries_;
  std::vector<schema::Schema> schemas_;  // beside entries_
};

// SHA-256 (hex) over the canonical JSON of {server, name, description, effect, parameters}, or for
// a tool of an MCP server of {server, tool, pin, effect, paths}: what a person approved is bound to
// exactly this definition.
Result<std::string> DefinitionHash(const ToolEntry& entry);

}  // namespace weir::tools
