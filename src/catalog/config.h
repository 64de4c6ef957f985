#pragma once
// The [mcp.NAME] tables of weir.toml: which servers there are and what each may have. docs/mcp.md.
// Plain values; any thread.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/problems.h"

namespace weir::catalog {

// A header of HTTP requests. The secret itself never stands in the file.
struct HeaderValue {
  std::string prefix;    // "Bearer ", or empty
  std::string variable;  // the environment variable that holds the rest
  bool operator==(const HeaderValue&) const = default;
};

// What of the sandbox a server gets; stricter than full is not possible, looser is a person's word.
struct SandboxWish {
  std::string level = "full";  // full, basic or off
  std::vector<std::string>
      readable;  // absolute paths, besides the workspace and what programs need
  std::vector<std::string> writable;  // absolute paths, besides the workspace
  bool has_network = false;           // network = "inherit"
  bool operator==(const SandboxWish&) const = default;
};

struct ServerConfig {
  std::string name;  // NAME of [mcp.NAME]: the server's key
  bool enabled = true;

  // A program that speaks on its standard input and output; empty for a server at a URL.
  std::string command;                // an absolute path, or a name that is looked for in PATH
  std::vector<std::string> args;      // without the command
  std::vector<std::string> env_pass;  // names passed through from Weir's environment
  std::map<std::string, std::string> env_set;  // fixed values; nothing else is inherited

  std::string url;  // https, or http to a loopback host; empty for a program
  std::map<std::string, HeaderValue> headers;

  SandboxWish sandbox;
  int start_timeout_s = 30;
  int call_timeout_s = 60;

  // What a person says of tools, by the server's own names; "*" in `effects` is for all others.
  std::map<std::string, std::string> effects;             // read, write, delete or network
  std::map<std::string, std::vector<std::string>> paths;  // names of arguments that are paths

  config::Place at;  // of the table; where there is a file

  bool is_program() const { return url.empty(); }
};

// In the order of their names. Tables of the file that are not `mcp` are left to their readers.
// Error kInvalidArgument with one line a problem, in file order, each "FILE: line L, column C: what
// is wrong; the way out".
Result<std::vector<ServerConfig>> ReadServers(std::string_view toml, std::string_view file);

// The block that ReadServers reads back as the same configuration; ends with a line end.
std::string ServerBlock(const ServerConfig& config);

}  // namespace weir::catalog
