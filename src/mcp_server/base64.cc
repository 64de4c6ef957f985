#include "mcp_server/base64.h"

#include <cstdint>

namespace weir::mcp_server {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string ToBase64(std::string_view bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = i; j < i + 3; ++j) {
      group = group << 8 | (j < bytes.size() ? static_cast<uint8_t>(bytes[j]) : 0U);
    }
    const size_t n_chars = bytes.size() - i >= 3 ? 4 : bytes.size() - i + 1;
    for (size_t j = 0; j < 4; ++j) {
      text += j < n_chars ? kAlphabet[group >> (18 - 6 * j) & 63U] : '=';
    }
  }
  return text;
}

std::optional<std::string> FromBase64(std::string_view text) {
  std::string bytes;
  uint32_t group = 0;
  size_t n_bits = 0;
  for (const char c : text.substr(0, text.find('='))) {
    const size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    group = group << 6 | static_cast<uint32_t>(digit);
    n_bits += 6;
    if (n_bits >= 8) {
      n_bits -= 8;
      bytes += static_cast<char>(group >> n_bits & 255U);
    }
  }
  // Also refuses wrong padding and bits that no byte has.
  if (ToBase64(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace weir::mcp_server
