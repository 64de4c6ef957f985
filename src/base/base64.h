#pragma once
// Base64 (RFC 4648): section 4 with padding, and section 5, for URLs, without. Pure; any thread.

#include <optional>
#include <string>
#include <string_view>

namespace weir {

std::string ToBase64(std::string_view bytes);
std::string ToBase64Url(std::string_view bytes);
// Nothing for text that is not exactly what ToBase64 writes.
std::optional<std::string> FromBase64(std::string_view text);

}  // namespace weir
