#include "base/hmac.h"

#include <sodium.h>

#include "base/check.h"

namespace weir {
namespace {

const unsigned char* AsUnsigned(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// The value of a lower-case hexadecimal digit, or -1.
int DigitValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

Sha256Digest HmacSha256(std::string_view key, std::string_view bytes) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, AsUnsigned(key), key.size());
  crypto_auth_hmacsha256_update(&state, AsUnsigned(bytes), bytes.size());
  Sha256Digest digest;
  crypto_auth_hmacsha256_final(&state, digest.data());
  sodium_memzero(&state, sizeof(state));
  return digest;
}

Sha256Digest RandomKey() {
  static const int initialised = sodium_init();  // -1 only when the system has no random source
  CHECK(initialised >= 0);
  Sha256Digest key;
  randombytes_buf(key.data(), key.size());
  return key;
}

void Wipe(Sha256Digest& key) { sodium_memzero(key.data(), key.size()); }

bool SameDigest(const Sha256Digest& a, const Sha256Digest& b) {
  return sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<Sha256Digest> DigestFromHex(std::string_view hex) {
  Sha256Digest digest;
  if (hex.size() != 2 * digest.size()) return std::nullopt;
  for (size_t i = 0; i < digest.size(); ++i) {
    const int high = DigitValue(hex[2 * i]);
    const int low = DigitValue(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return digest;
}

}  // namespace weir
