#pragma once
// From the command of a configuration to what is really executed, and the files that this reads.
// Looks at files, starts nothing; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/config.h"

namespace weir::mcp_host {

struct ServerCommand {
  std::vector<std::string> argv;      // argv[0] is the absolute path of a program, never a script
  std::vector<std::string> readable;  // absolute: its interpreter's folders, its package
};

// The command of a server that is a program. A script is started by the interpreter of its first
// line; what a script of an interpreter may read is its package: the outermost node_modules folder
// around it, else the nearest folder with a package.json or pyproject.toml, else the file alone.
// Never the home folder or one around it. Errors: kNotFound (in no folder of `search_path`, a
// PATH); kUnsupported for fetchers such as npx, which run code from the network, with what to write
// instead; kInvalidArgument for a first line that names no interpreter.
Result<ServerCommand> ResolveCommand(const catalog::ServerConfig& config,
                                     std::string_view search_path);

}  // namespace weir::mcp_host
