#include "quant/scales.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "quant/quantize.h"

namespace weir::quant {
namespace {

constexpr Type kTypes[] = {Type::kF32,  Type::kF16,  Type::kQ4_0, Type::kQ4_1,
                           Type::kQ5_0, Type::kQ5_1, Type::kQ8_0, Type::kQ4_K,
                           Type::kQ5_K, Type::kQ6_K, Type::kBF16};
constexpr int64_t kValues = 3 * 256;

std::vector<std::byte> GoodRow(Type type) {
  std::vector<float> values(kValues);
  for (size_t i = 0; i < values.size(); ++i) values[i] = std::sin(static_cast<float>(i));
  std::vector<std::byte> row(static_cast<size_t>(RowBytes(type, kValues)));
  QuantizeRow(type, values.data(), kValues, row.data());
  return row;
}

bool DecodesToFiniteValues(Type type, const std::vector<std::byte>& row) {
  std::vector<float> values(kValues);
  DequantizeRow(type, row.data(), kValues, values.data());
  for (const float value : values) {
    if (!std::isfinite(value)) return false;
  }
  return true;
}

TEST(CountBrokenBlocks, FindsNoneInWhatAQuantiserWrote) {
  for (const Type type : kTypes)
    EXPECT_EQ(CountBrokenBlocks(type, GoodRow(type)), 0) << FindType(uint32_t(type))->name;
}

// The decoder is the judge: any two bytes of a block are set to all ones (a NaN where they are a
// scale), and the count must say what the decoded values say.
TEST(CountBrokenBlocks, AgreesWithTheDecoderWhereverTheDamageIs) {
  for (const Type type : kTypes) {
    const auto block_bytes = static_cast<size_t>(FindType(uint32_t(type))->block_bytes);
    int n_broken = 0;
    for (size_t at = 0; at + 2 <= block_bytes; at += 2) {
      std::vector<std::byte> row = GoodRow(type);
      row[block_bytes + at] = row[block_bytes + at + 1] = std::byte{0xFF};  // in the second block
      const bool broken = !DecodesToFiniteValues(type, row);
      EXPECT_EQ(CountBrokenBlocks(type, row), broken ? 1 : 0)
          << FindType(uint32_t(type))->name << " byte " << at;
      n_broken += broken ? 1 : 0;
    }
    EXPECT_GT(n_broken, 0) << FindType(uint32_t(type))->name;
  }
}

TEST(CountBrokenBlocks, CountsInfinitiesAndEveryBlock) {
  std::vector<std::byte> row = GoodRow(Type::kQ4_0);
  for (const size_t block : {0U, 5U, 23U}) {
    row[block * 18] = std::byte{0x00};
    row[block * 18 + 1] = std::byte{0xFC};  // minus infinity
  }
  EXPECT_EQ(CountBrokenBlocks(Type::kQ4_0, row), 3);
  EXPECT_EQ(CountBrokenBlocks(Type::kQ4_0, std::span(row).first(17)), 0);  // no whole block
}

}  // namespace
}  // namespace weir::quant
