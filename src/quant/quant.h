#pragma once
// The quantised block layouts of GGUF and their exact decoding, value by value. This is the judge
// of every fast kernel.
//
// A row of n values is n / block_values consecutive blocks, little endian. The layouts are in
// quant.cc, one function each. Pure functions; any thread.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "quant/half.h"

namespace weir::quant {

// The element types this engine computes with; the values are GGUF's ids.
enum class Type : uint32_t {
  kF32 = 0,
  kF16 = 1,
  kQ4_0 = 2,
  kQ4_1 = 3,
  kQ5_0 = 6,
  kQ5_1 = 7,
  kQ8_0 = 8,
  kQ4_K = 12,
  kQ5_K = 13,
  kQ6_K = 14,
  kBF16 = 30,
};

struct TypeInfo {
  Type type;
  std::string_view name;  // as in GGUF
  int block_values;
  int block_bytes;
};

// Null for a type this engine does not compute with.
const TypeInfo* FindType(uint32_t gguf_id);

// Bytes of a row of `n_values`, a multiple of the type's block.
int64_t RowBytes(Type type, int64_t n_values) noexcept;

// Decodes a row of `n_values` (a multiple of the type's block) into `out`. `row` need not be
// aligned.
void DequantizeRow(Type type, const std::byte* row, int64_t n_values, float* out) noexcept;

// Encodes `n_values` (a multiple of 32) as Q8_0: D = max|x| / 127 rounded to half, q = x / D
// rounded to nearest. Infinities and NaN have no code and become 0.
void QuantizeRowQ8_0(const float* values, int64_t n_values, std::byte* out) noexcept;

}  // namespace weir::quant
