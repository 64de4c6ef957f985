#include "base/crypto.h"

#include <sodium.h>

#include <span>

#include "base/check.h"

namespace weir {
namespace {

std::string Hex(std::span<const uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const uint8_t byte : bytes) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

const uint8_t* Unsigned(std::string_view bytes) {
  return reinterpret_cast<const uint8_t*>(bytes.data());
}

}  // namespace

struct Sha256Stream::State {
  crypto_hash_sha256_state hash;
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {
  crypto_hash_sha256_init(&state_->hash);
}
Sha256Stream::~Sha256Stream() = default;
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;

void Sha256Stream::Update(std::string_view bytes) {
  crypto_hash_sha256_update(&state_->hash, Unsigned(bytes), bytes.size());
}

Sha256Digest Sha256Stream::Finish() {
  Sha256Digest digest;
  crypto_hash_sha256_final(&state_->hash, digest.data());
  return digest;
}

Sha256Digest Sha256(std::string_view bytes) {
  Sha256Digest digest;
  crypto_hash_sha256(digest.data(), Unsigned(bytes), bytes.size());
  return digest;
}

std::string Sha256Hex(std::string_view bytes) { return ToHex(Sha256(bytes)); }

std::string ToHex(const Sha256Digest& digest) { return Hex(digest); }

std::string RandomHex(size_t n_bytes) {
  static const int initialised = sodium_init();  // -1 only when the system has no random source
  CHECK(initialised >= 0);
  std::string bytes(n_bytes, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return Hex({Unsigned(bytes), bytes.size()});
}

}  // namespace weir
