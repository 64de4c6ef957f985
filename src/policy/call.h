#pragma once
// A call as policy sees it, before anything is decided. Plain values.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/json.h"

namespace weir::policy {

// The server name of the tools in this binary. Every other server is a stranger: what it says about
// its tools (effect, annotations) may tighten a decision, never loosen it.
inline constexpr std::string_view kBuiltinServer = "builtin";

// Who wrote the text of an argument.
enum class Origin { kPerson, kModel, kToolResult, kFile, kUnknown };

// "person", "model", "tool-result", "file", "unknown".
std::string_view OriginName(Origin origin);
std::optional<Origin> OriginFromName(std::string_view name);

struct ProposedCall {
  std::string server{kBuiltinServer};
  std::string tool;
  std::string effect;  // none, read, write, delete or network; anything else is denied
  json::Json arguments = json::Json::object();
  std::string definition_hash;              // of the tool definition the model was shown
  std::vector<std::string> path_arguments;  // names of the arguments that are workspace paths

  // Facts about the moment. What is left empty is unknown, and the unknown never helps an allow
  // rule.

  // Where the parts of an argument came from, by its name or by a JSON pointer such as
  // "/to/0/address". An argument without an entry, and one with an empty list, is unknown.
  std::map<std::string, std::vector<Origin>> origins;
  std::optional<int64_t> calls_so_far;  // of this tool in this run, before this call
  std::optional<double> confidence;     // of the model in this call, 0 to 1
  std::optional<int> minute_of_day;     // local time, minutes since midnight, 0 to 1439
};

// What the author of a policy may refer to. From the registry, never from a model.
struct KnownTool {
  std::string server{kBuiltinServer};
  std::string name;
  std::string effect;
  std::vector<std::string> arguments;       // all names, in the schema's order
  std::vector<std::string> path_arguments;  // those of them that are workspace paths
  // The JSON Schema of the arguments, for telling at load what can never match. Null: unknown.
  json::Json parameters = nullptr;
  // Of an MCP server's tool: the effect is a person's word in weir.toml, or network because nobody
  // gave one; never what the server says of itself. Else it only tightens.
  bool is_effect_given = false;
};

// The tool of that server, or null. `known` is borrowed.
const KnownTool* FindTool(std::span<const KnownTool> known, std::string_view server,
                          std::string_view name);

// The same call with every fact about the moment unknown: what a standing grant is for.
ProposedCall WithoutFacts(ProposedCall call);

// SHA-256 (hex) over every field. Error when the arguments have no canonical form or are no object.
Result<std::string> CallDigest(const ProposedCall& call);

// The canonical argument bytes (RFC 8785): what is shown, approved, logged and run. Same errors.
Result<std::string> CanonicalArguments(const ProposedCall& call);

}  // namespace weir::policy
