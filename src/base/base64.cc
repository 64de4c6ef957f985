#include "base/base64.h"

#include <cstdint>

namespace weir {
namespace {

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kForUrls =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string EncodeSixBits(std::string_view bytes, std::string_view alphabet) {
  std::string text;
  uint32_t bits = 0;
  int n_bits = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<uint8_t>(c);
    for (n_bits += 8; n_bits >= 6; n_bits -= 6) text += alphabet[bits >> (n_bits - 6) & 63U];
  }
  if (n_bits > 0) text += alphabet[bits << (6 - n_bits) & 63U];
  return text;
}

}  // namespace

std::string ToBase64(std::string_view bytes) {
  std::string text = EncodeSixBits(bytes, kStandard);
  while (text.size() % 4 != 0) text += '=';
  return text;
}

std::string ToBase64Url(std::string_view bytes) { return EncodeSixBits(bytes, kForUrls); }

std::optional<std::string> FromBase64(std::string_view text) {
  std::string bytes;
  uint32_t group = 0;
  size_t n_bits = 0;
  for (const char c : text.substr(0, text.find('='))) {
    const size_t digit = kStandard.find(c);
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

}  // namespace weir
