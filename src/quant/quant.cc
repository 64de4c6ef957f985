#include "quant/quant.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/check.h"

namespace weir::quant {
namespace {

constexpr std::array<TypeInfo, 11> kTypes = {{
    {Type::kF32, "F32", 1, 4},
    {Type::kF16, "F16", 1, 2},
    {Type::kQ4_0, "Q4_0", 32, 18},
    {Type::kQ4_1, "Q4_1", 32, 20},
    {Type::kQ5_0, "Q5_0", 32, 22},
    {Type::kQ5_1, "Q5_1", 32, 24},
    {Type::kQ8_0, "Q8_0", 32, 34},
    {Type::kQ4_K, "Q4_K", 256, 144},
    {Type::kQ5_K, "Q5_K", 256, 176},
    {Type::kQ6_K, "Q6_K", 256, 210},
    {Type::kBF16, "BF16", 1, 2},
}};

uint16_t Load16(const uint8_t* p) { return static_cast<uint16_t>(p[0] | (p[1] << 8U)); }
uint32_t Load32(const uint8_t* p) {
  return Load16(p) | (static_cast<uint32_t>(Load16(p + 2)) << 16U);
}
float LoadHalf(const uint8_t* p) { return HalfToFloat(Load16(p)); }

void DecodeF32(const uint8_t* p, float* y) { std::memcpy(y, p, sizeof *y); }
void DecodeF16(const uint8_t* p, float* y) { *y = LoadHalf(p); }
void DecodeBF16(const uint8_t* p, float* y) { *y = Bf16ToFloat(Load16(p)); }

// D half, 16 bytes of nibbles; low nibbles are values 0-15, high ones 16-31. value = D (q - 8)
void DecodeQ4_0(const uint8_t* p, float* y) {
  const float d = LoadHalf(p);
  for (int j = 0; j < 16; ++j) {
    y[j] = d * static_cast<float>((p[2 + j] & 15) - 8);
    y[j + 16] = d * static_cast<float>((p[2 + j] >> 4) - 8);
  }
}

// D half, M half, nibbles as Q4_0. value = D q + M
void DecodeQ4_1(const uint8_t* p, float* y) {
  const float d = LoadHalf(p);
  const float m = LoadHalf(p + 2);
  for (int j = 0; j < 16; ++j) {
    y[j] = d * static_cast<float>(p[4 + j] & 15) + m;
    y[j + 16] = d * static_cast<float>(p[4 + j] >> 4) + m;
  }
}

// D half, 32 fifth bits, nibbles as Q4_0. value = D (q - 16)
void DecodeQ5_0(const uint8_t* p, float* y) {
  const float d = LoadHalf(p);
  const uint32_t high = Load32(p + 2);
  for (int j = 0; j < 16; ++j) {
    const int low = (p[6 + j] & 15) | static_cast<int>(((high >> j) & 1U) << 4U);
    const int top = (p[6 + j] >> 4) | static_cast<int>(((high >> (j + 16)) & 1U) << 4U);
    y[j] = d * static_cast<float>(low - 16);
    y[j + 16] = d * static_cast<float>(top - 16);
  }
}

// D half, M half, fifth bits and nibbles as Q5_0. value = D q + M
void DecodeQ5_1(const uint8_t* p, float* y) {
  const float d = LoadHalf(p);
  const float m = LoadHalf(p + 2);
  const uint32_t high = Load32(p + 4);
  for (int j = 0; j < 16; ++j) {
    const int low = (p[8 + j] & 15) | static_cast<int>(((high >> j) & 1U) << 4U);
    const int top = (p[8 + j] >> 4) | static_cast<int>(((high >> (j + 16)) & 1U) << 4U);
    y[j] = d * static_cast<float>(low) + m;
    y[j + 16] = d * static_cast<float>(top) + m;
  }
}

// D half, 32 signed bytes. value = D q
void DecodeQ8_0(const uint8_t* p, float* y) {
  const float d = LoadHalf(p);
  for (int j = 0; j < 32; ++j) y[j] = d * static_cast<float>(static_cast<int8_t>(p[2 + j]));
}

struct ScaleMin {
  int scale;
  int min;
};

// Sub-block j of the 12 bytes that hold eight 6-bit scales and eight 6-bit mins.
ScaleMin UnpackScaleMin(const uint8_t* s, int j) {
  if (j < 4) return {s[j] & 63, s[j + 4] & 63};
  return {(s[j + 4] & 15) | ((s[j - 4] >> 6) << 4), (s[j + 4] >> 4) | ((s[j] >> 6) << 4)};
}

// D half, Dmin half, 12 bytes of scales, 128 bytes of nibbles. value = D sc_j q - Dmin mn_j
void DecodeQ4_K(const uint8_t* p, float* y) {
  const float d = LoadHalf(p);
  const float dmin = LoadHalf(p + 2);
  const uint8_t* nibbles = p + 16;
  for (int j = 0; j < 8; ++j) {
    const auto [scale, min] = UnpackScaleMin(p + 4, j);
    for (int l = 0; l < 32; ++l) {
      const uint8_t byte = nibbles[32 * (j / 2) + l];
      const int q = j % 2 == 0 ? byte & 15 : byte >> 4;
      y[32 * j + l] =
          d * static_cast<float>(scale) * static_cast<float>(q) - dmin * static_cast<float>(min);
    }
  }
}

// As Q4_K with 32 bytes of fifth bits (bit j of byte l belongs to sub-block j) before the nibbles.
void DecodeQ5_K(const uint8_t* p, float* y) {
  const float d = LoadHalf(p);
  const float dmin = LoadHalf(p + 2);
  const uint8_t* fifth = p + 16;
  const uint8_t* nibbles = p + 48;
  for (int j = 0; j < 8; ++j) {
    const auto [scale, min] = UnpackScaleMin(p + 4, j);
    for (int l = 0; l < 32; ++l) {
      const uint8_t byte = nibbles[32 * (j / 2) + l];
      const int q = (j % 2 == 0 ? byte & 15 : byte >> 4) + 16 * ((fifth[l] >> j) & 1);
      y[32 * j + l] =
          d * static_cast<float>(scale) * static_cast<float>(q) - dmin * static_cast<float>(min);
    }
  }
}

// 128 bytes of low nibbles, 64 of upper bit pairs, 16 signed scales, D half last.
// value = D S (q - 32)
void DecodeQ6_K(const uint8_t* p, float* y) {
  const float d = LoadHalf(p + 208);
  for (int half = 0; half < 2; ++half) {
    const uint8_t* low = p + 64 * half;
    const uint8_t* high = p + 128 + 32 * half;
    const uint8_t* scales = p + 192 + 8 * half;
    for (int part = 0; part < 4; ++part) {
      for (int l = 0; l < 32; ++l) {
        const uint8_t byte = low[32 * (part % 2) + l];
        const int nibble = part < 2 ? byte & 15 : byte >> 4;
        const int q = nibble | (((high[l] >> (2 * part)) & 3) << 4);
        const auto scale = static_cast<float>(static_cast<int8_t>(scales[2 * part + l / 16]));
        y[128 * half + 32 * part + l] = d * scale * static_cast<float>(q - 32);
      }
    }
  }
}

using Decoder = void (*)(const uint8_t* block, float* values);

Decoder DecoderOf(Type type) {
  switch (type) {
    case Type::kF32:
      return DecodeF32;
    case Type::kF16:
      return DecodeF16;
    case Type::kQ4_0:
      return DecodeQ4_0;
    case Type::kQ4_1:
      return DecodeQ4_1;
    case Type::kQ5_0:
      return DecodeQ5_0;
    case Type::kQ5_1:
      return DecodeQ5_1;
    case Type::kQ8_0:
      return DecodeQ8_0;
    case Type::kQ4_K:
      return DecodeQ4_K;
    case Type::kQ5_K:
      return DecodeQ5_K;
    case Type::kQ6_K:
      return DecodeQ6_K;
    case Type::kBF16:
      return DecodeBF16;
  }
  return nullptr;
}

}  // namespace

const TypeInfo* FindType(uint32_t gguf_id) {
  const auto* found = std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeInfo& info) {
    return static_cast<uint32_t>(info.type) == gguf_id;
  });
  return found == kTypes.end() ? nullptr : found;
}

int64_t RowBytes(Type type, int64_t n_values) noexcept {
  const TypeInfo* info = FindType(static_cast<uint32_t>(type));
  DCHECK(info != nullptr && n_values % info->block_values == 0);
  return n_values / info->block_values * info->block_bytes;
}

void DequantizeRow(Type type, const std::byte* row, int64_t n_values, float* out) noexcept {
  const TypeInfo* info = FindType(static_cast<uint32_t>(type));
  const Decoder decode = DecoderOf(type);
  const auto* p = reinterpret_cast<const uint8_t*>(row);
  for (int64_t i = 0; i < n_values; i += info->block_values, p += info->block_bytes)
    decode(p, out + i);
}

void QuantizeRowQ8_0(const float* values, int64_t n_values, std::byte* out) noexcept {
  auto* p = reinterpret_cast<uint8_t*>(out);
  for (int64_t i = 0; i < n_values; i += 32, p += 34) {
    float largest = 0;
    for (int j = 0; j < 32; ++j) largest = std::max(largest, std::fabs(values[i + j]));
    const uint16_t half = FloatToHalf(largest / 127.0F);
    const float d = HalfToFloat(half);
    p[0] = static_cast<uint8_t>(half & 0xFFU);
    p[1] = static_cast<uint8_t>(half >> 8U);
    for (int j = 0; j < 32; ++j) {
      const float q = std::nearbyint(values[i + j] / d);  // not finite where d is 0 or x is not
      const float code = std::isfinite(q) ? std::clamp(q, -127.0F, 127.0F) : 0.0F;
      p[2 + j] = static_cast<uint8_t>(static_cast<int8_t>(code));
    }
  }
}

}  // namespace weir::quant
