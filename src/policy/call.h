#pragma once
// A call as policy sees it, before anything is decided. Plain values.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/json.h"

namespace weir::policy {

// The server name of the tools in this binary. Every other server is a stranger: what it says about
// its tools (effect, annotations) may tighten a decision, never loosen it.
inline constexpr std::string_view kBuiltinServer = "builtin";

struct ProposedCall {
  std::string server{kBuiltinServer};
  std::string tool;
  std::string effect;  // none, read, write, delete or network; anything else is denied
  json::Json arguments = json::Json::object();
  std::string definition_hash;              // of the tool definition the model was shown
  std::vector<std::string> path_arguments;  // names of the arguments that are workspace paths
};

// What the author of a policy may refer to. From the registry, never from a model.
struct KnownTool {
  std::string server{kBuiltinServer};
  std::string name;
  std::string effect;
  std::vector<std::string> arguments;       // all names, in the schema's order
  std::vector<std::string> path_arguments;  // those of them that are workspace paths
};

// SHA-256 (hex) over the canonical form of every field. Error when the arguments have no canonical
// form or are no object.
Result<std::string> CallDigest(const ProposedCall& call);

// The canonical argument bytes (RFC 8785): what is shown, approved, logged and run. Same errors.
Result<std::string> CanonicalArguments(const ProposedCall& call);

}  // namespace weir::policy
