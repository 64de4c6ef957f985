#pragma once
// What a stranger's tool does and which of its arguments are paths, as far as policy may rely on
// it.
//
// Annotations are claims. The protocol's defaults are the pessimistic ones (not read-only,
// destructive, open world), so without a person's word every tool of a server counts as "network",
// whatever it says. A person's word in weir.toml is what loosens: for one tool it is final; for the
// rest of a server ("*") the claims tighten it tool by tool. Pure; any thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/config.h"
#include "catalog/definition.h"

namespace weir::catalog {

// Hints that are there; of a wrong type counts as absent.
struct Claims {
  std::optional<bool> read_only;
  std::optional<bool> destructive;
  std::optional<bool> open_world;
};

Claims ReadClaims(const json::Json& annotations);

// "read", "write", "delete" or "network": what the hints say, with the pessimistic defaults. For
// showing to people beside the effect that counts.
std::string_view ClaimedEffect(const Claims& claims);

// The effect that counts.
std::string EffectOf(const Definition& definition, const ServerConfig& config);

// Names of arguments that must stay in the workspace. A person's list for the tool is final;
// otherwise those whose name says so (path, file, source, destination and the like) and whose
// schema allows a text, which only tightens.
std::vector<std::string> PathArguments(const Definition& definition, const ServerConfig& config);

// Whether an argument of that name is likely a path: "path", "output_path", "sourceFile".
bool IsPathName(const std::string& argument);

// Every argument that the schema names, in its order.
std::vector<std::string> ArgumentNames(const json::Json& input_schema);

}  // namespace weir::catalog
