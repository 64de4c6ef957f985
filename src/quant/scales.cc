#include "quant/scales.h"

#include <cstring>

namespace weir::quant {
namespace {

// All bits of the exponent are set.
constexpr uint16_t kHalfExponent = 0x7C00;
constexpr uint16_t kBf16Exponent = 0x7F80;
constexpr uint32_t kFloatExponent = 0x7F800000;

template <class Word, Word kExponent>
bool IsBroken(const std::byte* p) {
  Word word;
  std::memcpy(&word, p, sizeof word);
  return (word & kExponent) == kExponent;
}

// Blocks of kBytes with a half precision field at kFirst and one at kSecond, which may be the same.
template <size_t kBytes, size_t kFirst, size_t kSecond>
int64_t CountBlocks(std::span<const std::byte> bytes) {
  int64_t n_broken = 0;
  for (size_t at = 0; at + kBytes <= bytes.size(); at += kBytes) {
    const std::byte* block = bytes.data() + at;
    const bool first = IsBroken<uint16_t, kHalfExponent>(block + kFirst);
    const bool second = IsBroken<uint16_t, kHalfExponent>(block + kSecond);
    n_broken += static_cast<int64_t>(first | second);
  }
  return n_broken;
}

template <class Word, Word kExponent>
int64_t CountValues(std::span<const std::byte> bytes) {
  int64_t n_broken = 0;
  for (size_t at = 0; at + sizeof(Word) <= bytes.size(); at += sizeof(Word))
    n_broken += static_cast<int64_t>(IsBroken<Word, kExponent>(bytes.data() + at));
  return n_broken;
}

}  // namespace

int64_t CountBrokenBlocks(Type type, std::span<const std::byte> bytes) noexcept {
  switch (type) {
    case Type::kF32:
      return CountValues<uint32_t, kFloatExponent>(bytes);
    case Type::kF16:
      return CountValues<uint16_t, kHalfExponent>(bytes);
    case Type::kBF16:
      return CountValues<uint16_t, kBf16Exponent>(bytes);
    case Type::kQ4_0:
      return CountBlocks<18, 0, 0>(bytes);
    case Type::kQ4_1:
      return CountBlocks<20, 0, 2>(bytes);
    case Type::kQ5_0:
      return CountBlocks<22, 0, 0>(bytes);
    case Type::kQ5_1:
      return CountBlocks<24, 0, 2>(bytes);
    case Type::kQ8_0:
      return CountBlocks<34, 0, 0>(bytes);
    case Type::kQ4_K:
      return CountBlocks<144, 0, 2>(bytes);
    case Type::kQ5_K:
      return CountBlocks<176, 0, 2>(bytes);
    case Type::kQ6_K:
      return CountBlocks<210, 208, 208>(bytes);
  }
  return 0;
}

}  // namespace weir::quant
