#pragma once
// The MCP servers of weir.toml, for commands: read, added, removed. One thread.

#include <string>
#include <vector>

#include "app/settings.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "catalog/config.h"
#include "catalog/pins.h"
#include "tools/registry.h"

namespace weir::app {

// Of weir.toml; none when there is no file. Errors carry line and column.
Result<std::vector<catalog::ServerConfig>> LoadServers();

// The one of that name. Error kNotFound with the nearest name.
Result<catalog::ServerConfig> FindServer(const std::string& name);

// Writes the table at the end of weir.toml, or cuts it out, so that after a crash the file is the
// old or the new one; everything else of it stays. A link is followed to the file it means.
Status AddServer(const catalog::ServerConfig& config);
Status RemoveServer(const std::string& name);

// The names of the built-in tools.
Result<std::vector<std::string>> BuiltinToolNames();

// The built-in tools and the pinned ones of the servers of weir.toml, without starting anything:
// what policies and grants may refer to. A pinned tool that can not be offered is left out; with
// `left_out` it is told why, a sentence each.
Result<tools::Registry> LoadRegistry(const Settings& settings,
                                     std::vector<std::string>* left_out = nullptr);

// The pins of the state folder.
Result<catalog::PinStore> PinsOf(const Settings& settings);

}  // namespace weir::app
