#pragma once
// Encoding of float32 rows in every element type this engine computes with: the way back from
// quant.h's decoding.
//
// Simple types take their scale from the value of largest magnitude, or from the smallest and the
// largest value; K-quants search scales and minima for the least squared error. Codes are always
// chosen against the scale as it is stored, in half precision. The same bytes on every machine.
// Pure functions; any thread.

#include <cstddef>
#include <cstdint>

#include "quant/quant.h"

namespace weir::quant {

// Encodes `n_values` (a multiple of the type's block) into RowBytes(type, n_values) bytes at `out`.
// In block types infinities and NaN have no code and become 0, and magnitudes beyond what a half
// precision scale reaches become the largest that it does. F32, F16 and BF16 keep them.
void QuantizeRow(Type type, const float* values, int64_t n_values, std::byte* out) noexcept;

}  // namespace weir::quant
