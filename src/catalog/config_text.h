#pragma once
// Changing weir.toml for a person: a table more, or one less, and every other byte as it was. Pure;
// any thread.

#include <string>
#include <string_view>

#include "base/result.h"
#include "catalog/config.h"

namespace weir::catalog {

// `toml` with the table of `config` at its end. Errors: `toml` can not be read, has a server of
// that name (kInvalidArgument), or the result would not read back as `config`.
Result<std::string> WithServer(std::string_view toml, std::string_view file,
                               const ServerConfig& config);

// `toml` without [mcp.NAME] and the tables below it. Errors: no such server (kNotFound); the table
// is written in a way that can not be cut out safely (kUnsupported: a person has to do it).
Result<std::string> WithoutServer(std::string_view toml, std::string_view file,
                                  std::string_view name);

}  // namespace weir::catalog
