#pragma once
// The cryptography of the vault; only seal.cc sees libsodium. Any thread.
//
// A record has a random key of its own, used for this one record, and a random salt. The payload is
// sealed with XChaCha20-Poly1305 under the key. Its commitment is HMAC-SHA256 under the salt: it
// shows later that the payload is the one that was put, and tells nothing once the salt is gone,
// also when there are few payloads it could have been.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::vault {

inline constexpr size_t kSecretBytes = 32;
// What Seal adds: a nonce of 24 bytes in front, a tag of 16 behind.
inline constexpr size_t kSealOverheadBytes = 40;

// Wiped when it goes out of scope.
struct RecordSecrets {
  std::array<uint8_t, kSecretBytes> key{};
  std::array<uint8_t, kSecretBytes> salt{};

  static RecordSecrets Random();
  RecordSecrets() = default;
  RecordSecrets(const RecordSecrets&) = default;
  RecordSecrets& operator=(const RecordSecrets&) = default;
  ~RecordSecrets();
};

// Bytes with secrets in them. Wiped when they go out of scope; can not be copied.
struct SecretText {
  std::string bytes;

  SecretText() = default;
  explicit SecretText(std::string text) : bytes(std::move(text)) {}
  SecretText(SecretText&& other) noexcept : bytes(std::move(other.bytes)) {}
  SecretText& operator=(SecretText&&) = delete;
  ~SecretText();
};

// `context` is not stored: who unseals must know it.
std::string Seal(const RecordSecrets& secrets, std::string_view plain, std::string_view context);
// Nothing when `sealed` was not made by Seal with these secrets and this context.
std::optional<SecretText> Unseal(const RecordSecrets& secrets, std::string_view sealed,
                                 std::string_view context);

// 64 lower-case hexadecimal digits.
std::string Commitment(const RecordSecrets& secrets, std::string_view payload);
// In a time that does not depend on the content.
bool SameText(std::string_view a, std::string_view b);

// Finds accidents, not attackers (SipHash-2-4 with a fixed key).
uint64_t Checksum(std::string_view bytes);

}  // namespace weir::vault
