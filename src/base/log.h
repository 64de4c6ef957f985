#pragma once
// Diagnostics on stderr through spdlog. Never message content, arguments or results: those are data
// with a retention of their own. The level comes from WEIR_LOG (trace, debug, info, warn, error,
// off); the default is warn.

#include <string_view>

namespace weir {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

// Thread-safe. `text` is one line of key=value pairs.
void Log(LogLevel level, std::string_view text);

}  // namespace weir
