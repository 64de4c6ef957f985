// The matrix kernels of every target against the reference: every quant type, odd sizes, gathered
// rows.

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "kernels/kernels.h"
#include "kernels/testing/emulated_avx512.h"

namespace weir::kernels {
namespace {

constexpr quant::Type kTypes[] = {quant::Type::kF32,  quant::Type::kF16,  quant::Type::kBF16,
                                  quant::Type::kQ4_0, quant::Type::kQ4_1, quant::Type::kQ5_0,
                                  quant::Type::kQ5_1, quant::Type::kQ8_0, quant::Type::kQ4_K,
                                  quant::Type::kQ5_K, quant::Type::kQ6_K};

std::vector<const KernelTable*> FastTargets() {
  std::vector<const KernelTable*> targets = TestedKernels();
  targets.erase(targets.begin());  // the reference
  return targets;
}

const quant::TypeInfo& Info(quant::Type type) {
  return *quant::FindType(static_cast<uint32_t>(type));
}

void PutHalf(std::byte* p, float value) {
  const uint16_t half = quant::FloatToHalf(value);
  std::memcpy(p, &half, 2);
}

// Random rows whose scales are of ordinary size; all codes occur.
std::vector<std::byte> RandomRows(quant::Type type, int n_rows, int n_cols, std::mt19937& random) {
  const quant::TypeInfo& info = Info(type);
  std::vector<std::byte> bytes(static_cast<size_t>(n_rows) *
                               static_cast<size_t>(quant::RowBytes(type, n_cols)));
  std::uniform_real_distribution<float> scale(0.001f, 0.02f);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random() & 255);
  for (size_t at = 0; at < bytes.size(); at += static_cast<size_t>(info.block_bytes)) {
    std::byte* block = bytes.data() + at;
    const float value = scale(random) - 0.01f;
    switch (type) {
      case quant::Type::kF32:
        std::memcpy(block, &value, 4);
        break;
      case quant::Type::kF16:
        PutHalf(block, value);
        break;
      case quant::Type::kBF16: {
        const uint16_t bits = quant::FloatToBf16(value);
        std::memcpy(block, &bits, 2);
        break;
      }
      case quant::Type::kQ6_K:
        PutHalf(block + 208, value);
        break;
      default:
        PutHalf(block, value);
        if (type != quant::Type::kQ4_0 && type != quant::Type::kQ5_0 &&
            type != quant::Type::kQ8_0) {
          PutHalf(block + 2, scale(random));
        }
    }
  }
  return bytes;
}

// An input in all its forms, made by one target's kernels.
struct Input {
  Input(const KernelTable& k, const std::vector<float>& values, int n_rows, int n_cols)
      : f32(values) {
    const auto rows = static_cast<size_t>(n_rows);
    const auto n = static_cast<size_t>(n_cols);
    q32.resize(rows * n, 99);  // what is not written must not matter
    scale32.resize(rows * n / 32, 99);
    scaled_sum32.resize(rows * n / 32, 99);
    sum32.resize(rows * n / 32, 99);
    q256.resize(rows * n);
    scale256.resize(rows * n / 256);
    sums256.resize(rows * (n / 16 + n / 32));
    view = {n_rows,        n_cols,         f32.data(),
            q32.data(),    scale32.data(), scaled_sum32.data(),
            sum32.data(),  q256.data(),    scale256.data(),
            sums256.data()};
    for (size_t i = 0; i < rows; ++i) {
      const float* x = f32.data() + i * n;
      if (n % 32 == 0)
        k.quantise32(x, n_cols, &q32[i * n], &scale32[i * n / 32], &scaled_sum32[i * n / 32],
                     &sum32[i * n / 32]);
      if (n % 256 == 0)
        k.quantise256(x, n_cols, &q256[i * n], &scale256[i * n / 256],
                      &sums256[i * (n / 16 + n / 32)]);
    }
  }

  // What the quantised form of `type` stands for.
  std::vector<float> Dequantised(ActivationForm form) const {
    std::vector<float> values = f32;
    const auto n = static_cast<size_t>(view.n_cols);
    for (size_t i = 0; i < values.size(); ++i) {
      const size_t row = i / n;
      const size_t c = i % n;
      if (form == ActivationForm::kBlock32) values[i] = scale32[row * n / 32 + c / 32] * q32[i];
      if (form == ActivationForm::kBlock256) values[i] = scale256[i / 256] * q256[i];
    }
    return values;
  }

  std::vector<float> f32;
  std::vector<int8_t> q32, q256;
  std::vector<float> scale32, scaled_sum32, scale256;
  std::vector<int32_t> sum32;
  std::vector<int16_t> sums256;
  Activations view;
};

std::vector<float> RandomValues(size_t n, std::mt19937& random) {
  std::normal_distribution<float> normal;
  std::vector<float> values(n);
  for (float& v : values) v = normal(random);
  return values;
}

struct Shape {
  int n_rows, n_cols, n_tokens;
};

std::vector<Shape> ShapesFor(quant::Type type) {
  switch (Info(type).block_values) {
    case 1:
      return {{1, 1, 1}, {3, 15, 2}, {19, 33, 5}, {16, 256, 4}, {33, 100, 9}};
    case 32:
      return {{1, 32, 1},   {3, 96, 2},     {19, 64, 5}, {16, 256, 4},
              {33, 160, 9}, {70, 1184, 13}, {48, 544, 3}};
    default:
      return {{1, 256, 1},  {3, 768, 2},    {19, 512, 5}, {16, 256, 4},
              {33, 256, 9}, {70, 1280, 13}, {48, 768, 3}};
  }
}

MatMulArgs Args(quant::Type type, const std::vector<std::byte>& weights, const Activations& x,
                const Shape& shape, std::vector<float>& out) {
  MatMulArgs args;
  args.weights = weights.data();
  args.type = type;
  args.row_bytes = quant::RowBytes(type, shape.n_cols);
  args.row_end = shape.n_rows;
  args.x = &x;
  args.n_tokens = shape.n_tokens;
  args.out = out.data();
  args.out_stride = shape.n_rows;
  return args;
}

class MatMul : public testing::TestWithParam<std::tuple<const KernelTable*, quant::Type>> {};

// The tolerance is that of summing n float products in some order, against the norms of the two
// vectors.
TEST_P(MatMul, AgreesWithTheReferenceOnTheInputItQuantised) {
  const auto& [k, type] = GetParam();
  std::mt19937 random(7);
  for (const Shape& shape : ShapesFor(type)) {
    const std::vector<std::byte> weights = RandomRows(type, shape.n_rows, shape.n_cols, random);
    const auto n = static_cast<size_t>(shape.n_cols);
    const auto n_out = static_cast<size_t>(shape.n_rows * shape.n_tokens);
    const Input input(*k, RandomValues(n * static_cast<size_t>(shape.n_tokens), random),
                      shape.n_tokens, shape.n_cols);
    const Input exact(*k, input.Dequantised(k->FormFor(type)), shape.n_tokens, shape.n_cols);
    std::vector<float> ours(n_out);
    std::vector<float> expected(n_out);
    k->MatMulFor(type)(Args(type, weights, input.view, shape, ours));
    ReferenceKernels().MatMulFor(type)(Args(type, weights, exact.view, shape, expected));

    std::vector<float> row(n);
    for (size_t i = 0; i < n_out; ++i) {
      const size_t r = i % static_cast<size_t>(shape.n_rows);
      const size_t t = i / static_cast<size_t>(shape.n_rows);
      quant::DequantizeRow(
          type, weights.data() + r * static_cast<size_t>(quant::RowBytes(type, shape.n_cols)),
          shape.n_cols, row.data());
      double size =
          0;  // sum of |w x|, with the codes' offsets that the fast kernels subtract in the end
      for (size_t c = 0; c < n; ++c)
        size += (std::fabs(row[c]) + 0.7) * std::fabs(exact.f32[t * n + c]);
      EXPECT_NEAR(ours[i], expected[i], 1e-6 * size)
          << shape.n_rows << 'x' << shape.n_cols << " at " << i;
    }
  }
}

TEST_P(MatMul, GivesEachTokenTheSameBitsAloneInCompanyAndGathered) {
  const auto& [k, type] = GetParam();
  std::mt19937 random(8);
  // More columns than a panel holds, more rows than two of them, a rest of both.
  const Shape all = {53, 1280, 13};
  const std::vector<std::byte> weights = RandomRows(type, all.n_rows, all.n_cols, random);
  const Input input(*k, RandomValues(size_t{1280 * 13}, random), all.n_tokens, all.n_cols);
  std::vector<float> together(size_t{53 * 13});
  k->MatMulFor(type)(Args(type, weights, input.view, all, together));
  for (int t = 0; t < all.n_tokens; ++t) {
    const std::vector<float> expected(together.begin() + t * 53, together.begin() + (t + 1) * 53);
    std::vector<float> alone(53);
    MatMulArgs args = Args(type, weights, input.view, {53, 1280, 1}, alone);
    args.x_first = t;
    k->MatMulFor(type)(args);
    EXPECT_EQ(alone, expected);
    // In two parts of rows, and as one of five gathered rows.
    const std::vector<int32_t> rows = {0, t, 6, t, 1};
    for (const int n_gathered : {5, 4, 2}) {
      std::vector<float> gathered(static_cast<size_t>(53 * n_gathered));
      args = Args(type, weights, input.view, {53, 1280, n_gathered}, gathered);
      args.x_rows = rows.data();
      args.row_end = 10;
      k->MatMulFor(type)(args);
      args.row_begin = 10;
      args.row_end = 53;
      k->MatMulFor(type)(args);
      EXPECT_EQ(std::vector<float>(gathered.begin() + 53, gathered.begin() + 106), expected);
      if (n_gathered < 4) continue;
      EXPECT_EQ(std::vector<float>(gathered.begin() + 159, gathered.begin() + 212), expected);
    }
  }
}

class MatMulOfCodes : public MatMul {};

TEST_P(MatMulOfCodes, CountsExactlyAtTheEndsOfTheCodeRange) {
  const auto& [k, type] = GetParam();
  // All code bits 0 or all 1 and the largest inputs: where a saturating 16-bit sum would go wrong.
  for (const int fill : {0x00, 0x80, 0xff}) {
    const Shape shape = {1, 256, 1};
    std::vector<std::byte> weights(static_cast<size_t>(quant::RowBytes(type, 256)),
                                   static_cast<std::byte>(fill));
    for (size_t at = 0; at < weights.size(); at += static_cast<size_t>(Info(type).block_bytes)) {
      PutHalf(weights.data() + at + (type == quant::Type::kQ6_K ? 208 : 0), 1.0f);
      const bool has_min = type == quant::Type::kQ4_1 || type == quant::Type::kQ5_1 ||
                           type == quant::Type::kQ4_K || type == quant::Type::kQ5_K;
      if (has_min) PutHalf(weights.data() + at + 2, 1.0f);
    }
    for (const float sign : {1.0f, -1.0f}) {
      const Input input(*k, std::vector<float>(256, 127 * sign), 1, 256);
      std::vector<float> ours(1);
      std::vector<float> expected(1);
      k->MatMulFor(type)(Args(type, weights, input.view, shape, ours));
      ReferenceKernels().MatMulFor(type)(Args(type, weights, input.view, shape, expected));
      EXPECT_NEAR(ours[0], expected[0], 4e-6 * std::fabs(expected[0])) << fill;
    }
  }
}

std::string NameOf(const testing::TestParamInfo<MatMul::ParamType>& info) {
  return std::string(std::get<0>(info.param)->name) + "_" +
         std::string(Info(std::get<1>(info.param)).name);
}

INSTANTIATE_TEST_SUITE_P(AllTargets, MatMul,
                         testing::Combine(testing::ValuesIn(FastTargets()),
                                          testing::ValuesIn(kTypes)),
                         NameOf);

INSTANTIATE_TEST_SUITE_P(AllTargets, MatMulOfCodes,
                         testing::Combine(testing::ValuesIn(FastTargets()),
                                          testing::ValuesIn(std::span(kTypes).subspan(3))),
                         NameOf);

TEST(MatMulTargets, Avx2AndAvx512VnniAgreeToTheBit) {
  const auto avx2 = KernelsFor("avx2");
  if (!avx2) GTEST_SKIP() << avx2.error().message;
  const auto native = KernelsFor("avx512_vnni");
  const KernelTable& avx512 = native ? **native : *EmulatedAvx512VnniKernels();
  std::mt19937 random(9);
  for (const quant::Type type : kTypes) {
    const Shape shape = {37, 768, 8};
    const std::vector<std::byte> weights = RandomRows(type, shape.n_rows, shape.n_cols, random);
    const std::vector<float> values = RandomValues(size_t{768 * 8}, random);
    std::vector<float> out[2];
    for (int i = 0; i < 2; ++i) {
      const KernelTable& k = i == 0 ? **avx2 : avx512;
      const Input input(k, values, shape.n_tokens, shape.n_cols);
      out[i].resize(size_t{37 * 8});
      k.MatMulFor(type)(Args(type, weights, input.view, shape, out[i]));
    }
    EXPECT_EQ(out[0], out[1]) << Info(type).name;
  }
}

}  // namespace
}  // namespace weir::kernels
