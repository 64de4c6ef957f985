#include "vault/seal.h"

#include <sodium.h>

#include "base/check.h"

namespace weir::vault {
namespace {

static_assert(kSecretBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
static_assert(kSecretBytes == crypto_auth_hmacsha256_KEYBYTES);
constexpr size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(kSealOverheadBytes == kNonceBytes + kTagBytes);

// Before the first use of the library; later calls do nothing.
void StartSodium() {
  static const bool started = sodium_init() >= 0;
  CHECK(started);
}

const uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}
uint8_t* Bytes(std::string& text) { return reinterpret_cast<uint8_t*>(text.data()); }

}  // namespace

RecordSecrets RecordSecrets::Random() {
  StartSodium();
  RecordSecrets secrets;
  randombytes_buf(secrets.key.data(), secrets.key.size());
  randombytes_buf(secrets.salt.data(), secrets.salt.size());
  return secrets;
}

RecordSecrets::~RecordSecrets() {
  sodium_memzero(key.data(), key.size());
  sodium_memzero(salt.data(), salt.size());
}

SecretText::~SecretText() {
  bytes.resize(bytes.capacity());  // a moved-from or shortened text left something behind its end
  sodium_memzero(bytes.data(), bytes.size());
}

std::string Seal(const RecordSecrets& secrets, std::string_view plain, std::string_view context) {
  StartSodium();
  std::string sealed(kSealOverheadBytes + plain.size(), '\0');
  uint8_t* const nonce = Bytes(sealed);
  randombytes_buf(nonce, kNonceBytes);
  const int status = crypto_aead_xchacha20poly1305_ietf_encrypt(
      nonce + kNonceBytes, nullptr, Bytes(plain), plain.size(), Bytes(context), context.size(),
      nullptr, nonce, secrets.key.data());
  CHECK(status == 0);
  return sealed;
}

std::optional<SecretText> Unseal(const RecordSecrets& secrets, std::string_view sealed,
                                 std::string_view context) {
  if (sealed.size() < kSealOverheadBytes) return std::nullopt;
  SecretText plain(std::string(sealed.size() - kSealOverheadBytes, '\0'));
  const uint8_t* const nonce = Bytes(sealed);
  const int status = crypto_aead_xchacha20poly1305_ietf_decrypt(
      Bytes(plain.bytes), nullptr, nullptr, nonce + kNonceBytes, sealed.size() - kNonceBytes,
      Bytes(context), context.size(), nonce, secrets.key.data());
  if (status != 0) return std::nullopt;
  return plain;
}

std::string Commitment(const RecordSecrets& secrets, std::string_view payload) {
  std::array<uint8_t, crypto_auth_hmacsha256_BYTES> mac{};
  crypto_auth_hmacsha256(mac.data(), Bytes(payload), payload.size(), secrets.salt.data());
  std::array<char, 2 * crypto_auth_hmacsha256_BYTES + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), mac.data(), mac.size());
  return hex.data();
}

bool SameText(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

uint64_t Checksum(std::string_view bytes) {
  constexpr uint8_t kKey[crypto_shorthash_KEYBYTES] = {'w', 'e', 'i', 'r', ' ',
                                                       'v', 'a', 'u', 'l', 't'};
  uint8_t hash[crypto_shorthash_BYTES];
  crypto_shorthash(hash, Bytes(bytes), bytes.size(), kKey);
  uint64_t sum = 0;
  for (size_t i = 0; i < sizeof(hash); ++i) sum |= uint64_t{hash[i]} << (8 * i);
  return sum;
}

}  // namespace weir::vault
