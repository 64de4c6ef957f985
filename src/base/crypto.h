#pragma once
// The few cryptographic helpers the project needs, so that only one file sees libsodium. Pure apart
// from RandomHex; any thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weir {

using Sha256Digest = std::array<uint8_t, 32>;

Sha256Digest Sha256(std::string_view bytes);
// 64 lower-case hexadecimal digits.
std::string Sha256Hex(std::string_view bytes);

// SHA-256 of bytes that come in pieces. One thread at a time; Finish ends it.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(Sha256Stream&&) noexcept;
  Sha256Stream& operator=(Sha256Stream&&) noexcept;
  void Update(std::string_view bytes);
  Sha256Digest Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string ToHex(const Sha256Digest& digest);

// `n_bytes` unpredictable bytes as lower-case hexadecimal digits.
std::string RandomHex(size_t n_bytes);

}  // namespace weir
