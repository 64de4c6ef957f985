// What loading accepts, and how it says no.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <string>

#include "model/lfm2_model.h"
#include "model/testing/counting_allocator.h"
#include "model/testing/tiny_model.h"

namespace weir::model {
namespace {

using testing::HasSubstr;

// The message of the refusal; empty when the file loads.
std::string Refusal(const TinyModel& tiny) {
  const std::string bytes = tiny.Bytes();
  const auto model = TinyModel::Load(bytes, {.n_threads = 1, .reference = true});
  return model ? "" : model.error().message;
}

std::vector<float> LogitsOf(const TinyModel& tiny) {
  const std::string bytes = tiny.Bytes();
  const auto model = TinyModel::Load(bytes, {.n_threads = 1, .reference = true});
  if (!model) {
    ADD_FAILURE() << model.error().message;
    return {};
  }
  std::vector<float> logits(static_cast<size_t>((*model)->dims().n_vocab));
  SequenceState sequence = std::move(*(*model)->NewSequence(8));
  EXPECT_TRUE(
      Forward(**model, std::vector<TokenId>{1, 2, 3}, sequence, logits, LogitsWanted::kLast));
  return logits;
}

TEST(LoadModel, ReadsTheDimensions) {
  const std::string bytes = TinyModel().Bytes();
  const auto model = TinyModel::Load(bytes, {.n_threads = 1});
  ASSERT_TRUE(model) << model.error().message;
  const Lfm2Dims& d = (*model)->dims();
  EXPECT_EQ(d.n_layers, 3);
  EXPECT_EQ(d.d_model, 32);
  EXPECT_EQ(d.n_vocab, 40);
  EXPECT_EQ(d.head_dim, 16);
  EXPECT_EQ(d.n_kv_heads, 1);
  EXPECT_EQ(d.is_attention, (std::vector<bool>{false, true, false}));
  EXPECT_EQ(d.n_dense_layers, 1);
}

TEST(LoadModel, RefusesAnotherArchitecture) {
  TinyModel tiny;
  tiny.architecture = "llama";
  EXPECT_EQ(Refusal(tiny),
            "architecture 'llama' is not supported; this engine runs lfm2 and lfm2moe");
}

TEST(LoadModel, RefusesZeroLayers) {
  TinyModel tiny;
  tiny.integers["block_count"] = 0;
  EXPECT_THAT(Refusal(tiny), HasSubstr("'lfm2moe.block_count' is 0; expected 1 to"));
}

TEST(LoadModel, RefusesAFileWithoutRopeBase) {
  TinyModel tiny;
  tiny.numbers.erase("rope.freq_base");
  EXPECT_THAT(Refusal(tiny), HasSubstr("lfm2moe.rope.freq_base"));
}

TEST(LoadModel, NeedsEachRequiredKey) {
  for (const auto& [key, value] : TinyModel().integers) {
    if (key == "vocab_size" || key == "leading_dense_block_count") continue;
    TinyModel tiny;
    tiny.integers.erase(key);
    EXPECT_THAT(Refusal(tiny), HasSubstr(key)) << key;
  }
}

TEST(LoadModel, TakesTheVocabularySizeFromTheEmbeddingWhenTheKeyIsAbsent) {
  TinyModel tiny;
  tiny.integers.erase("vocab_size");
  EXPECT_EQ(Refusal(tiny), "");
}

TEST(LoadModel, RefusesHeadCountsThatDoNotFitTheLayers) {
  TinyModel tiny;
  tiny.kv_heads = {0, 1};
  EXPECT_THAT(Refusal(tiny), HasSubstr("has 2 entries; expected one per layer, 3"));
  tiny.kv_heads = {0, 3, 0};
  EXPECT_THAT(Refusal(tiny), HasSubstr("has the entry 3; expected 0 or a divisor of the 2 heads"));
  tiny.kv_heads = {};
  EXPECT_THAT(Refusal(tiny), HasSubstr("head_count_kv"));
}

TEST(LoadModel, RefusesAnotherConvolutionWidthAndAnotherGatingFunction) {
  TinyModel tiny;
  tiny.integers["shortconv.l_cache"] = 4;
  EXPECT_THAT(Refusal(tiny), HasSubstr("'lfm2moe.shortconv.l_cache' is 4"));
  tiny = TinyModel();
  tiny.integers["expert_gating_func"] = 1;
  EXPECT_THAT(Refusal(tiny), HasSubstr("expert gating function 1; expected 2 (sigmoid)"));
}

TEST(LoadModel, NamesEachMissingTensor) {
  for (const auto& [name, tensor] : TinyModel().tensors) {
    TinyModel tiny;
    tiny.tensors.erase(name);
    EXPECT_EQ(Refusal(tiny), "tensor '" + name + "' is missing");
  }
}

TEST(LoadModel, NamesEachMisshapenTensor) {
  for (const auto& [name, tensor] : TinyModel().tensors) {
    TinyModel tiny;
    std::vector<uint64_t> shape = tensor.shape;
    shape.back() += 1;
    tiny.Resize(name, shape);
    EXPECT_THAT(Refusal(tiny), HasSubstr("tensor '" + name + "' has shape {")) << name;
  }
}

TEST(LoadModel, NamesATensorOfUnsupportedType) {
  TinyModel tiny;
  TinyModel::Tensor& tensor = tiny.tensors["blk.0.ffn_down.weight"];
  tensor.type = 28;  // F64
  tensor.data.resize(48 * 32 * 8);
  EXPECT_THAT(Refusal(tiny), HasSubstr("tensor 'blk.0.ffn_down.weight' has type F64, which is "
                                       "not supported; supported are F32"));
}

TEST(LoadModel, RefusesValuesThatAreNotFiniteInEveryVector) {
  for (const char* name :
       {"token_embd_norm.weight", "blk.0.attn_norm.weight", "blk.0.shortconv.conv.weight",
        "blk.1.attn_q_norm.weight", "blk.1.ffn_gate_inp.weight", "blk.2.exp_probs_b.bias"}) {
    for (const float bad :
         {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
      TinyModel tiny;
      std::memcpy(tiny.tensors[name].data.data() + 2 * sizeof bad, &bad, sizeof bad);
      EXPECT_EQ(Refusal(tiny),
                fmt::format("tensor '{}' has {} at value 2; expected finite numbers: the file is "
                            "damaged, fetch or convert it again",
                            name, bad));
    }
  }
}

// 10 MB of embedding come before the broken part; a refusal takes a fraction of it.
TEST(LoadModel, RefusesBeforeItTakesMemoryOfTheSizeOfTheWeights) {
  const auto bytes_taken = [](const std::function<void(TinyModel&)>& damage) {
    TinyModel tiny;
    tiny.integers["vocab_size"] = 80000;
    tiny.Resize("token_embd.weight", {32, 80000});
    damage(tiny);
    const std::string bytes = tiny.Bytes();
    const long before = AllocatedBytes();
    EXPECT_FALSE(TinyModel::Load(bytes, {.n_threads = 1}));
    return AllocatedBytes() - before;
  };
  constexpr long kMost = 256 << 10;
  EXPECT_LT(bytes_taken([](TinyModel& t) { t.integers["block_count"] = 0; }), kMost);
  EXPECT_LT(bytes_taken([](TinyModel& t) { t.tensors.erase("blk.2.ffn_norm.weight"); }), kMost);
  EXPECT_LT(bytes_taken([](TinyModel& t) { t.Resize("blk.2.ffn_norm.weight", {64}); }), kMost);
  EXPECT_LT(bytes_taken([](TinyModel& t) { t.tensors["blk.2.ffn_up_exps.weight"].type = 26; }),
            kMost);  // I32, of the same size
}

TEST(LoadModel, RefusesTensorsItWouldHaveToIgnore) {
  TinyModel tiny;
  tiny.Resize("blk.0.attn_q.weight", {32, 32});  // layer 0 is a convolution
  EXPECT_THAT(Refusal(tiny), HasSubstr("tensor 'blk.0.attn_q.weight' is not part of"));
}

TEST(LoadModel, SaysThatFusedMatricesAreNotSupported) {
  TinyModel tiny;
  tiny.tensors.erase("blk.1.attn_q.weight");
  tiny.Resize("blk.1.attn_qkv.weight", {32, 64});
  EXPECT_THAT(Refusal(tiny), HasSubstr("fused 'blk.1.attn_qkv.weight'"));
}

TEST(LoadModel, AcceptsOutputNormInPlaceOfTokenEmbdNorm) {
  TinyModel tiny;
  const std::vector<float> expected = LogitsOf(tiny);
  tiny.tensors["output_norm.weight"] = tiny.tensors["token_embd_norm.weight"];
  tiny.tensors.erase("token_embd_norm.weight");
  EXPECT_EQ(LogitsOf(tiny), expected);
}

TEST(LoadModel, UsesAnOutputMatrixOfItsOwnWhenThereIsOne) {
  TinyModel tiny;
  const std::vector<float> tied = LogitsOf(tiny);
  tiny.tensors["output.weight"] = tiny.tensors["token_embd.weight"];
  EXPECT_EQ(LogitsOf(tiny), tied);
  tiny.Resize("output.weight", {32, 40});
  EXPECT_NE(LogitsOf(tiny), tied);
}

TEST(LoadModel, RunsADenseModel) {
  TinyModel tiny;
  tiny.architecture = "lfm2";
  for (const std::string blk : {"blk.1.", "blk.2."}) {
    for (const char* name : {"ffn_gate_inp.weight", "exp_probs_b.bias", "ffn_gate_exps.weight",
                             "ffn_up_exps.weight", "ffn_down_exps.weight"}) {
      tiny.tensors.erase(blk + name);
    }
    tiny.Resize(blk + "ffn_gate.weight", {32, 48});
    tiny.Resize(blk + "ffn_up.weight", {32, 48});
    tiny.Resize(blk + "ffn_down.weight", {48, 32});
  }
  EXPECT_EQ(LogitsOf(tiny).size(), 40u);
}

TEST(LoadModel, RefusesAnUnknownKernelTarget) {
  const std::string bytes = TinyModel().Bytes();
  const auto model = TinyModel::Load(bytes, {.target = "abacus"});
  ASSERT_FALSE(model);
  EXPECT_THAT(
      model.error().message,
      HasSubstr("kernel target 'abacus' is not known; expected one of reference, baseline"));
}

TEST(LoadModel, IsDescribedByTheDocumentation) {
  const std::string path = std::string(WEIR_SOURCE_DIR) + "/docs/formats/lfm2_tensors.md";
  std::ifstream in(path);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  EXPECT_THAT(text, HasSubstr(TensorSpecsAsMarkdown())) << path << " must hold this table";
}

}  // namespace
}  // namespace weir::model
