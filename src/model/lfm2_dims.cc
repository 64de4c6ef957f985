#include "model/lfm2_dims.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace weir::model {
namespace {

// Bounds far beyond any real model keep every product of two dimensions inside 64 bits.
constexpr uint64_t kMaxLayers = 1024;
constexpr uint64_t kMaxWidth = 1 << 20;
constexpr uint64_t kMaxVocab = 1 << 24;
constexpr uint64_t kMaxContext = 1 << 24;
constexpr uint64_t kMaxExperts = 1024;
constexpr uint64_t kGatingSigmoid = 2;

// The keys of one architecture: "lfm2moe." + name.
class Keys {
 public:
  Keys(const gguf::Metadata& metadata, std::string_view architecture)
      : metadata_(metadata), prefix_(std::string(architecture) + ".") {}

  std::string Name(std::string_view key) const { return prefix_ + std::string(key); }
  bool Has(std::string_view key) const { return metadata_.Has(Name(key)); }

  // A required integer in [min, max].
  Result<int> Int(std::string_view key, uint64_t min, uint64_t max) const {
    ASSIGN_OR_RETURN(const uint64_t value, metadata_.GetUint(Name(key)));
    if (value < min || value > max) {
      return MakeError(ErrorCode::kCorruptData, "metadata '{}' is {}; expected {} to {}", Name(key),
                       value, min, max);
    }
    return static_cast<int>(value);
  }

  // A required number above zero.
  Result<double> Positive(std::string_view key) const {
    ASSIGN_OR_RETURN(const double value, metadata_.GetFloat(Name(key)));
    if (!std::isfinite(value) || value <= 0) {
      return MakeError(ErrorCode::kCorruptData, "metadata '{}' is {}; expected a number above 0",
                       Name(key), value);
    }
    return value;
  }

  Result<std::vector<int64_t>> Ints(std::string_view key) const {
    return metadata_.GetInts(Name(key));
  }
  Result<bool> Bool(std::string_view key) const { return metadata_.GetBool(Name(key)); }
  Result<uint64_t> Uint(std::string_view key) const { return metadata_.GetUint(Name(key)); }
  Result<double> Float(std::string_view key) const { return metadata_.GetFloat(Name(key)); }

 private:
  const gguf::Metadata& metadata_;
  std::string prefix_;
};

// Variants of the architecture that would be computed wrongly if their keys were ignored.
Status RejectVariants(const Keys& keys) {
  if (keys.Has("attention.sliding_window")) {
    ASSIGN_OR_RETURN(const uint64_t window, keys.Uint("attention.sliding_window"));
    if (window != 0) {
      return MakeError(ErrorCode::kUnsupported,
                       "sliding-window attention ('{}' = {}) is not supported",
                       keys.Name("attention.sliding_window"), window);
    }
  }
  if (keys.Has("attention.causal")) {
    ASSIGN_OR_RETURN(const bool causal, keys.Bool("attention.causal"));
    if (!causal)
      return MakeError(ErrorCode::kUnsupported, "attention that is not causal is not supported");
  }
  for (const std::string_view key : {"rope.scaling.type", "embedding_length_out"}) {
    if (keys.Has(key)) {
      return MakeError(ErrorCode::kUnsupported,
                       "metadata '{}' marks a variant that is not supported", keys.Name(key));
    }
  }
  return {};
}

// Fills is_attention and n_kv_heads: layer i is a short convolution if and only if its entry is 0.
Status ReadLayerKinds(const Keys& keys, Lfm2Dims& d) {
  const std::string name = keys.Name("attention.head_count_kv");
  auto counts = keys.Ints("attention.head_count_kv");
  if (!counts) {
    return MakeError(
        Error(std::move(counts).error())
            .WithContext("one entry per layer tells attention from short convolution"));
  }
  if (counts->size() != static_cast<size_t>(d.n_layers)) {
    return MakeError(ErrorCode::kCorruptData,
                     "metadata '{}' has {} entries; expected one per layer, {}", name,
                     counts->size(), d.n_layers);
  }
  for (const int64_t count : *counts) {
    d.is_attention.push_back(count != 0);
    if (count == 0) continue;
    if (count < 0 || count > d.n_heads || d.n_heads % count != 0) {
      return MakeError(ErrorCode::kCorruptData,
                       "metadata '{}' has the entry {}; expected 0 or a divisor of the {} heads",
                       name, count, d.n_heads);
    }
    if (d.n_kv_heads != 0 && d.n_kv_heads != count) {
      return MakeError(ErrorCode::kUnsupported,
                       "metadata '{}' has the entries {} and {}; layers must agree", name,
                       d.n_kv_heads, count);
    }
    d.n_kv_heads = static_cast<int>(count);
  }
  return {};
}

Status ReadHeads(const Keys& keys, Lfm2Dims& d) {
  ASSIGN_OR_RETURN(d.n_heads, keys.Int("attention.head_count", 1, kMaxWidth));
  d.head_dim = d.d_model / d.n_heads;
  if (keys.Has("attention.key_length")) {
    ASSIGN_OR_RETURN(d.head_dim, keys.Int("attention.key_length", 1, kMaxWidth));
  } else if (d.d_model % d.n_heads != 0) {
    return MakeError(ErrorCode::kCorruptData, "width {} is not divisible by {} heads", d.d_model,
                     d.n_heads);
  }
  for (const std::string_view key : {"attention.value_length", "rope.dimension_count"}) {
    if (!keys.Has(key)) continue;
    ASSIGN_OR_RETURN(const uint64_t width, keys.Uint(key));
    if (width != static_cast<uint64_t>(d.head_dim)) {
      return MakeError(ErrorCode::kUnsupported, "metadata '{}' is {}; expected the head width, {}",
                       keys.Name(key), width, d.head_dim);
    }
  }
  if (d.head_dim % 16 != 0 || d.head_dim > 256) {
    return MakeError(ErrorCode::kUnsupported, "head width {}; expected a multiple of 16 up to 256",
                     d.head_dim);
  }
  return ReadLayerKinds(keys, d);
}

Status ReadExperts(const Keys& keys, Lfm2Dims& d) {
  ASSIGN_OR_RETURN(d.n_experts, keys.Int("expert_count", 1, kMaxExperts));
  ASSIGN_OR_RETURN(d.n_experts_used,
                   keys.Int("expert_used_count", 1, static_cast<uint64_t>(d.n_experts)));
  ASSIGN_OR_RETURN(d.d_ff_expert, keys.Int("expert_feed_forward_length", 1, kMaxWidth));
  ASSIGN_OR_RETURN(const uint64_t gating, keys.Uint("expert_gating_func"));
  if (gating != kGatingSigmoid) {
    return MakeError(ErrorCode::kUnsupported, "expert gating function {}; expected {} (sigmoid)",
                     gating, kGatingSigmoid);
  }
  d.n_dense_layers = 0;
  if (keys.Has("leading_dense_block_count")) {
    ASSIGN_OR_RETURN(d.n_dense_layers,
                     keys.Int("leading_dense_block_count", 0, static_cast<uint64_t>(d.n_layers)));
  }
  if (keys.Has("expert_weights_scale")) {
    ASSIGN_OR_RETURN(const double scale, keys.Float("expert_weights_scale"));
    if (!std::isfinite(scale))
      return MakeError(ErrorCode::kCorruptData, "expert_weights_scale is not finite");
    if (scale != 0) d.expert_weights_scale = static_cast<float>(scale);  // 0 means absent
  }
  return {};
}

// The key is optional in old files; the embedding's shape says the same.
Result<int> ReadVocabSize(const Keys& keys, const gguf::GgufFile& file) {
  if (keys.Has("vocab_size")) return keys.Int("vocab_size", 1, kMaxVocab);
  const gguf::TensorInfo* embedding = file.FindTensor("token_embd.weight");
  if (embedding == nullptr)
    return MakeError(ErrorCode::kCorruptData, "tensor 'token_embd.weight' is missing");
  if (embedding->shape[1] < 1 || embedding->shape[1] > kMaxVocab) {
    return MakeError(ErrorCode::kCorruptData, "tensor 'token_embd.weight' has {} rows",
                     embedding->shape[1]);
  }
  return static_cast<int>(embedding->shape[1]);
}

}  // namespace

int Lfm2Dims::n_attention_layers() const {
  return static_cast<int>(std::count(is_attention.begin(), is_attention.end(), true));
}

Result<Lfm2Dims> ReadDims(const gguf::GgufFile& file) {
  ASSIGN_OR_RETURN(const std::string_view architecture,
                   file.metadata().GetString("general.architecture"));
  if (architecture != "lfm2" && architecture != "lfm2moe") {
    return MakeError(ErrorCode::kUnsupported,
                     "architecture '{}' is not supported; this engine runs lfm2 and lfm2moe",
                     architecture);
  }
  const Keys keys(file.metadata(), architecture);
  RETURN_IF_ERROR(RejectVariants(keys));
  Lfm2Dims d;
  d.is_moe = architecture == "lfm2moe";
  ASSIGN_OR_RETURN(d.n_layers, keys.Int("block_count", 1, kMaxLayers));
  ASSIGN_OR_RETURN(d.n_context, keys.Int("context_length", 1, kMaxContext));
  ASSIGN_OR_RETURN(d.d_model, keys.Int("embedding_length", 1, kMaxWidth));
  ASSIGN_OR_RETURN(d.d_ff, keys.Int("feed_forward_length", 1, kMaxWidth));
  ASSIGN_OR_RETURN(d.n_taps, keys.Int("shortconv.l_cache", 3, 3));
  ASSIGN_OR_RETURN(const double eps, keys.Positive("attention.layer_norm_rms_epsilon"));
  d.norm_eps = static_cast<float>(eps);
  ASSIGN_OR_RETURN(d.rope_theta, keys.Positive("rope.freq_base"));
  ASSIGN_OR_RETURN(d.n_vocab, ReadVocabSize(keys, file));
  RETURN_IF_ERROR(ReadHeads(keys, d));
  d.n_dense_layers = d.n_layers;
  if (d.is_moe) RETURN_IF_ERROR(ReadExperts(keys, d));
  return d;
}

void AddDims(const Lfm2Dims& d, gguf::MetadataBuilder& metadata) {
  const std::string architecture = d.is_moe ? "lfm2moe" : "lfm2";
  const auto add = [&](const char* key, auto value) {
    metadata.Add(architecture + "." + key, value);
  };
  const auto add_int = [&](const char* key, int value) { add(key, static_cast<uint32_t>(value)); };
  metadata.AddString("general.architecture", architecture);
  add_int("block_count", d.n_layers);
  add_int("context_length", d.n_context);
  add_int("embedding_length", d.d_model);
  add_int("feed_forward_length", d.d_ff);
  add_int("attention.head_count", d.n_heads);
  std::vector<int32_t> kv_heads;
  kv_heads.reserve(d.is_attention.size());
  for (const bool is_attention : d.is_attention)
    kv_heads.push_back(is_attention ? d.n_kv_heads : 0);
  metadata.AddArray<int32_t>(architecture + ".attention.head_count_kv", kv_heads);
  if (d.head_dim * d.n_heads != d.d_model) {
    add_int("attention.key_length", d.head_dim);
    add_int("attention.value_length", d.head_dim);
  }
  add("attention.layer_norm_rms_epsilon", d.norm_eps);
  add("rope.freq_base", static_cast<float>(d.rope_theta));
  add_int("shortconv.l_cache", d.n_taps);
  add_int("vocab_size", d.n_vocab);
  if (!d.is_moe) return;
  add_int("expert_count", d.n_experts);
  add_int("expert_used_count", d.n_experts_used);
  add_int("expert_feed_forward_length", d.d_ff_expert);
  add_int("expert_gating_func", static_cast<int>(kGatingSigmoid));
  add_int("leading_dense_block_count", d.n_dense_layers);
  if (d.expert_weights_scale != 1) add("expert_weights_scale", d.expert_weights_scale);
}

}  // namespace weir::model
