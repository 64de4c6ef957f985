#pragma once
// Base64 (RFC 4648, section 4, with padding). Pure; any thread.

#include <optional>
#include <string>
#include <string_view>

namespace weir::mcp_server {

std::string ToBase64(std::string_view bytes);
// Nothing for text that is not exactly what ToBase64 writes.
std::optional<std::string> FromBase64(std::string_view text);

}  // namespace weir::mcp_server
