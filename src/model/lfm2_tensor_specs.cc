// The table of tensors, what it says of a model with given dimensions, and its form for the
// documentation.

#include <fmt/format.h>

#include <array>
#include <string>

#include "model/lfm2_weights.h"

namespace weir::model {
namespace {

constexpr Dim kOne = Dim::kOne;
using L = LayerWeights;
using M = Lfm2Weights;

// clang-format off
constexpr TensorSpec kSpecs[] = {
    {"token_embd.weight", "model.embed_tokens.weight",
     Where::kOnce, {Dim::kModel, Dim::kVocab, kOne}, &M::embedding},
    {"token_embd_norm.weight", "model.embedding_norm.weight",  // applied at the end, whatever the name says
     Where::kOnce, {Dim::kModel, kOne, kOne}, &M::output_norm, true, "output_norm.weight"},
    {"output.weight", "lm_head.weight",
     Where::kOnce, {Dim::kModel, Dim::kVocab, kOne}, &M::output, false},

    {"blk.{}.attn_norm.weight", "model.layers.{}.operator_norm.weight",
     Where::kEveryLayer, {Dim::kModel, kOne, kOne}, &L::operator_norm},
    {"blk.{}.ffn_norm.weight", "model.layers.{}.ffn_norm.weight",
     Where::kEveryLayer, {Dim::kModel, kOne, kOne}, &L::ffn_norm},

    {"blk.{}.attn_q.weight", "model.layers.{}.self_attn.q_proj.weight",
     Where::kAttentionLayers, {Dim::kModel, Dim::kQ, kOne}, &L::attn_q},
    {"blk.{}.attn_k.weight", "model.layers.{}.self_attn.k_proj.weight",
     Where::kAttentionLayers, {Dim::kModel, Dim::kKv, kOne}, &L::attn_k},
    {"blk.{}.attn_v.weight", "model.layers.{}.self_attn.v_proj.weight",
     Where::kAttentionLayers, {Dim::kModel, Dim::kKv, kOne}, &L::attn_v},
    {"blk.{}.attn_output.weight", "model.layers.{}.self_attn.out_proj.weight",
     Where::kAttentionLayers, {Dim::kQ, Dim::kModel, kOne}, &L::attn_out},
    {"blk.{}.attn_q_norm.weight", "model.layers.{}.self_attn.q_layernorm.weight",
     Where::kAttentionLayers, {Dim::kHead, kOne, kOne}, &L::attn_q_norm},
    {"blk.{}.attn_k_norm.weight", "model.layers.{}.self_attn.k_layernorm.weight",
     Where::kAttentionLayers, {Dim::kHead, kOne, kOne}, &L::attn_k_norm},

    {"blk.{}.shortconv.in_proj.weight", "model.layers.{}.conv.in_proj.weight",
     Where::kConvLayers, {Dim::kModel, Dim::kThreeModel, kOne}, &L::conv_in},
    {"blk.{}.shortconv.conv.weight", "model.layers.{}.conv.conv.weight",
     Where::kConvLayers, {Dim::kTaps, Dim::kModel, kOne}, &L::conv_taps},
    {"blk.{}.shortconv.out_proj.weight", "model.layers.{}.conv.out_proj.weight",
     Where::kConvLayers, {Dim::kModel, Dim::kModel, kOne}, &L::conv_out},

    {"blk.{}.ffn_gate.weight", "model.layers.{}.feed_forward.w1.weight",
     Where::kDenseLayers, {Dim::kModel, Dim::kFf, kOne}, &L::ffn_gate},
    {"blk.{}.ffn_up.weight", "model.layers.{}.feed_forward.w3.weight",
     Where::kDenseLayers, {Dim::kModel, Dim::kFf, kOne}, &L::ffn_up},
    {"blk.{}.ffn_down.weight", "model.layers.{}.feed_forward.w2.weight",
     Where::kDenseLayers, {Dim::kFf, Dim::kModel, kOne}, &L::ffn_down},

    {"blk.{}.ffn_gate_inp.weight", "model.layers.{}.feed_forward.gate.weight",
     Where::kMoeLayers, {Dim::kModel, Dim::kExperts, kOne}, &L::router},
    {"blk.{}.exp_probs_b.bias", "model.layers.{}.feed_forward.expert_bias",
     Where::kMoeLayers, {Dim::kExperts, kOne, kOne}, &L::expert_bias},
    {"blk.{}.ffn_gate_exps.weight", "model.layers.{}.feed_forward.experts.*.w1.weight",
     Where::kMoeLayers, {Dim::kModel, Dim::kExpertFf, Dim::kExperts}, &L::expert_gate},
    {"blk.{}.ffn_up_exps.weight", "model.layers.{}.feed_forward.experts.*.w3.weight",
     Where::kMoeLayers, {Dim::kModel, Dim::kExpertFf, Dim::kExperts}, &L::expert_up},
    {"blk.{}.ffn_down_exps.weight", "model.layers.{}.feed_forward.experts.*.w2.weight",
     Where::kMoeLayers, {Dim::kExpertFf, Dim::kModel, Dim::kExperts}, &L::expert_down},
};
// clang-format on

std::string_view DimName(Dim dim) {
  switch (dim) {
    case Dim::kOne:
      return "1";
    case Dim::kModel:
      return "d_model";
    case Dim::kThreeModel:
      return "3 d_model";
    case Dim::kVocab:
      return "n_vocab";
    case Dim::kQ:
      return "n_heads head_dim";
    case Dim::kKv:
      return "n_kv_heads head_dim";
    case Dim::kHead:
      return "head_dim";
    case Dim::kTaps:
      return "3";
    case Dim::kFf:
      return "d_ff";
    case Dim::kExpertFf:
      return "d_ff_expert";
    case Dim::kExperts:
      return "n_experts";
  }
  return "";
}

std::string_view WhereName(Where where) {
  switch (where) {
    case Where::kOnce:
      return "once";
    case Where::kEveryLayer:
      return "every layer";
    case Where::kAttentionLayers:
      return "attention layers";
    case Where::kConvLayers:
      return "conv layers";
    case Where::kDenseLayers:
      return "dense FFN layers";
    case Where::kMoeLayers:
      return "MoE layers";
  }
  return "";
}

std::string ShapeText(const TensorSpec& spec) {
  std::string text;
  for (const Dim dim : spec.shape) {
    if (dim == Dim::kOne) break;
    text += fmt::format("{}{}", text.empty() ? "" : ", ", DimName(dim));
  }
  return text;
}

ModelTensor Instance(const TensorSpec& spec, int layer, const Lfm2Dims& dims) {
  ModelTensor tensor;
  tensor.spec = &spec;
  tensor.name = fmt::format(fmt::runtime(spec.name), layer);
  tensor.layer = layer;
  for (const Dim dim : spec.shape) {
    if (dim != Dim::kOne) tensor.shape.push_back(SizeOf(dim, dims));
  }
  return tensor;
}

}  // namespace

std::span<const TensorSpec> TensorSpecs() { return kSpecs; }

bool AppliesTo(Where where, int layer, const Lfm2Dims& dims) {
  const bool is_attention = dims.is_attention[static_cast<size_t>(layer)];
  const bool is_moe = layer >= dims.n_dense_layers;
  switch (where) {
    case Where::kOnce:
      return false;
    case Where::kEveryLayer:
      return true;
    case Where::kAttentionLayers:
      return is_attention;
    case Where::kConvLayers:
      return !is_attention;
    case Where::kDenseLayers:
      return !is_moe;
    case Where::kMoeLayers:
      return is_moe;
  }
  return false;
}

uint64_t SizeOf(Dim dim, const Lfm2Dims& dims) {
  switch (dim) {
    case Dim::kOne:
      return 1;
    case Dim::kModel:
      return static_cast<uint64_t>(dims.d_model);
    case Dim::kThreeModel:
      return 3 * static_cast<uint64_t>(dims.d_model);
    case Dim::kVocab:
      return static_cast<uint64_t>(dims.n_vocab);
    case Dim::kQ:
      return static_cast<uint64_t>(dims.d_q());
    case Dim::kKv:
      return static_cast<uint64_t>(dims.d_kv());
    case Dim::kHead:
      return static_cast<uint64_t>(dims.head_dim);
    case Dim::kTaps:
      return static_cast<uint64_t>(dims.n_taps);
    case Dim::kFf:
      return static_cast<uint64_t>(dims.d_ff);
    case Dim::kExpertFf:
      return static_cast<uint64_t>(dims.d_ff_expert);
    case Dim::kExperts:
      return static_cast<uint64_t>(dims.n_experts);
  }
  return 0;
}

bool IsFloatTensor(const TensorSpec& spec) {
  return std::holds_alternative<Vector Lfm2Weights::*>(spec.slot) ||
         std::holds_alternative<Vector LayerWeights::*>(spec.slot);
}

uint64_t ModelTensor::n_values() const {
  uint64_t n = 1;
  for (const uint64_t size : shape) n *= size;
  return n;
}

std::vector<ModelTensor> TensorsOf(const Lfm2Dims& dims, bool own_output) {
  std::vector<ModelTensor> tensors;
  for (const TensorSpec& spec : kSpecs) {
    if (spec.where == Where::kOnce && (spec.required || own_output))
      tensors.push_back(Instance(spec, -1, dims));
  }
  for (int layer = 0; layer < dims.n_layers; ++layer) {
    for (const TensorSpec& spec : kSpecs) {
      if (AppliesTo(spec.where, layer, dims)) tensors.push_back(Instance(spec, layer, dims));
    }
  }
  return tensors;
}

std::string TensorSpecsAsMarkdown() {
  std::string text =
      "| tensor | shape (fastest first) | where | type | name in the original checkpoint |\n"
      "|---|---|---|---|---|\n";
  for (const TensorSpec& spec : kSpecs) {
    text += fmt::format(
        "| `{}`{}{} | {} | {} | {} | `{}` |\n", spec.name, spec.required ? "" : " (optional)",
        spec.other_name.empty() ? "" : fmt::format(" or `{}`", spec.other_name), ShapeText(spec),
        WhereName(spec.where), IsFloatTensor(spec) ? "float" : "any supported", spec.hf_name);
  }
  return text;
}

}  // namespace weir::model
