#pragma once
// One block each: the encoders behind QuantizeRow, and what they share. Values are finite and
// within the type's reach; quantize.cc sees to that. Used inside quant/ only.

#include <algorithm>
#include <bit>
#include <cstdint>

#include "quant/half.h"

namespace weir::quant {

constexpr float kLargestHalf = 65504;

inline void StoreHalf(uint16_t half, uint8_t* p) {
  p[0] = static_cast<uint8_t>(half & 0xFFU);
  p[1] = static_cast<uint8_t>(half >> 8U);
}

// Stores `value`, saturated, as half precision; returns what was stored.
inline float StoreScale(float value, uint8_t* p) {
  const uint16_t half = FloatToHalf(std::clamp(value, -kLargestHalf, kLargestHalf));
  StoreHalf(half, p);
  return HalfToFloat(half);
}

// 1/d, or 0 where d is 0 (every code then means the same value). Of subnormal scales too: the
// smallest half is 2^-24.
inline float Inverse(float d) { return d != 0 ? 1 / d : 0; }

// The nearest integer, ties to even, clamped to [low, high], whose magnitudes are far below 2^22.
// NaN, as of a zero times the inverse of a range that underflowed, gives low. Adding 1.5 * 2^23
// leaves the integer in the low bits of the sum.
inline int NearestCode(float x, int low, int high) {
  const float clamped =
      x > static_cast<float>(low) ? std::min(x, static_cast<float>(high)) : static_cast<float>(low);
  return static_cast<int>(std::bit_cast<uint32_t>(clamped + 12582912.0F) & 0x7FFFFFU) - 0x400000;
}

// 256 values each.
void EncodeQ4_K(const float* x, uint8_t* p);
void EncodeQ5_K(const float* x, uint8_t* p);
void EncodeQ6_K(const float* x, uint8_t* p);

}  // namespace weir::quant
