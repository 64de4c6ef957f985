#include "model/testing/tiny_model.h"

#include <cstring>
#include <random>
#include <span>

namespace weir::model {
namespace {

constexpr uint32_t kF32 = 0;

std::string RandomFloats(uint64_t n, uint32_t seed) {
  std::mt19937 random(seed);
  std::string data(n * sizeof(float), '\0');
  for (uint64_t i = 0; i < n; ++i) {
    // Portable on purpose: the distributions of <random> differ between libraries.
    const float value = (static_cast<float>(random() >> 8) / 8388608.0f - 1.0f) * 0.3f;
    std::memcpy(data.data() + i * sizeof(float), &value, sizeof(float));
  }
  return data;
}

}  // namespace

TinyModel::TinyModel()
    : integers{{"block_count", 3},          {"context_length", 1024},
               {"embedding_length", 32},    {"feed_forward_length", 48},
               {"attention.head_count", 2}, {"shortconv.l_cache", 3},
               {"vocab_size", 40},          {"expert_count", 4},
               {"expert_used_count", 2},    {"expert_feed_forward_length", 16},
               {"expert_gating_func", 2},   {"leading_dense_block_count", 1}},
      numbers{{"attention.layer_norm_rms_epsilon", 1e-5f}, {"rope.freq_base", 1e6f}} {
  Resize("token_embd.weight", {32, 40});
  Resize("token_embd_norm.weight", {32});
  for (int i = 0; i < 3; ++i) {
    const std::string blk = "blk." + std::to_string(i) + ".";
    Resize(blk + "attn_norm.weight", {32});
    Resize(blk + "ffn_norm.weight", {32});
    if (i == 1) {
      Resize(blk + "attn_q.weight", {32, 32});
      Resize(blk + "attn_k.weight", {32, 16});
      Resize(blk + "attn_v.weight", {32, 16});
      Resize(blk + "attn_output.weight", {32, 32});
      Resize(blk + "attn_q_norm.weight", {16});
      Resize(blk + "attn_k_norm.weight", {16});
    } else {
      Resize(blk + "shortconv.in_proj.weight", {32, 96});
      Resize(blk + "shortconv.conv.weight", {3, 32});
      Resize(blk + "shortconv.out_proj.weight", {32, 32});
    }
    if (i == 0) {
      Resize(blk + "ffn_gate.weight", {32, 48});
      Resize(blk + "ffn_up.weight", {32, 48});
      Resize(blk + "ffn_down.weight", {48, 32});
    } else {
      Resize(blk + "ffn_gate_inp.weight", {32, 4});
      Resize(blk + "exp_probs_b.bias", {4});
      Resize(blk + "ffn_gate_exps.weight", {32, 16, 4});
      Resize(blk + "ffn_up_exps.weight", {32, 16, 4});
      Resize(blk + "ffn_down_exps.weight", {16, 32, 4});
    }
  }
}

void TinyModel::Resize(const std::string& name, const std::vector<uint64_t>& shape) {
  uint64_t n = 1;
  for (const uint64_t size : shape) n *= size;
  tensors[name] = {shape, kF32, RandomFloats(n, static_cast<uint32_t>(tensors.size()) + 1)};
}

std::string TinyModel::Bytes() const {
  gguf::testing::GgufWriter writer;
  writer.AddString("general.architecture", architecture);
  for (const auto& [key, value] : integers)
    writer.Add(architecture + "." + key, gguf::Kind::kU32, value);
  for (const auto& [key, value] : numbers)
    writer.Add(architecture + "." + key, gguf::Kind::kF32, value);
  if (!kv_heads.empty()) {
    writer.AddArray(architecture + ".attention.head_count_kv", gguf::Kind::kI32, kv_heads);
  }
  for (const auto& [name, tensor] : tensors)
    writer.AddTensor(name, tensor.shape, tensor.type, tensor.data);
  return writer.Bytes();
}

Result<std::shared_ptr<const Model>> TinyModel::Load(const std::string& bytes,
                                                     const ModelOptions& options) {
  ASSIGN_OR_RETURN(gguf::GgufFile file, gguf::GgufFile::Parse(std::as_bytes(std::span(bytes))));
  return Model::Load(std::move(file), options);
}

}  // namespace weir::model
