#include "model/ops.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "model/scratch.h"

namespace weir::model {
namespace {

std::vector<double> Frequencies(double theta) {
  Lfm2Dims d;
  d.head_dim = 64;
  d.d_model = d.d_ff = d.n_heads = d.n_kv_heads = 1;
  d.rope_theta = theta;
  return Scratch(d, 1, 1).rope_frequency;
}

TEST(Rope, HasTheFrequenciesOfItsBase) {
  const std::vector<double> low = Frequencies(1e6);
  EXPECT_NEAR(low[1], 0.649381632, 1e-9);
  EXPECT_NEAR(low[2], 0.421696503, 1e-9);
  EXPECT_NEAR(low[8], 0.0316227766, 1e-10);
  EXPECT_NEAR(low[16], 0.001, 1e-12);
  EXPECT_NEAR(low[31], 1.53992653e-06, 1e-14);
  const std::vector<double> high = Frequencies(5e6);
  EXPECT_NEAR(high[1], 0.617528758, 1e-9);
  EXPECT_NEAR(high[2], 0.381341767, 1e-9);
  EXPECT_NEAR(high[8], 0.0211474253, 1e-10);
  EXPECT_NEAR(high[16], 4.47213595e-04, 1e-12);
  EXPECT_NEAR(high[31], 3.23871556e-07, 1e-15);
}

TEST(Rope, IsExactAtLargePositions) {
  const std::vector<double> frequency = Frequencies(5e6);
  std::vector<float> cosine(32);
  std::vector<float> sine(32);
  for (const int pos : {0, 1, 32768, 127999}) {
    Ops::RopeAngles(frequency, pos, {cosine.data(), 1, 32}, {sine.data(), 1, 32});
    for (size_t j = 0; j < 32; ++j) {
      const long double angle = static_cast<long double>(pos) *
                                std::pow(5e6L, -2.0L * static_cast<long double>(j) / 64.0L);
      EXPECT_NEAR(cosine[j], static_cast<double>(std::cos(angle)), 1e-7) << pos << ' ' << j;
      EXPECT_NEAR(sine[j], static_cast<double>(std::sin(angle)), 1e-7) << pos << ' ' << j;
    }
  }
}

}  // namespace
}  // namespace weir::model
