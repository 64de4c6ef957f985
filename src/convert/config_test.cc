#include "convert/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace weir::convert {
namespace {

using json::Json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// As the folder of LFM2-1.2B has it.
Json Dense() {
  return {{"architectures", {"Lfm2ForCausalLM"}},
          {"block_auto_adjust_ff_dim", true},
          {"block_ff_dim", 12288},
          {"block_ffn_dim_multiplier", 1.0},
          {"block_multiple_of", 256},
          {"conv_L_cache", 3},
          {"conv_bias", false},
          {"full_attn_idxs", {2, 5, 8, 10, 12, 14}},
          {"hidden_size", 2048},
          {"max_position_embeddings", 128000},
          {"norm_eps", 1e-05},
          {"num_attention_heads", 32},
          {"num_hidden_layers", 16},
          {"num_key_value_heads", 8},
          {"rope_theta", 1000000.0},
          {"tie_embedding", true},
          {"vocab_size", 65536}};
}

Json Moe() {
  Json kinds = Json::array();
  for (int i = 0; i < 4; ++i) kinds.push_back(i % 2 == 1 ? "full_attention" : "conv");
  return {{"architectures", {"Lfm2MoeForCausalLM"}},
          {"conv_L_cache", 3},
          {"hidden_size", 2048},
          {"intermediate_size", 7168},
          {"layer_types", kinds},
          {"max_position_embeddings", 128000},
          {"moe_intermediate_size", 1792},
          {"norm_eps", 1e-05},
          {"norm_topk_prob", true},
          {"num_attention_heads", 32},
          {"num_dense_layers", 2},
          {"num_experts", 32},
          {"num_experts_per_tok", 4},
          {"num_hidden_layers", 4},
          {"num_key_value_heads", 8},
          {"rope_parameters", {{"rope_theta", 5000000.0}, {"rope_type", "default"}}},
          {"routed_scaling_factor", 1.0},
          {"use_expert_bias", true},
          {"vocab_size", 128000}};
}

// As it comes from a file, where every whole number that is not negative is unsigned.
Result<Config> Read(const Json& object) {
  ASSIGN_OR_RETURN(const Json parsed, json::Parse(json::Dump(object)));
  return ReadConfig(Fields(parsed, "config.json"));
}

std::string ErrorWith(Json object, const char* key, const Json& value) {
  object[key] = value;
  const auto config = Read(object);
  return config ? "no error" : config.error().message;
}

TEST(Config, RefusesOtherArchitectures) {
  EXPECT_THAT(ErrorWith(Dense(), "architectures", {"LlamaForCausalLM"}),
              HasSubstr(R"(config.json: 'architectures' is ["LlamaForCausalLM"]; expected )"
                        "Lfm2ForCausalLM or Lfm2MoeForCausalLM"));
  EXPECT_THAT(ErrorWith(Dense(), "architectures", nullptr), HasSubstr("is missing"));
  EXPECT_THAT(ErrorWith(Dense(), "architectures", {"Lfm2ForCausalLM", "Lfm2ForCausalLM"}),
              HasSubstr("expected"));
  EXPECT_EQ(Read(Json::object()).error().code, ErrorCode::kUnsupported);
}

TEST(Config, RefusesNumbersThatCannotBe) {
  EXPECT_THAT(ErrorWith(Dense(), "num_hidden_layers", 0), HasSubstr("from 1 to 1024"));
  EXPECT_THAT(ErrorWith(Dense(), "num_hidden_layers", 1000000000000), HasSubstr("from 1 to 1024"));
  EXPECT_THAT(ErrorWith(Dense(), "num_hidden_layers", UINT64_MAX), HasSubstr("from 1 to 1024"));
  EXPECT_THAT(ErrorWith(Dense(), "hidden_size", "2048"), HasSubstr("a whole number"));
  EXPECT_THAT(ErrorWith(Dense(), "hidden_size", 2048.0), HasSubstr("a whole number"));
  EXPECT_THAT(ErrorWith(Dense(), "hidden_size", nullptr), HasSubstr("'hidden_size' is missing"));
  EXPECT_THAT(ErrorWith(Dense(), "num_attention_heads", 31), HasSubstr("a divisor of hidden_size"));
  EXPECT_THAT(ErrorWith(Dense(), "norm_eps", 0), HasSubstr("a number above 0"));
  EXPECT_THAT(ErrorWith(Dense(), "rope_theta", nullptr), HasSubstr("'rope_theta' is missing"));
  EXPECT_THAT(ErrorWith(Dense(), "full_attn_idxs", {2, 16}), HasSubstr("layers below 16"));
  EXPECT_THAT(ErrorWith(Dense(), "full_attn_idxs", nullptr), HasSubstr("is missing"));
  EXPECT_THAT(ErrorWith(Moe(), "layer_types", {"conv"}), HasSubstr("4 entries, one a layer"));
  EXPECT_THAT(ErrorWith(Moe(), "num_experts_per_tok", 33), HasSubstr("from 1 to 32"));
}

TEST(Config, RefusesVariantsThatWouldBeComputedWrongly) {
  EXPECT_THAT(ErrorWith(Dense(), "conv_bias", true), HasSubstr("'conv_bias' is true"));
  EXPECT_THAT(ErrorWith(Dense(), "conv_L_cache", 4), HasSubstr("from 3 to 3"));
  EXPECT_THAT(ErrorWith(Dense(), "rope_scaling", {{"type", "yarn"}, {"factor", 4}}),
              HasSubstr("'type' is \"yarn\"; expected 'default'"));
  EXPECT_THAT(
      ErrorWith(Moe(), "rope_parameters", {{"rope_type", "linear"}, {"rope_theta", 1000.0}}),
      HasSubstr("'rope_type'"));
  EXPECT_THAT(ErrorWith(Moe(), "norm_topk_prob", false), HasSubstr("expected true"));
  EXPECT_THAT(ErrorWith(Moe(), "use_expert_bias", false), HasSubstr("expected true"));
  EXPECT_THAT(
      ErrorWith(Moe(), "layer_types", {"conv", "conv", "sliding_attention", "full_attention"}),
      HasSubstr("'conv' and 'full_attention'"));
}

TEST(Config, ReadsADenseModel) {
  const auto config = Read(Dense());
  ASSERT_TRUE(config) << config.error().message;
  const model::Lfm2Dims& dims = config->dims;
  EXPECT_FALSE(dims.is_moe);
  EXPECT_EQ(dims.d_ff, 8192);
  EXPECT_EQ(dims.n_dense_layers, 16);
  EXPECT_EQ(dims.n_attention_layers(), 6);
  EXPECT_TRUE(dims.is_attention[14]);
  EXPECT_EQ(dims.head_dim, 64);
  EXPECT_EQ(dims.rope_theta, 1e6);
  EXPECT_FALSE(config->own_output);
}

TEST(Config, ReadsAMixtureOfExperts) {
  const auto config = Read(Moe());
  ASSERT_TRUE(config) << config.error().message;
  const model::Lfm2Dims& dims = config->dims;
  EXPECT_TRUE(dims.is_moe);
  EXPECT_EQ(dims.d_ff, 7168);
  EXPECT_EQ(dims.d_ff_expert, 1792);
  EXPECT_EQ(dims.n_experts, 32);
  EXPECT_EQ(dims.n_experts_used, 4);
  EXPECT_EQ(dims.n_dense_layers, 2);
  EXPECT_EQ(dims.expert_weights_scale, 1);
  EXPECT_EQ(dims.rope_theta, 5e6);
  EXPECT_THAT(dims.is_attention, ElementsAre(false, true, false, true));
}

// The nominal and the real widths of the published dense models.
TEST(Config, AdjustsTheWidthOfDenseLayersAsTheModelsDo) {
  struct Width {
    int nominal;
    bool adjust;
    int real;
  };
  for (const Width& width : {Width{6656, true, 4608}, Width{10240, true, 6912},
                             Width{12288, true, 8192}, Width{10752, false, 10752}}) {
    Json object = Dense();
    object["block_ff_dim"] = width.nominal;
    object["block_auto_adjust_ff_dim"] = width.adjust;
    EXPECT_EQ(Read(object)->dims.d_ff, width.real);
  }
}

TEST(Config, KnowsTheOtherSpellings) {
  Json object = Dense();
  object.erase("block_ff_dim");
  object["intermediate_size"] = 6656;
  object["theta"] = 2e6;
  object.erase("tie_embedding");
  object["tie_word_embeddings"] = false;
  const auto config = Read(object);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->dims.d_ff, 4608);
  EXPECT_EQ(config->dims.rope_theta, 2e6);
  EXPECT_TRUE(config->own_output);
}

}  // namespace
}  // namespace weir::convert
