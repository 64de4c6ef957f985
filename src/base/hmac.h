#pragma once
// HMAC-SHA256 (RFC 2104) and the keys for it. Pure apart from RandomKey; any thread.

#include <optional>
#include <string_view>

#include "base/crypto.h"

namespace weir {

// A key of any length; 32 unpredictable bytes are right.
Sha256Digest HmacSha256(std::string_view key, std::string_view bytes);

// 32 unpredictable bytes.
Sha256Digest RandomKey();

// Overwrites the key with zeros; the compiler does not leave it out.
void Wipe(Sha256Digest& key);

// Compares in a time that does not depend on where they differ.
bool SameDigest(const Sha256Digest& a, const Sha256Digest& b);

// What ToHex wrote: 64 lower-case hexadecimal digits. Nothing for any other text.
std::optional<Sha256Digest> DigestFromHex(std::string_view hex);

// The digest's 32 bytes as text, borrowed.
inline std::string_view BytesOf(const Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace weir
