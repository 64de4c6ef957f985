#pragma once
// MCP servers that a person has set up for other programs: found in their files, shown, never
// started and never added by themselves.
//
// Read: .mcp.json, mcp.json and .vscode/mcp.json of the workspace and of its parents, the user's
// mcp.json of VS Code, claude_desktop_config.json. Bounded: 1 MiB a file, 64 servers a file. Any
// thread.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/config.h"

namespace weir::catalog {

struct FoundServer {
  std::string file;  // where it stands
  std::string name;  // as it is called there, by whoever wrote the file
  // Everything but the name, which has to be chosen: disabled sandbox parts, effects and paths are
  // never taken over.
  ServerConfig config;
  std::vector<std::string> unfit;  // why it can not be added as it is, a sentence each
};

struct Discovery {
  std::vector<FoundServer> servers;   // in the order of the files
  std::vector<std::string> problems;  // files that are there and could not be read, a sentence each
};

// Absolute paths; what is empty is not looked at.
struct DiscoveryPlaces {
  std::string workspace;
  std::string config_home;  // $XDG_CONFIG_HOME, or ~/.config
};

// The files that are looked for, likeliest first.
std::vector<std::string> DiscoveryFiles(const DiscoveryPlaces& places);

Discovery Discover(const DiscoveryPlaces& places);

// The servers of one file's text, under "mcpServers" or "servers". Comments and commas before a
// closing bracket are tolerated. Error kCorruptData.
Result<std::vector<FoundServer>> ReadClientFile(std::string_view text, const std::string& file);

// JSON with // and /* */ comments and trailing commas as JSON of the same length, so that the
// places of errors fit. Texts are left alone. Pure.
std::string WithoutComments(std::string_view json_with_comments);

}  // namespace weir::catalog
