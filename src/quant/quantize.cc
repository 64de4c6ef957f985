#include "quant/quantize.h"

#include <cmath>
#include <cstring>

#include "base/check.h"
#include "quant/encode.h"

namespace weir::quant {
namespace {

constexpr int kMaxBlock = 256;

void StoreNibbles(const int* codes, uint8_t* p) {
  for (int j = 0; j < 16; ++j)
    p[j] = static_cast<uint8_t>((codes[j] & 15) | ((codes[j + 16] & 15) << 4));
}

void StoreFifthBits(const int* codes, uint8_t* p) {
  uint32_t bits = 0;
  for (int j = 0; j < 32; ++j) bits |= static_cast<uint32_t>(codes[j] >> 4) << j;
  for (int i = 0; i < 4; ++i) p[i] = static_cast<uint8_t>(bits >> (8 * i));
}

// The value of largest magnitude, with its sign.
float Extreme(const float* x) {
  float extreme = 0;
  for (int j = 0; j < 32; ++j) {
    if (std::fabs(x[j]) > std::fabs(extreme)) extreme = x[j];
  }
  return extreme;
}

// Codes of x / D + half_range in [0, 2 half_range). D has the sign that gives the extreme value the
// code 0: there is one more step below zero than above.
void SymmetricCodes(const float* x, int half_range, int* codes, uint8_t* scale) {
  const float inverse = Inverse(StoreScale(Extreme(x) / static_cast<float>(-half_range), scale));
  for (int j = 0; j < 32; ++j)
    codes[j] = NearestCode(x[j] * inverse, -half_range, half_range - 1) + half_range;
}

// Codes of (x - M) / D in [0, largest]; D and M lie side by side.
void RangeCodes(const float* x, int largest, int* codes, uint8_t* scales) {
  const auto [low, high] = std::minmax_element(x, x + 32);
  const float d = StoreScale((*high - *low) / static_cast<float>(largest), scales);
  const float m = StoreScale(*low, scales + 2);
  for (int j = 0; j < 32; ++j) codes[j] = NearestCode((x[j] - m) * Inverse(d), 0, largest);
}

void EncodeQ4_0(const float* x, uint8_t* p) {
  int codes[32];
  SymmetricCodes(x, 8, codes, p);
  StoreNibbles(codes, p + 2);
}

void EncodeQ4_1(const float* x, uint8_t* p) {
  int codes[32];
  RangeCodes(x, 15, codes, p);
  StoreNibbles(codes, p + 4);
}

void EncodeQ5_0(const float* x, uint8_t* p) {
  int codes[32];
  SymmetricCodes(x, 16, codes, p);
  StoreFifthBits(codes, p + 2);
  StoreNibbles(codes, p + 6);
}

void EncodeQ5_1(const float* x, uint8_t* p) {
  int codes[32];
  RangeCodes(x, 31, codes, p);
  StoreFifthBits(codes, p + 4);
  StoreNibbles(codes, p + 8);
}

void EncodeQ8_0(const float* x, uint8_t* p) {
  QuantizeRowQ8_0(x, 32, reinterpret_cast<std::byte*>(p));
}

// How to encode one block, and the largest magnitude whose scale half precision can hold.
struct BlockEncoder {
  void (*encode)(const float* x, uint8_t* p) = nullptr;
  float reach = 0;
};

BlockEncoder EncoderOf(Type type) {
  switch (type) {
    case Type::kF32:
    case Type::kF16:
    case Type::kBF16:
      return {};
    case Type::kQ4_0:
      return {EncodeQ4_0, 8 * kLargestHalf};
    case Type::kQ4_1:
      return {EncodeQ4_1, kLargestHalf};
    case Type::kQ5_0:
      return {EncodeQ5_0, 16 * kLargestHalf};
    case Type::kQ5_1:
      return {EncodeQ5_1, kLargestHalf};
    case Type::kQ8_0:
      return {EncodeQ8_0, 127 * kLargestHalf};
    case Type::kQ4_K:
      return {EncodeQ4_K, 63 * kLargestHalf};  // the minimum: dmin times a 6-bit code
    case Type::kQ5_K:
      return {EncodeQ5_K, 63 * kLargestHalf};
    case Type::kQ6_K:
      return {EncodeQ6_K, 63 * kLargestHalf};  // D reaches further, the sums of squares do not
  }
  return {};
}

void EncodeFloats(Type type, const float* values, int64_t n_values, uint8_t* p) {
  if (type == Type::kF32) {
    std::memcpy(p, values, static_cast<size_t>(n_values) * sizeof(float));
    return;
  }
  for (int64_t i = 0; i < n_values; ++i)
    StoreHalf(type == Type::kF16 ? FloatToHalf(values[i]) : FloatToBf16(values[i]), p + 2 * i);
}

}  // namespace

void QuantizeRow(Type type, const float* values, int64_t n_values, std::byte* out) noexcept {
  const TypeInfo* info = FindType(static_cast<uint32_t>(type));
  DCHECK(info != nullptr && n_values % info->block_values == 0);
  auto* p = reinterpret_cast<uint8_t*>(out);
  const auto [encode, reach] = EncoderOf(type);
  if (encode == nullptr) return EncodeFloats(type, values, n_values, p);
  float x[kMaxBlock];
  for (int64_t i = 0; i < n_values; i += info->block_values, p += info->block_bytes) {
    for (int j = 0; j < info->block_values; ++j) {
      const float value = values[i + j];
      x[j] = std::isfinite(value) ? std::clamp(value, -reach, reach) : 0;
    }
    encode(x, p);
  }
}

}  // namespace weir::quant
