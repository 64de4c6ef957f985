#pragma once
// A handful of tools for policy tests, shaped like the built-in ones, and one stranger's.

#include <string>
#include <utility>
#include <vector>

#include "policy/call.h"

namespace weir::policy {

inline std::vector<KnownTool> TestTools() {
  const std::string builtin(kBuiltinServer);
  return {
      {builtin, "read_file", "read", {"path"}, {"path"}},
      {builtin, "search_text", "read", {"text", "folder"}, {"folder"}},
      {builtin, "write_file", "write", {"path", "text"}, {"path"}},
      {builtin, "move_file", "write", {"source", "destination"}, {"source", "destination"}},
      {builtin, "delete_file", "delete", {"path"}, {"path"}},
      {builtin, "fetch", "network", {"url", "seconds", "fast"}, {}},
      {builtin, "calculate", "none", {"expression"}, {}},
      {"mail", "read_mail", "read", {"folder", "limit"}, {}},
      {"mail", "send_mail", "network", {"to", "text"}, {}},
  };
}

// A call of a built-in tool, filled as the registry would.
inline ProposedCall TestCall(const std::string& tool, json::Json arguments,
                             const std::string& server = std::string(kBuiltinServer)) {
  ProposedCall call;
  call.server = server;
  call.tool = tool;
  call.arguments = std::move(arguments);
  call.definition_hash = "d1";
  for (const KnownTool& known : TestTools()) {
    if (known.name != tool || known.server != server) continue;
    call.effect = known.effect;
    call.path_arguments = known.path_arguments;
  }
  return call;
}

}  // namespace weir::policy
