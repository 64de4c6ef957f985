// Attention of every target against the reference.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "kernels/kernels.h"
#include "kernels/testing/emulated_avx512.h"

namespace weir::kernels {
namespace {

void ExpectClose(const std::vector<float>& ours, const std::vector<float>& expected,
                 double tolerance) {
  ASSERT_EQ(ours.size(), expected.size());
  for (size_t i = 0; i < ours.size(); ++i) {
    EXPECT_NEAR(ours[i], expected[i], tolerance * (1 + std::fabs(expected[i]))) << i;
  }
}

class Attention : public testing::TestWithParam<const KernelTable*> {};
INSTANTIATE_TEST_SUITE_P(AllTargets, Attention, testing::ValuesIn(TestedKernels()),
                         [](const auto& info) { return std::string(info.param->name); });

// Keys and values of one head and queries of tokens [first_pos, n_keys), all random.
struct AttentionCase {
  AttentionCase(int dim, int query_heads, int keys_held)
      : head_dim(dim), group(query_heads), n_keys(keys_held) {
    std::mt19937 random(3);
    for (std::vector<float>* values : {&k, &v, &q}) {
      std::normal_distribution<float> normal(0, values == &q ? 2.0f : 1.0f);
      values->resize(static_cast<size_t>(n_keys) * static_cast<size_t>(head_dim) *
                     static_cast<size_t>(values == &q ? group : 1));
      for (float& value : *values) value = normal(random);
    }
  }

  // Rows of the tokens from first_pos on, computed n_at_once at a time.
  std::vector<float> Run(const KernelTable& table, KvFormat format, int first_pos,
                         int n_at_once) const {
    const KvKernels& kv = table.KvFor(format);
    const int64_t tiles = (n_keys + kBlockKeys - 1) / kBlockKeys * (kBlockKeys / kTileKeys);
    // Memory that was never written may hold anything.
    std::vector<std::byte> keys(static_cast<size_t>(tiles * kv.tile_bytes(head_dim)),
                                std::byte{0xff});
    std::vector<std::byte> values = keys;
    for (int pos = 0; pos < n_keys; ++pos) {
      kv.store_k(k.data() + int64_t{pos} * head_dim, head_dim, pos, keys.data());
      kv.store_v(v.data() + int64_t{pos} * head_dim, head_dim, pos, values.data());
    }
    const int64_t width = int64_t{group} * head_dim;
    std::vector<float> out(static_cast<size_t>((n_keys - first_pos) * width));
    std::vector<float> scratch(
        static_cast<size_t>(AttentionScratchFloats(head_dim, group, n_at_once)));
    for (int pos = first_pos; pos < n_keys; pos += n_at_once) {
      AttentionArgs args;
      args.q = q.data() + pos * width;
      args.q_stride = args.out_stride = width;
      args.k = keys.data();
      args.v = values.data();
      args.out = out.data() + (pos - first_pos) * width;
      args.scratch = scratch.data();
      args.first_pos = pos;
      args.n_tokens = std::min(n_at_once, n_keys - pos);
      args.group = group;
      args.head_dim = head_dim;
      args.scale = 1 / std::sqrt(static_cast<float>(head_dim));
      kv.attention(args);
    }
    return out;
  }

  int head_dim;
  int group;
  int n_keys;
  std::vector<float> k;
  std::vector<float> v;
  std::vector<float> q;
};

TEST_P(Attention, GoesOverAnyNumberOfKeys) {
  const KernelTable& table = *GetParam();
  for (const int head_dim : {16, 64, 96}) {
    for (const int n_keys : {1, 2, 15, 16, 17, 63, 64, 65, 200}) {
      const AttentionCase attention_case(head_dim, 5, n_keys);
      const auto expected = attention_case.Run(ReferenceKernels(), KvFormat::kF16, 0, 1);
      ExpectClose(attention_case.Run(table, KvFormat::kF16, 0, 16), expected, 2e-3);
      if (head_dim % 32 != 0) continue;
      ExpectClose(attention_case.Run(table, KvFormat::kQ8_0, 0, 16), expected, 5e-2);
    }
  }
}

TEST_P(Attention, OfATokenHasTheSameBitsInAnyCompany) {
  const KernelTable& table = *GetParam();
  const AttentionCase attention_case(64, 4, 150);
  for (const KvFormat format : {KvFormat::kF16, KvFormat::kQ8_0}) {
    const std::vector<float> alone = attention_case.Run(table, format, 100, 1);
    for (const int n_at_once : {2, 7, 16, 50}) {
      EXPECT_EQ(attention_case.Run(table, format, 100, n_at_once), alone) << n_at_once;
    }
  }
}

// Scores far above and below those before them: sums begin anew, or gain nothing.
TEST_P(Attention, FollowsTheLargestScore) {
  const KernelTable& table = *GetParam();
  for (const int winner : {0, 70, 129}) {
    AttentionCase attention_case(32, 1, 130);
    for (int i = 0; i < 130 * 32; ++i) attention_case.k[static_cast<size_t>(i)] *= 0.01f;
    for (int j = 0; j < 32; ++j) {
      attention_case.k[static_cast<size_t>(winner * 32 + j)] = 30 * attention_case.q[129 * 32 + j];
    }
    const std::vector<float> out = attention_case.Run(table, KvFormat::kF16, 129, 1);
    const std::vector<float> expected(attention_case.v.begin() + winner * 32,
                                      attention_case.v.begin() + (winner + 1) * 32);
    ExpectClose(out, expected, 2e-3);
  }
}

}  // namespace
}  // namespace weir::kernels
