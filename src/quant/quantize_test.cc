#include "quant/quantize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "gguf/gguf_file.h"
#include "quant/quant.h"

namespace weir::quant {
namespace {

constexpr int kRow = 1024;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

const TypeInfo& Info(Type type) { return *FindType(static_cast<uint32_t>(type)); }

std::vector<std::byte> Encode(Type type, const std::vector<float>& values) {
  const auto n = static_cast<int64_t>(values.size());
  std::vector<std::byte> bytes(static_cast<size_t>(RowBytes(type, n)) + 1, std::byte{0xA5});
  QuantizeRow(type, values.data(), n, bytes.data());
  EXPECT_EQ(bytes.back(), std::byte{0xA5}) << Info(type).name << " wrote beyond its bytes";
  bytes.pop_back();
  return bytes;
}

std::vector<float> RoundTrip(Type type, const std::vector<float>& values) {
  const std::vector<std::byte> bytes = Encode(type, values);
  std::vector<float> back(values.size());
  DequantizeRow(type, bytes.data(), static_cast<int64_t>(back.size()), back.data());
  return back;
}

// Sums of twelve uniform numbers: near enough to a normal distribution, and portable.
std::vector<float> Normal(int n, float sigma, uint32_t state = 1) {
  std::vector<float> values;
  for (int i = 0; i < n; ++i) {
    float sum = -6;
    for (int k = 0; k < 12; ++k) {
      state = state * 1664525U + 1013904223U;
      sum += static_cast<float>(state >> 8) * 0x1p-24F;
    }
    values.push_back(sum * sigma);
  }
  return values;
}

double RelativeRms(const std::vector<float>& back, const std::vector<float>& values) {
  double error = 0;
  double total = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    error += std::pow(double{back[i]} - double{values[i]}, 2);
    total += std::pow(double{values[i]}, 2);
  }
  return std::sqrt(error / total);
}

constexpr Type kAll[] = {Type::kF32,  Type::kF16,  Type::kBF16, Type::kQ4_0,
                         Type::kQ4_1, Type::kQ5_0, Type::kQ5_1, Type::kQ8_0,
                         Type::kQ4_K, Type::kQ5_K, Type::kQ6_K};

std::vector<Type> BlockTypes() {
  std::vector<Type> types;
  for (const Type type : kAll) {
    if (Info(type).block_values > 1) types.push_back(type);
  }
  return types;
}

// Error of normally distributed values relative to their size, with a tenth to spare.
TEST(QuantizeRow, LosesNoMoreThanItsBitsMustAtAnyScale) {
  const std::vector<std::pair<Type, double>> bounds = {
      {Type::kF32, 0.0},    {Type::kF16, 0.0003}, {Type::kBF16, 0.002}, {Type::kQ4_0, 0.1},
      {Type::kQ4_1, 0.09},  {Type::kQ5_0, 0.05},  {Type::kQ5_1, 0.043}, {Type::kQ8_0, 0.006},
      {Type::kQ4_K, 0.081}, {Type::kQ5_K, 0.04},  {Type::kQ6_K, 0.02}};
  ASSERT_EQ(bounds.size(), std::size(kAll));
  for (const auto& [type, bound] : bounds) {
    for (const float sigma : {0.02F, 1.0F, 300.0F}) {
      const std::vector<float> values = Normal(8 * kRow, sigma);
      EXPECT_LE(RelativeRms(RoundTrip(type, values), values), bound) << Info(type).name << sigma;
    }
  }
}

TEST(QuantizeRow, OfLegacyTypesIsWithinHalfAStepOfEveryValue) {
  const std::vector<std::pair<Type, float>> steps = {{Type::kQ4_0, 8},
                                                     {Type::kQ4_1, 15},
                                                     {Type::kQ5_0, 16},
                                                     {Type::kQ5_1, 31},
                                                     {Type::kQ8_0, 127}};
  const std::vector<float> values = Normal(kRow, 1);
  for (const auto& [type, n_steps] : steps) {
    const std::vector<float> back = RoundTrip(type, values);
    const bool ranged = type == Type::kQ4_1 || type == Type::kQ5_1;
    for (size_t block = 0; block < values.size(); block += 32) {
      const auto [low, high] = std::minmax_element(&values[block], &values[block] + 32);
      const float reach = std::max(std::fabs(*low), std::fabs(*high));
      const float step = (ranged ? *high - *low : reach) / n_steps;
      // At the other end than the extreme there is one step less.
      const float bound = ranged || type == Type::kQ8_0 ? 0.51F * step : 1.02F * step;
      for (size_t i = block; i < block + 32; ++i)
        ASSERT_NEAR(back[i], values[i], bound) << Info(type).name << " " << i;
    }
  }
}

TEST(QuantizeRow, KeepsZeroRowsExactly) {
  for (const Type type : kAll) {
    EXPECT_EQ(RoundTrip(type, std::vector<float>(kRow, 0.0F)), std::vector<float>(kRow, 0.0F))
        << Info(type).name;
    for (const float value : RoundTrip(type, std::vector<float>(kRow, -0.0F))) EXPECT_EQ(value, 0);
  }
}

TEST(QuantizeRow, KeepsConstantRowsToTheScalesPrecision) {
  for (const Type type : kAll) {
    for (const float constant : {1.0F, -1.0F, 0.37F, -12345.0F}) {
      for (const float value : RoundTrip(type, std::vector<float>(kRow, constant)))
        EXPECT_NEAR(value, constant, std::fabs(constant) * 0.004F) << Info(type).name;
    }
  }
}

TEST(QuantizeRow, HitsALoneValueAmongZeros) {
  for (const Type type : BlockTypes()) {
    for (const float lone : {5.0F, -5.0F}) {
      std::vector<float> values(kRow, 0.0F);
      values[300] = lone;
      const std::vector<float> back = RoundTrip(type, values);
      EXPECT_NEAR(back[300], lone, 0.02F) << Info(type).name;
      EXPECT_NEAR(back[299], 0.0F, 0.02F) << Info(type).name;
    }
  }
}

// Whatever the floats are, what comes back is finite, and the next block does not notice.
TEST(QuantizeRow, HasAFiniteAnswerForExtremeValues) {
  const float largest = std::numeric_limits<float>::max();
  const float tiny = std::numeric_limits<float>::denorm_min();
  for (const Type type : BlockTypes()) {
    for (const float odd : {kInfinity, -kInfinity, std::nanf(""), largest, -largest, tiny, 1e-8F}) {
      std::vector<float> values = Normal(kRow, 1);
      const std::vector<float> clean = RoundTrip(type, values);
      values[3] = odd;
      const std::vector<float> back = RoundTrip(type, values);
      for (const float value : back) EXPECT_TRUE(std::isfinite(value)) << Info(type).name << odd;
      if (!std::isfinite(odd)) {
        EXPECT_NEAR(back[3], 0, 0.15) << Info(type).name;
      }
      const auto next = static_cast<size_t>(Info(type).block_values);
      EXPECT_TRUE(std::equal(back.begin() + next, back.end(), clean.begin() + next));
      for (const float value : RoundTrip(type, std::vector<float>(kRow, odd)))
        EXPECT_TRUE(std::isfinite(value)) << Info(type).name << odd;
    }
  }
}

TEST(QuantizeRow, SaturatesWhereHalfPrecisionScalesEnd) {
  for (const Type type : BlockTypes()) {
    std::vector<float> values(kRow, 0.0F);
    values[0] = 1e30F;
    values[1] = -1e30F;
    const std::vector<float> back = RoundTrip(type, values);
    EXPECT_GT(back[0], 60000) << Info(type).name;
    EXPECT_LT(back[1], -60000) << Info(type).name;
  }
}

TEST(QuantizeRow, OfFloatTypesKeepsInfinitiesAndNan) {
  for (const Type type : {Type::kF32, Type::kF16, Type::kBF16}) {
    const std::vector<float> back = RoundTrip(type, {kInfinity, -kInfinity, std::nanf(""), 1.0F});
    EXPECT_EQ(back[0], kInfinity);
    EXPECT_EQ(back[1], -kInfinity);
    EXPECT_TRUE(std::isnan(back[2]));
    EXPECT_EQ(back[3], 1.0F);
  }
}

TEST(QuantizeRow, WritesEveryByteOfABlockAndNoMore) {
  for (const Type type : kAll) {
    const int n = Info(type).block_values;
    for (int blocks = 1; blocks <= 3; ++blocks) {
      const std::vector<float> values = Normal(n * blocks, 1);
      EXPECT_EQ(Encode(type, values).size(), static_cast<size_t>(Info(type).block_bytes * blocks));
      std::vector<std::byte> ones(static_cast<size_t>(Info(type).block_bytes * blocks),
                                  std::byte{0xFF});
      QuantizeRow(type, values.data(), n * blocks, ones.data());
      EXPECT_EQ(ones, Encode(type, values)) << "a byte of " << Info(type).name << " was not set";
    }
  }
}

TEST(QuantizeRow, GivesTheSameBytesEveryTimeAndBlockByBlock) {
  for (const Type type : kAll) {
    const std::vector<float> values = Normal(kRow, 1);
    const std::vector<std::byte> whole = Encode(type, values);
    EXPECT_EQ(whole, Encode(type, values));
    std::vector<std::byte> pieces(whole.size());
    const int n = Info(type).block_values;
    for (int i = 0; i < kRow / n; ++i)
      QuantizeRow(type, values.data() + i * n, n, pieces.data() + i * Info(type).block_bytes);
    EXPECT_EQ(pieces, whole) << Info(type).name;
  }
}

// What decodes to a row encodes to it: a file that is quantised twice does not drift.
TEST(QuantizeRow, OfDecodedLegacyRowsLosesNothingMore) {
  for (const Type type : {Type::kQ4_0, Type::kQ5_0, Type::kQ8_0}) {
    const std::vector<float> once = RoundTrip(type, Normal(kRow, 1));
    const std::vector<float> twice = RoundTrip(type, once);
    for (size_t i = 0; i < once.size(); ++i) ASSERT_EQ(once[i], twice[i]) << Info(type).name << i;
  }
}

// The sign convention of the reference quantiser: the extreme value has code 0, whichever its sign.
TEST(QuantizeRow, GivesTheExtremeValueTheCodeZeroInQ4_0) {
  std::vector<float> values(32, 0.0F);
  values[0] = 8;
  values[1] = -7;
  const std::vector<std::byte> bytes = Encode(Type::kQ4_0, values);
  EXPECT_EQ(bytes[0], std::byte{0x00});
  EXPECT_EQ(bytes[1], std::byte{0xBC});  // D = -1
  EXPECT_EQ(bytes[2], std::byte{0x80});  // value 0: code 0; value 16, a zero: code 8
  EXPECT_EQ(bytes[3], std::byte{0x8F});
}

// testdata/golden has one model as the reference's quantiser wrote it in every mix, and its F16
// original. On every tensor our error is at most 2 % above the reference's.
TEST(QuantizeRow, IsAsCloseAsTheReferenceQuantiser) {
  const std::string golden = std::string(WEIR_TESTDATA) + "/golden/";
  const auto original = gguf::GgufFile::Open(golden + "tiny-f16.gguf");
  ASSERT_TRUE(original) << original.error().message;
  int n_compared = 0;
  for (const char* mix : {"q4_0", "q4_k_m", "q5_k_m", "q6_k", "q8_0"}) {
    const auto reference = gguf::GgufFile::Open(golden + "tiny-" + mix + ".gguf");
    ASSERT_TRUE(reference) << reference.error().message;
    for (const gguf::TensorInfo& theirs : reference->tensors()) {
      const auto type = static_cast<Type>(theirs.type_id);
      const gguf::TensorInfo* source = original->FindTensor(theirs.name);
      ASSERT_NE(source, nullptr);
      if (theirs.type_id == source->type_id) continue;
      ++n_compared;
      const uint64_t n = theirs.shape[0] * theirs.shape[1] * theirs.shape[2];
      std::vector<float> values(n);
      DequantizeRow(static_cast<Type>(source->type_id), source->data.data(),
                    static_cast<int64_t>(n), values.data());
      std::vector<float> back(n);
      DequantizeRow(type, theirs.data.data(), static_cast<int64_t>(n), back.data());
      EXPECT_LE(RelativeRms(RoundTrip(type, values), values), 1.02 * RelativeRms(back, values))
          << mix << " " << theirs.name;
    }
  }
  EXPECT_GT(n_compared, 50);
}

}  // namespace
}  // namespace weir::quant
