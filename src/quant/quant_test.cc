#include "quant/quant.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <string>
#include <vector>

namespace weir::quant {
namespace {

// P[i] = (37 i + 11) mod 256, the pattern of the format's test vectors.
std::vector<uint8_t> Pattern(int n) {
  std::vector<uint8_t> bytes;
  for (int i = 0; i < n; ++i) bytes.push_back(static_cast<uint8_t>((37 * i + 11) % 256));
  return bytes;
}

const std::vector<uint8_t> kD = {0x00, 0x30};     // 0.125
const std::vector<uint8_t> kDmin = {0x00, 0x38};  // 0.5

std::vector<uint8_t> Join(std::initializer_list<std::vector<uint8_t>> parts) {
  std::vector<uint8_t> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

std::vector<float> Decode(Type type, const std::vector<uint8_t>& block) {
  const TypeInfo* info = FindType(static_cast<uint32_t>(type));
  EXPECT_EQ(static_cast<int>(block.size()), info->block_bytes);
  std::vector<float> values(static_cast<size_t>(info->block_values));
  DequantizeRow(type, reinterpret_cast<const std::byte*>(block.data()), info->block_values,
                values.data());
  return values;
}

struct Vector {
  Type type;
  std::vector<uint8_t> block;
  std::map<int, float> values;
  double sum;
};

TEST(Dequantize, GivesThePublishedVectorsBitForBit) {
  const std::vector<Vector> vectors = {
      {Type::kQ4_0,
       Join({kD, Pattern(16)}),
       {{0, 0.375F}, {1, -1}, {15, -0.25F}, {16, -1}, {31, -0.625F}},
       -3.875},
      {Type::kQ8_0,
       Join({kD, Pattern(32)}),
       {{0, 1.375F}, {1, 6}, {15, 6.75F}, {16, 11.375F}, {31, -15.25F}},
       2.0},
      {Type::kQ4_K,
       Join({kD, kDmin, Pattern(140)}),
       {{0, -5.875F},
        {1, 1},
        {15, -12.75F},
        {31, -12.75F},
        {32, 70},
        {63, 22},
        {64, -2.125F},
        {127, 94.5F},
        {128, -14.875F},
        {255, -0.5F}},
       2161.0},
      {Type::kQ5_K,
       Join({kD, kDmin, Pattern(172)}),
       {{0, 16.125F},
        {1, 1},
        {15, -12.75F},
        {31, -12.75F},
        {32, 130},
        {63, 178},
        {64, 39.875F},
        {127, 51},
        {128, -14.875F},
        {255, 22}},
       8139.0},
      {Type::kQ6_K,
       Join({Pattern(208), kD}),
       {{0, -178.875F},
        {1, 212},
        {15, -39.75F},
        {16, -54},
        {31, -12},
        {32, 28.875F},
        {63, -72.5F},
        {64, -380},
        {127, 187.5F},
        {128, -43.875F},
        {255, -7.5F}},
       576.5},
  };
  for (const Vector& vector : vectors) {
    const std::vector<float> values = Decode(vector.type, vector.block);
    for (const auto& [index, value] : vector.values) {
      EXPECT_EQ(values[static_cast<size_t>(index)], value)
          << FindType(static_cast<uint32_t>(vector.type))->name << " " << index;
    }
    EXPECT_EQ(std::accumulate(values.begin(), values.end(), 0.0), vector.sum);
  }
}

// The remaining types, from the layout's description: every value computed on its own.
TEST(Dequantize, GivesWhatTheLayoutSaysForTheOtherTypes) {
  const std::vector<uint8_t> p = Pattern(16);
  const std::vector<uint8_t> bits = {0x0D, 0xF0, 0xAA, 0x31};
  const uint32_t high = 0x31AAF00D;
  const auto q41 = Decode(Type::kQ4_1, Join({kD, kDmin, p}));
  const auto q50 = Decode(Type::kQ5_0, Join({kD, bits, p}));
  const auto q51 = Decode(Type::kQ5_1, Join({kD, kDmin, bits, p}));
  for (unsigned j = 0; j < 16; ++j) {
    const int low = p[j] % 16;
    const int top = p[j] / 16;
    const int low5 = low + 16 * static_cast<int>((high >> j) & 1U);
    const int top5 = top + 16 * static_cast<int>((high >> (j + 16)) & 1U);
    EXPECT_EQ(q41[j], 0.125F * static_cast<float>(low) + 0.5F);
    EXPECT_EQ(q41[j + 16], 0.125F * static_cast<float>(top) + 0.5F);
    EXPECT_EQ(q50[j], 0.125F * static_cast<float>(low5 - 16));
    EXPECT_EQ(q50[j + 16], 0.125F * static_cast<float>(top5 - 16));
    EXPECT_EQ(q51[j], 0.125F * static_cast<float>(low5) + 0.5F);
    EXPECT_EQ(q51[j + 16], 0.125F * static_cast<float>(top5) + 0.5F);
  }
  EXPECT_EQ(Decode(Type::kF32, {0x00, 0x00, 0x80, 0x3F})[0], 1.0F);
  EXPECT_EQ(Decode(Type::kF16, {0x00, 0xC0})[0], -2.0F);
  EXPECT_EQ(Decode(Type::kBF16, {0x80, 0x3F})[0], 1.0F);
}

TEST(Dequantize, ReadsRowsOfSeveralBlocksFromAnyAddress) {
  std::vector<uint8_t> bytes = Join({{0}, kD, Pattern(16), kD, Pattern(16)});
  std::vector<float> values(64);
  DequantizeRow(Type::kQ4_0, reinterpret_cast<const std::byte*>(bytes.data() + 1), 64,
                values.data());
  for (size_t i = 0; i < 32; ++i) EXPECT_EQ(values[i], values[i + 32]);
  EXPECT_EQ(RowBytes(Type::kQ4_0, 64), 36);
}

TEST(Types, UnknownIdsAreNull) {
  EXPECT_EQ(FindType(4), nullptr);
  EXPECT_EQ(FindType(39), nullptr);
  EXPECT_EQ(FindType(14)->name, "Q6_K");
}

// An independent reading of the format: sign * 2^e * (1 + f/1024) in double precision.
double HalfValue(uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const int fraction = bits & 1023;
  const double sign = bits >= 0x8000 ? -1 : 1;
  if (exponent == 0) return sign * fraction / 1024.0 * std::pow(2.0, -14);
  return sign * (1.0 + fraction / 1024.0) * std::pow(2.0, exponent - 15);
}

TEST(Half, EveryBitPatternDecodesAndComesBack) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    const float value = HalfToFloat(half);
    if (((half >> 10) & 31) == 31) {
      EXPECT_EQ(std::isnan(value), (half & 1023) != 0);
      EXPECT_EQ(std::signbit(value), half >= 0x8000);
      if (!std::isnan(value)) {
        EXPECT_EQ(FloatToHalf(value), half);
      }
      continue;
    }
    ASSERT_EQ(static_cast<double>(value), HalfValue(half)) << bits;
    ASSERT_EQ(FloatToHalf(value), half) << bits;
  }
}

TEST(Half, RoundsToNearestEvenBetweenNeighbours) {
  for (uint32_t bits = 0; bits < 0x7BFF; ++bits) {
    const double low = HalfValue(static_cast<uint16_t>(bits));
    const double high = HalfValue(static_cast<uint16_t>(bits + 1));
    const auto middle = static_cast<float>((low + high) / 2);  // exact in float
    const auto even = static_cast<uint16_t>(bits % 2 == 0 ? bits : bits + 1);
    ASSERT_EQ(FloatToHalf(middle), even) << bits;
    ASSERT_EQ(FloatToHalf(std::nextafter(middle, 0.0F)), bits) << bits;
    ASSERT_EQ(FloatToHalf(std::nextafter(middle, 1e6F)), bits + 1) << bits;
  }
  EXPECT_EQ(FloatToHalf(65519.0F), 0x7BFF);
  EXPECT_EQ(FloatToHalf(65520.0F), 0x7C00);
  EXPECT_EQ(FloatToHalf(-std::numeric_limits<float>::infinity()), 0xFC00);
  EXPECT_TRUE(std::isnan(HalfToFloat(FloatToHalf(std::nanf("")))));
}

TEST(Bf16, RoundsToNearestEvenAndKeepsNan) {
  EXPECT_EQ(FloatToBf16(1.0F), 0x3F80);
  EXPECT_EQ(FloatToBf16(std::bit_cast<float>(0x3F808000U)), 0x3F80);  // tie to even
  EXPECT_EQ(FloatToBf16(std::bit_cast<float>(0x3F818000U)), 0x3F82);
  EXPECT_EQ(FloatToBf16(std::bit_cast<float>(0x3F808001U)), 0x3F81);
  EXPECT_TRUE(std::isnan(Bf16ToFloat(FloatToBf16(std::nanf("")))));
}

TEST(QuantizeQ8_0, IsWithinHalfAStepOfTheInput) {
  std::vector<float> values(64);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = std::sin(static_cast<float>(i) * 1.7F) * (i < 32 ? 3.0F : 0.0F);
  std::vector<std::byte> bytes(68);
  QuantizeRowQ8_0(values.data(), 64, bytes.data());
  std::vector<float> back(64);
  DequantizeRow(Type::kQ8_0, bytes.data(), 64, back.data());
  for (size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(back[i], values[i], 3.0F / 127 * 0.51F);
}

TEST(QuantizeQ8_0, GivesTheCodesOfABlockComputedByHand) {
  std::vector<float> values(32, 0.0F);
  values[0] = 12.7F;  // D = 0.1, in half precision 0.0999755859375
  values[1] = -12.7F;
  values[2] = 1.0F;
  values[3] = 0.04F;
  std::vector<std::byte> bytes(34);
  QuantizeRowQ8_0(values.data(), 32, bytes.data());
  EXPECT_EQ(bytes[0], std::byte{0x66});
  EXPECT_EQ(bytes[1], std::byte{0x2E});
  EXPECT_EQ(static_cast<int8_t>(bytes[2]), 127);
  EXPECT_EQ(static_cast<int8_t>(bytes[3]), -127);
  EXPECT_EQ(static_cast<int8_t>(bytes[4]), 10);
  EXPECT_EQ(static_cast<int8_t>(bytes[5]), 0);
}

TEST(QuantizeQ8_0, HasADefinedAnswerForValuesWithoutACode) {
  std::vector<float> values(32, 1.0F);
  values[0] = std::nanf("");
  std::vector<std::byte> bytes(34);
  QuantizeRowQ8_0(values.data(), 32, bytes.data());
  EXPECT_EQ(static_cast<int8_t>(bytes[2]), 0);
  EXPECT_EQ(static_cast<int8_t>(bytes[3]), 127);
  values.assign(32, 1e-30F);  // D is 0 in half precision
  QuantizeRowQ8_0(values.data(), 32, bytes.data());
  EXPECT_EQ(bytes, std::vector<std::byte>(34));
  values.assign(32, std::numeric_limits<float>::infinity());
  QuantizeRowQ8_0(values.data(), 32, bytes.data());
  EXPECT_EQ(bytes[33], std::byte{0});
}

}  // namespace
}  // namespace weir::quant
