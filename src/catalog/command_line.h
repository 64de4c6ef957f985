#pragma once
// A server's command as a person has to see it before saying yes: whole, escaped, and what is
// dangerous about it in words. Pure; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "catalog/config.h"

namespace weir::catalog {

// The exact command on one line, each part quoted as a shell would need it, every invisible
// character escaped, nothing left out; or the URL.
std::string CommandLine(const ServerConfig& config);

// The environment that is set for it, "NAME=value" quoted and escaped; values of names that sound
// like a secret as their size only.
std::vector<std::string> EnvironmentLines(const ServerConfig& config);

// What to think about before saying yes, a sentence each: programs that gain rights or delete,
// code fetched from the network and run, shells, paths outside `workspace` (absolute; may be
// empty), variables that change what a program loads. Empty: nothing was noticed, which does not
// mean that it is harmless.
std::vector<std::string> Dangers(const ServerConfig& config, std::string_view workspace);

}  // namespace weir::catalog
