#include "policy/call.h"

#include "base/crypto.h"

namespace weir::policy {

Result<std::string> CanonicalArguments(const ProposedCall& call) {
  if (!call.arguments.is_object()) {
    return MakeError(ErrorCode::kInvalidArgument, "the arguments of '{}' are no JSON object",
                     call.tool);
  }
  return json::Canonical(call.arguments);
}

Result<std::string> CallDigest(const ProposedCall& call) {
  ASSIGN_OR_RETURN(std::string arguments, CanonicalArguments(call));
  const json::Json content = {{"server", call.server},
                              {"tool", call.tool},
                              {"effect", call.effect},
                              {"arguments", std::move(arguments)},
                              {"definition", call.definition_hash},
                              {"paths", call.path_arguments}};
  ASSIGN_OR_RETURN(const std::string bytes, json::Canonical(content));
  return Sha256Hex(bytes);
}

}  // namespace weir::policy
