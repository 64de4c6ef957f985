#pragma once
// What a server is started from, as one hash that a pin is bound to. Reads files; any thread.

#include <string>
#include <string_view>

#include "base/result.h"
#include "catalog/config.h"

namespace weir::catalog {

// The program that `command` means: itself when absolute, else the first executable file of that
// name in the folders of `search_path` (a PATH). Error kNotFound names the command and the folders.
Result<std::string> FindProgram(const std::string& command, std::string_view search_path);

// SHA-256 (hex) over {path and content of the program, arguments, content of every argument that
// names a regular file, such as the script of an interpreter}, or {url}. What such a script loads,
// and what a fetcher like npx gets from the network, is not covered. Errors: kNotFound,
// kResourceExhausted for a file beyond 1 GiB, those of reading.
Result<std::string> ProgramHash(const ServerConfig& config, std::string_view search_path);

}  // namespace weir::catalog
