#include "model/quant_mix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::model {
namespace {

using quant::Type;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A model of `n_layers` whose rows are multiples of 256.
Lfm2Dims DimsOf(int n_layers, const std::vector<int>& attention_layers) {
  Lfm2Dims d;
  d.is_moe = true;
  d.n_layers = n_layers;
  d.n_vocab = 512;
  d.d_model = 256;
  d.d_ff = 512;
  d.n_heads = 4;
  d.n_kv_heads = 2;
  d.head_dim = 64;
  d.is_attention.assign(static_cast<size_t>(n_layers), false);
  for (const int layer : attention_layers) d.is_attention[static_cast<size_t>(layer)] = true;
  d.n_dense_layers = 2;
  d.n_experts = 4;
  d.n_experts_used = 2;
  d.d_ff_expert = 256;
  return d;
}

// The layers whose tensors with `part` in their name have `type`.
std::vector<int> LayersWith(Mix mix, Type type, std::string_view part, const Lfm2Dims& dims) {
  std::vector<int> layers;
  for (const ModelTensor& tensor : TensorsOf(dims)) {
    const bool named = tensor.name.find(part) != std::string::npos;
    if (named && TypeInMix(mix, tensor, dims) == type) layers.push_back(tensor.layer);
  }
  return layers;
}

const std::vector<int> kAttentionOf24 = {2, 6, 10, 14, 18, 21};

TEST(QuantMix, RaisesTheTensorsThatTheStockRulesRaise) {
  const Lfm2Dims dims = DimsOf(24, kAttentionOf24);
  for (const Mix mix : {Mix::kQ4_K_M, Mix::kQ5_K_M}) {
    EXPECT_THAT(LayersWith(mix, Type::kQ6_K, "ffn_down", dims),
                ElementsAre(0, 1, 2, 5, 8, 11, 14, 17, 20, 21, 22, 23));
    EXPECT_THAT(LayersWith(mix, Type::kQ6_K, "attn_v.", dims), ElementsAre(10, 21));
    EXPECT_THAT(LayersWith(mix, Type::kQ6_K, "ffn_up", dims), ElementsAre());
    EXPECT_THAT(LayersWith(mix, Type::kQ6_K, "token_embd.", dims), ElementsAre(-1));
  }
  EXPECT_EQ(LayersWith(Mix::kQ5_K_M, Type::kQ5_K, "ffn_down", dims).size(), 12U);
}

TEST(QuantMix, RaisesTheRightLayersAtOtherDepths) {
  EXPECT_THAT(LayersWith(Mix::kQ4_K_M, Type::kQ6_K, "ffn_down", DimsOf(16, {2, 5, 8, 10, 12, 14})),
              ElementsAre(0, 1, 4, 7, 10, 13, 14, 15));
  const Lfm2Dims d30 = DimsOf(30, {2, 5, 9, 13, 17, 21, 24, 27});
  EXPECT_THAT(LayersWith(Mix::kQ4_K_M, Type::kQ6_K, "ffn_down", d30),
              ElementsAre(0, 1, 2, 5, 8, 11, 14, 17, 20, 23, 26, 27, 28, 29));
  EXPECT_THAT(LayersWith(Mix::kQ4_K_M, Type::kQ6_K, "attn_v.", d30), ElementsAre(2, 13, 24, 27));
  const Lfm2Dims d40 = DimsOf(40, {2, 6, 10, 14, 18, 22, 26, 30, 34, 38});
  EXPECT_EQ(LayersWith(Mix::kQ4_K_M, Type::kQ6_K, "ffn_down", d40).size(), 20U);
  EXPECT_THAT(LayersWith(Mix::kQ4_K_M, Type::kQ6_K, "attn_v.", d40),
              ElementsAre(2, 14, 26, 34, 38));
}

TEST(QuantMix, GivesPlainMixesOneTypeAndTheEmbeddingItsOwn) {
  const Lfm2Dims dims = DimsOf(24, kAttentionOf24);
  struct Expected {
    Mix mix;
    Type base;
    Type embedding;
  };
  for (const Expected& e :
       {Expected{Mix::kF16, Type::kF16, Type::kF16}, Expected{Mix::kBF16, Type::kBF16, Type::kBF16},
        Expected{Mix::kQ4_0, Type::kQ4_0, Type::kQ6_K},
        Expected{Mix::kQ6_K, Type::kQ6_K, Type::kQ6_K},
        Expected{Mix::kQ8_0, Type::kQ8_0, Type::kQ8_0}}) {
    for (const ModelTensor& tensor : TensorsOf(dims)) {
      const Type matrix = tensor.layer < 0 ? e.embedding : e.base;
      const Type wanted = IsFloatTensor(*tensor.spec) ? Type::kF32 : matrix;
      EXPECT_EQ(TypeInMix(e.mix, tensor, dims), wanted) << MixName(e.mix) << tensor.name;
    }
  }
}

TEST(QuantMix, TakesASmallerBlockWhereRowsDoNotDivide) {
  Lfm2Dims dims = DimsOf(24, kAttentionOf24);
  dims.d_ff = 32 * 3;
  EXPECT_THAT(LayersWith(Mix::kQ4_K_M, Type::kQ8_0, "ffn_down.", dims), ElementsAre(0, 1));
  EXPECT_THAT(LayersWith(Mix::kQ6_K, Type::kQ8_0, "ffn_down.", dims), ElementsAre(0, 1));
  EXPECT_THAT(LayersWith(Mix::kQ4_0, Type::kQ4_0, "ffn_down.", dims), ElementsAre(0, 1));
  dims.d_ff = 48;
  EXPECT_THAT(LayersWith(Mix::kQ4_0, Type::kF16, "ffn_down.", dims), ElementsAre(0, 1));
  EXPECT_THAT(LayersWith(Mix::kQ4_K_M, Type::kF16, "ffn_down.", dims), ElementsAre(0, 1));
  dims.d_ff_expert = 32;
  EXPECT_EQ(LayersWith(Mix::kQ4_K_M, Type::kQ5_0, "ffn_down_exps", dims).size(), 12U);
  EXPECT_EQ(LayersWith(Mix::kQ5_K_M, Type::kQ5_1, "ffn_down_exps", dims).size(), 12U);
}

TEST(QuantMix, KnowsItsNames) {
  for (const char* name : {"F16", "BF16", "Q4_0", "Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0"})
    EXPECT_EQ(MixName(MixFromName(name).value()), name);
  EXPECT_THAT(MixFromName("Q9").error().message, HasSubstr("choose one of F16, BF16, Q4_0"));
}

}  // namespace
}  // namespace weir::model
