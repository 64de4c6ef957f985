#include "synth/weights.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

namespace weir::synth {
namespace {

using quant::Type;

constexpr uint64_t kValues = 1 << 16;

std::vector<std::byte> Bytes(RandomWeights& weights, const RandomWeights::Fill& fill,
                             uint64_t n = kValues) {
  std::vector<std::byte> bytes(
      static_cast<size_t>(quant::RowBytes(fill.type, static_cast<int64_t>(n))));
  weights.Write(fill, 0, n, bytes);
  return bytes;
}

TEST(RandomWeights, HaveTheAskedSpreadInEveryType) {
  RandomWeights weights(1);
  for (const Type type : {Type::kF32, Type::kF16, Type::kBF16, Type::kQ4_0, Type::kQ5_0,
                          Type::kQ5_1, Type::kQ8_0, Type::kQ4_K, Type::kQ5_K, Type::kQ6_K}) {
    const std::vector<std::byte> bytes = Bytes(weights, {3, type, 0.02F});
    std::vector<float> values(kValues);
    quant::DequantizeRow(type, bytes.data(), static_cast<int64_t>(kValues), values.data());
    double sum = 0;
    double squares = 0;
    double fourth = 0;
    for (const float value : values) {
      sum += value;
      squares += double{value} * value;
      fourth += std::pow(double{value}, 4);
    }
    const double variance = squares / kValues;
    EXPECT_NEAR(std::sqrt(variance), 0.02, 0.0005) << static_cast<int>(type);
    EXPECT_NEAR(sum / kValues, 0, 0.0004) << static_cast<int>(type);
    EXPECT_NEAR(fourth / kValues / variance / variance, 3, 0.3);  // a normal distribution's
  }
}

TEST(RandomWeights, AreAFunctionOfSeedTensorAndPlaceAlone) {
  RandomWeights first(7);
  RandomWeights second(7);
  RandomWeights other(8);
  const RandomWeights::Fill fill = {5, Type::kQ4_0, 0.5F};
  const std::vector<std::byte> bytes = Bytes(first, fill);
  Bytes(second, {1, Type::kQ6_K, 0.1F});  // what was written before does not matter
  EXPECT_EQ(Bytes(second, fill), bytes);
  EXPECT_NE(Bytes(other, fill), bytes);
  EXPECT_NE(Bytes(first, {6, Type::kQ4_0, 0.5F}), bytes);
  std::vector<std::byte> pieces(bytes.size());
  const size_t half = bytes.size() / 2;
  second.Write(fill, kValues / 2, kValues / 2, std::span(pieces).subspan(half));
  second.Write(fill, 0, kValues / 2, std::span(pieces).first(half));
  EXPECT_EQ(pieces, bytes);
}

TEST(RandomWeights, EndAnywhereInsideAUnit) {
  RandomWeights weights(1);
  for (const Type type : {Type::kF32, Type::kF16, Type::kQ4_0, Type::kQ8_0}) {
    const std::vector<std::byte> whole = Bytes(weights, {0, type, 1}, 1024);
    const std::vector<std::byte> part = Bytes(weights, {0, type, 1}, 1024 - 96);
    EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin()));
  }
}

TEST(RandomWeights, MakeNoTwoRowsAlike) {
  RandomWeights weights(1);
  constexpr uint64_t kRowBytes = 2048 / 32 * 18;
  const std::vector<std::byte> bytes = Bytes(weights, {0, Type::kQ4_0, 1}, 2048 * 4096);
  std::set<std::string> rows;
  for (size_t at = 0; at < bytes.size(); at += kRowBytes)
    rows.emplace(reinterpret_cast<const char*>(bytes.data()) + at, kRowBytes);
  EXPECT_EQ(rows.size(), 4096U);
}

}  // namespace
}  // namespace weir::synth
