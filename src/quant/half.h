#pragma once
// IEEE 754 half precision and bfloat16 as bit patterns. Pure; any thread.

#include <cstdint>

namespace weir::quant {

// Exact for every bit pattern; NaN payloads are kept, subnormals honoured.
float HalfToFloat(uint16_t half) noexcept;

// Round to nearest, ties to even; overflow gives infinity, NaN stays NaN.
uint16_t FloatToHalf(float value) noexcept;

float Bf16ToFloat(uint16_t bits) noexcept;

// Round to nearest, ties to even; NaN stays NaN.
uint16_t FloatToBf16(float value) noexcept;

}  // namespace weir::quant
