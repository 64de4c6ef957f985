#include "convert/config.h"

#include <cmath>
#include <limits>
#include <string>

#include "base/printable.h"

namespace weir::convert {
namespace {

using model::Lfm2Dims;

// The bounds of model/lfm2_dims.cc, which checks again how the numbers fit together.
constexpr int kMaxLayers = 1024;
constexpr int kMaxWidth = 1 << 20;
constexpr int kMaxVocab = 1 << 24;
constexpr int kMaxContext = 1 << 24;
constexpr int kMaxExperts = 1024;

Result<bool> IsMoe(const Fields& config) {
  constexpr std::string_view kExpected = "Lfm2ForCausalLM or Lfm2MoeForCausalLM";
  const json::Json* list = config.Find("architectures");
  if (list == nullptr || !list->is_array() || list->size() != 1 || !(*list)[0].is_string())
    return config.Wrong("architectures", kExpected, ErrorCode::kUnsupported);
  const auto& name = (*list)[0].get_ref<const std::string&>();
  if (name == "Lfm2MoeForCausalLM") return true;
  if (name == "Lfm2ForCausalLM") return false;
  return config.Wrong("architectures", kExpected, ErrorCode::kUnsupported);
}

// Newer configurations list the kinds, older ones the attention layers.
Status ReadLayerKinds(const Fields& config, Lfm2Dims& dims) {
  const auto n_layers = static_cast<size_t>(dims.n_layers);
  if (!config.Has("layer_types")) {
    ASSIGN_OR_RETURN(const json::Json* layers, config.Array("full_attn_idxs"));
    dims.is_attention.assign(n_layers, false);
    for (const json::Json& layer : *layers) {
      if (!layer.is_number_unsigned() || layer.get<uint64_t>() >= n_layers)
        return config.Wrong("full_attn_idxs", fmt::format("layers below {}", n_layers));
      dims.is_attention[layer.get<size_t>()] = true;
    }
    return {};
  }
  ASSIGN_OR_RETURN(const json::Json* kinds, config.Array("layer_types"));
  if (kinds->size() != n_layers)
    return config.Wrong("layer_types", fmt::format("{} entries, one a layer", n_layers));
  for (const json::Json& kind : *kinds) {
    if (kind != "conv" && kind != "full_attention")
      return config.Wrong("layer_types", "'conv' and 'full_attention'", ErrorCode::kUnsupported);
    dims.is_attention.push_back(kind == "full_attention");
  }
  return {};
}

// Position encodings that are stretched are another function.
Status RejectScaling(const Fields& rope) {
  for (const char* key : {"rope_type", "type"}) {
    ASSIGN_OR_RETURN(const std::string type, rope.StringOr(key, "default"));
    if (type != "default") return rope.Wrong(key, "'default'", ErrorCode::kUnsupported);
  }
  return {};
}

Status ReadRope(const Fields& config, Lfm2Dims& dims) {
  for (const char* key : {"rope_scaling", "rope_parameters"}) {
    if (!config.Has(key)) continue;
    ASSIGN_OR_RETURN(const json::Json* object, config.Object(key));
    const Fields rope(*object, config.file() + ": '" + key + "'");
    RETURN_IF_ERROR(RejectScaling(rope));
    if (!rope.Has("rope_theta")) continue;
    ASSIGN_OR_RETURN(dims.rope_theta, rope.Positive("rope_theta"));
    return {};
  }
  ASSIGN_OR_RETURN(dims.rope_theta, config.Positive(config.Has("theta") ? "theta" : "rope_theta"));
  return {};
}

Status ReadHeads(const Fields& config, Lfm2Dims& dims) {
  ASSIGN_OR_RETURN(dims.n_heads, config.Int("num_attention_heads", 1, kMaxWidth));
  ASSIGN_OR_RETURN(dims.n_kv_heads, config.Int("num_key_value_heads", 1, dims.n_heads));
  dims.head_dim = dims.d_model / dims.n_heads;
  if (config.Has("head_dim")) {
    ASSIGN_OR_RETURN(dims.head_dim, config.Int("head_dim", 1, kMaxWidth));
  } else if (dims.d_model % dims.n_heads != 0) {
    return config.Wrong("num_attention_heads",
                        fmt::format("a divisor of hidden_size, {}", dims.d_model));
  }
  return {};
}

// What the configuration of a dense model calls its width is not yet the width: two thirds of it,
// times a factor, rounded up.
Status ReadDenseWidth(const Fields& config, Lfm2Dims& dims) {
  const char* key = config.Has("block_ff_dim") ? "block_ff_dim" : "intermediate_size";
  ASSIGN_OR_RETURN(dims.d_ff, config.Int(key, 1, kMaxWidth));
  if (dims.is_moe) return {};
  ASSIGN_OR_RETURN(const bool adjust, config.BoolOr("block_auto_adjust_ff_dim", true));
  if (!adjust) return {};
  int width = 2 * dims.d_ff / 3;
  if (config.Has("block_ffn_dim_multiplier")) {
    ASSIGN_OR_RETURN(const double factor, config.Positive("block_ffn_dim_multiplier"));
    width = static_cast<int>(std::min(factor * width, double{kMaxWidth}));
  }
  int step = 256;
  if (config.Has("block_multiple_of")) {
    ASSIGN_OR_RETURN(step, config.Int("block_multiple_of", 1, kMaxWidth));
  }
  dims.d_ff = (width + step - 1) / step * step;
  return {};
}

Status ReadExperts(const Fields& config, Lfm2Dims& dims) {
  ASSIGN_OR_RETURN(dims.n_experts, config.Int("num_experts", 1, kMaxExperts));
  ASSIGN_OR_RETURN(dims.n_experts_used, config.Int("num_experts_per_tok", 1, dims.n_experts));
  ASSIGN_OR_RETURN(dims.d_ff_expert, config.Int("moe_intermediate_size", 1, kMaxWidth));
  ASSIGN_OR_RETURN(dims.n_dense_layers, config.Int("num_dense_layers", 0, dims.n_layers));
  if (config.Has("routed_scaling_factor")) {
    ASSIGN_OR_RETURN(const double scale, config.Positive("routed_scaling_factor"));
    dims.expert_weights_scale = static_cast<float>(scale);
  }
  for (const char* key : {"norm_topk_prob", "use_expert_bias"}) {
    ASSIGN_OR_RETURN(const bool on, config.BoolOr(key, true));
    if (!on) return config.Wrong(key, "true", ErrorCode::kUnsupported);
  }
  return {};
}

Result<bool> HasOwnOutput(const Fields& config) {
  for (const char* key : {"tie_embedding", "tie_word_embeddings"}) {
    if (!config.Has(key)) continue;
    ASSIGN_OR_RETURN(const bool tied, config.BoolOr(key, true));
    return !tied;
  }
  return false;
}

}  // namespace

Result<Config> ReadConfig(const Fields& config) {
  Config read;
  Lfm2Dims& dims = read.dims;
  ASSIGN_OR_RETURN(dims.is_moe, IsMoe(config));
  ASSIGN_OR_RETURN(dims.n_layers, config.Int("num_hidden_layers", 1, kMaxLayers));
  RETURN_IF_ERROR(ReadLayerKinds(config, dims));
  ASSIGN_OR_RETURN(dims.n_vocab, config.Int("vocab_size", 1, kMaxVocab));
  ASSIGN_OR_RETURN(dims.n_context, config.Int("max_position_embeddings", 1, kMaxContext));
  ASSIGN_OR_RETURN(dims.d_model, config.Int("hidden_size", 1, kMaxWidth));
  RETURN_IF_ERROR(ReadHeads(config, dims));
  RETURN_IF_ERROR(ReadDenseWidth(config, dims));
  ASSIGN_OR_RETURN(const double eps, config.Positive("norm_eps"));
  dims.norm_eps = static_cast<float>(eps);
  RETURN_IF_ERROR(ReadRope(config, dims));
  ASSIGN_OR_RETURN(dims.n_taps, config.Int("conv_L_cache", 3, 3));
  ASSIGN_OR_RETURN(const bool conv_bias, config.BoolOr("conv_bias", false));
  if (conv_bias) return config.Wrong("conv_bias", "false", ErrorCode::kUnsupported);
  dims.n_dense_layers = dims.n_layers;
  if (dims.is_moe) RETURN_IF_ERROR(ReadExperts(config, dims));
  ASSIGN_OR_RETURN(read.own_output, HasOwnOutput(config));
  return read;
}

}  // namespace weir::convert
