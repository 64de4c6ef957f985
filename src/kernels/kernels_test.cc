// The elementwise and row kernels of every target against the reference, with odd tails; and the
// choice of targets.

#include "kernels/kernels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <random>
#include <vector>

#include "kernels/testing/emulated_avx512.h"
#include "platform/cpu.h"

namespace weir::kernels {
namespace {

constexpr int kLengths[] = {1, 7, 15, 16, 17, 31, 48, 64, 100, 257};

class Kernels : public testing::TestWithParam<const KernelTable*> {
 protected:
  std::vector<float> Random(int n, float spread = 1) {
    std::normal_distribution<float> normal(0, spread);
    std::vector<float> values(static_cast<size_t>(n));
    for (float& v : values) v = normal(random_);
    return values;
  }
  static void ExpectNear(const std::vector<float>& ours, const std::vector<float>& expected,
                         double relative) {
    ASSERT_EQ(ours.size(), expected.size());
    for (size_t i = 0; i < ours.size(); ++i) {
      EXPECT_NEAR(ours[i], expected[i], relative * (1 + std::fabs(expected[i])))
          << i << " of " << ours.size();
    }
  }

  const KernelTable& k_ = *GetParam();
  const KernelTable& judge_ = ReferenceKernels();
  std::mt19937 random_{3};
};

INSTANTIATE_TEST_SUITE_P(AllTargets, Kernels, testing::ValuesIn(TestedKernels()),
                         [](const auto& info) { return std::string(info.param->name); });

TEST_P(Kernels, RmsNorm) {
  for (const int n : kLengths) {
    const std::vector<float> x = Random(n, 3);
    const std::vector<float> w = Random(n);
    std::vector<float> ours(x.size());
    std::vector<float> expected(x.size());
    k_.rms_norm(x.data(), w.data(), n, 1e-5f, ours.data());
    judge_.rms_norm(x.data(), w.data(), n, 1e-5f, expected.data());
    ExpectNear(ours, expected, 1e-6);
    std::vector<float> in_place = x;
    k_.rms_norm(in_place.data(), w.data(), n, 1e-5f, in_place.data());
    EXPECT_EQ(in_place, ours);
  }
}

TEST_P(Kernels, AddScaleSiluAndSigmoid) {
  for (const int n : kLengths) {
    const std::vector<float> a = Random(n, 8);
    const std::vector<float> b = Random(n);
    for (int which = 0; which < 4; ++which) {
      std::vector<float> results[2] = {a, a};
      const KernelTable* tables[2] = {&k_, &judge_};
      for (int i = 0; i < 2; ++i) {
        float* x = results[i].data();
        if (which == 0) tables[i]->add(x, b.data(), n);
        if (which == 1) tables[i]->add_scaled(x, b.data(), 0.37f, n);
        if (which == 2) tables[i]->silu_mul(x, b.data(), n);
        if (which == 3) tables[i]->sigmoid(x, n);
      }
      ExpectNear(results[0], results[1], 1e-6);
    }
  }
}

TEST_P(Kernels, SigmoidAtTheEndsOfItsRange) {
  std::vector<float> x = {-1000, -100, -88, -30, 0, 30, 88, 100, 1000};
  k_.sigmoid(x.data(), static_cast<int>(x.size()));
  EXPECT_NEAR(x[0], 0, 1e-30);
  EXPECT_NEAR(x[3], 9.3576e-14, 1e-18);
  EXPECT_EQ(x[4], 0.5f);
  EXPECT_EQ(x[8], 1.0f);
}

TEST_P(Kernels, RopeRotatesHalvesAgainstEachOther) {
  for (const int half : {8, 16, 24, 32}) {
    const std::vector<float> x = Random(2 * half);
    std::vector<float> cosine;
    std::vector<float> sine;
    for (int j = 0; j < half; ++j) {
      cosine.push_back(std::cos(0.3f * static_cast<float>(j)));
      sine.push_back(std::sin(0.3f * static_cast<float>(j)));
    }
    std::vector<float> ours = x;
    k_.rope(ours.data(), cosine.data(), sine.data(), half);
    for (size_t j = 0; j < static_cast<size_t>(half); ++j) {
      const size_t other = j + static_cast<size_t>(half);
      EXPECT_NEAR(ours[j], x[j] * cosine[j] - x[other] * sine[j], 1e-6);
      EXPECT_NEAR(ours[other], x[other] * cosine[j] + x[j] * sine[j], 1e-6);
    }
  }
}

TEST_P(Kernels, ShortConvFollowsItsMicroTest) {
  // One channel: w = (0.25, -0.5, 2), u = (1, 2, -1, 0.5) gives (2, 3.5, -2.75, 2); B = u, C = X
  // = 1.
  const std::vector<float> bcx = {1, 1, 1, 2, 1, 1, -1, 1, 1, 0.5f, 1, 1};
  const std::vector<float> taps = {0.25f, -0.5f, 2};
  std::vector<float> state = {0, 0};
  std::vector<float> y(4);
  k_.short_conv({bcx.data(), taps.data(), state.data(), y.data(), 4, 1, 0, 1});
  EXPECT_EQ(y, (std::vector<float>{2, 3.5f, -2.75f, 2}));
  EXPECT_EQ(state, (std::vector<float>{-1, 0.5f}));
}

TEST_P(Kernels, ShortConvCarriesItsStateFromChunkToChunk) {
  constexpr int kTokens = 9;
  for (const int d : {16, 21, 40}) {
    const std::vector<float> bcx = Random(kTokens * 3 * d);
    const std::vector<float> taps = Random(3 * d);
    const auto run = [&](const KernelTable& k, std::initializer_list<int> chunks) {
      std::vector<float> state(static_cast<size_t>(2 * d));
      std::vector<float> y(static_cast<size_t>(kTokens * d));
      int t = 0;
      for (const int n : chunks) {
        const int middle = d / 2;
        k.short_conv(
            {bcx.data() + t * 3 * d, taps.data(), state.data(), y.data() + t * d, n, d, 0, middle});
        k.short_conv(
            {bcx.data() + t * 3 * d, taps.data(), state.data(), y.data() + t * d, n, d, middle, d});
        t += n;
      }
      y.insert(y.end(), state.begin(), state.end());
      return y;
    };
    EXPECT_EQ(run(k_, {1, 2, 1, 4, 1}), run(k_, {9}));
    ExpectNear(run(k_, {9}), run(judge_, {9}), 1e-6);
  }
}

TEST_P(Kernels, QuantiseAsTheReferenceDoes) {
  for (const int n : {32, 64, 96, 256, 512}) {
    const std::vector<float> x = Random(n);
    const auto n_values = static_cast<size_t>(n);
    std::vector<int8_t> q[2];
    std::vector<float> scale[2];
    std::vector<float> scaled_sum[2];
    std::vector<int32_t> sum[2];
    std::vector<int16_t> sums[2];
    const KernelTable* tables[2] = {&k_, &judge_};
    for (int i = 0; i < 2; ++i) {
      q[i].assign(n_values, 55);
      scale[i].assign(n_values / 32, 55);
      scaled_sum[i].assign(n_values / 32, 55);
      sum[i].assign(n_values / 32, 55);
      tables[i]->quantise32(x.data(), n, q[i].data(), scale[i].data(), scaled_sum[i].data(),
                            sum[i].data());
    }
    EXPECT_EQ(q[0], q[1]);
    EXPECT_EQ(scale[0], scale[1]);
    EXPECT_EQ(scaled_sum[0], scaled_sum[1]);
    EXPECT_EQ(sum[0], sum[1]);
    if (n % 256 != 0) continue;
    for (int i = 0; i < 2; ++i) {
      sums[i].assign(static_cast<size_t>(n / 16 + n / 32), 55);
      tables[i]->quantise256(x.data(), n, q[i].data(), scale[i].data(), sums[i].data());
    }
    EXPECT_EQ(q[0], q[1]);
    EXPECT_EQ(scale[0], scale[1]);
    EXPECT_EQ(sums[0], sums[1]);
  }
}

TEST_P(Kernels, QuantiseZerosToZeros) {
  const std::vector<float> x(256);
  std::vector<int8_t> q(256, 1);
  float scale = 1;
  std::vector<int16_t> sums(24, 1);
  k_.quantise256(x.data(), 256, q.data(), &scale, sums.data());
  EXPECT_EQ(q, std::vector<int8_t>(256));
  EXPECT_EQ(scale, 0);
  EXPECT_EQ(sums, std::vector<int16_t>(24));
}

TEST(Dispatch, FindsTargetsByNameAndRefusesOthers) {
  EXPECT_EQ(*KernelsFor("reference"), &ReferenceKernels());
  EXPECT_EQ((*KernelsFor("baseline"))->name, "baseline");
  EXPECT_THAT(KernelsFor("avx1024").error().message, testing::HasSubstr("'avx1024' is not known"));
  EXPECT_EQ(KernelsFor("avx512_vnni").has_value(), BestKernels().name == "avx512_vnni");
}

TEST(Dispatch, ObeysTheEnvironment) {
  const char* before = std::getenv("WEIR_TARGET");
  const std::string saved = before == nullptr ? "" : before;
  setenv("WEIR_TARGET", "baseline", 1);
  EXPECT_EQ((*KernelsFor(""))->name, "baseline");
  setenv("WEIR_TARGET", "nonsense", 1);
  EXPECT_FALSE(KernelsFor(""));
  unsetenv("WEIR_TARGET");
  EXPECT_EQ(*KernelsFor(""), &BestKernels());
  if (before != nullptr) setenv("WEIR_TARGET", saved.c_str(), 1);
}

TEST(Dispatch, TakesTheWidestTargetThatTheProcessorHas) {
  const platform::CpuFeatures& cpu = platform::Cpu();
  if (cpu.avx512vnni && cpu.avx512vl && cpu.avx512bw) {
    EXPECT_EQ(BestKernels().name, "avx512_vnni");
  } else if (cpu.avx2 && cpu.fma && cpu.f16c) {
    EXPECT_EQ(BestKernels().name, "avx2");
  }
}

TEST(Dispatch, SaysWhenAvx512VnniIsOnlyEmulated) {
  const auto native = KernelsFor("avx512_vnni");
  std::printf("  avx512_vnni: %s\n",
              native ? "native" : "native run left out for lack of the instructions; emulated ran");
}

}  // namespace
}  // namespace weir::kernels
