#include "synth/presets.h"

#include <algorithm>
#include <array>
#include <vector>

namespace weir::synth {
namespace {

constexpr int kHeadDim = 64;  // of every model of the family

struct Shape {
  std::string_view name;
  ChatForm chat_form;
  int n_layers;
  int d_model;
  int d_ff;
  int n_vocab;
  int n_kv_heads;
  double rope_theta;
  std::vector<int> attention_layers;
  int n_dense_layers = 0;
  int n_experts = 0;  // 0: a dense model
  int n_experts_used = 0;
  int d_ff_expert = 0;
  int n_context = 128000;
};

constexpr int kVocab65K = 65536;
constexpr int kVocab128K = 128000;

const std::vector<Shape>& Shapes() {
  static const std::vector<int> kOf16 = {2, 5, 8, 10, 12, 14};
  static const std::vector<int> kOf24 = {2, 6, 10, 14, 18, 21};
  static const std::vector<int> kOf30 = {2, 5, 9, 13, 17, 21, 24, 27};
  static const std::vector<int> kOf40 = {2, 6, 10, 14, 18, 22, 26, 30, 34, 38};
  constexpr ChatForm kLfm2 = ChatForm::kLfm2;
  constexpr ChatForm kInstruct = ChatForm::kLfm25Instruct;
  constexpr ChatForm k8B = ChatForm::kLfm25_8B;
  // clang-format off
  static const std::vector<Shape> kShapes = {
      {"lfm2.5-8b-a1b", k8B, 24, 2048, 7168, kVocab128K, 8, 5e6, kOf24, 2, 32, 4, 1792},
      {"lfm2-8b-a1b", kLfm2, 24, 2048, 7168, kVocab65K, 8, 1e6, kOf24, 2, 32, 4, 1792},
      {"lfm2-24b-a2b", kLfm2, 40, 2048, 11776, kVocab65K, 8, 1e6, kOf40, 2, 64, 4, 1536},
      {"lfm2-350m", kLfm2, 16, 1024, 4608, kVocab65K, 8, 1e6, kOf16},
      {"lfm2-700m", kLfm2, 16, 1536, 6912, kVocab65K, 8, 1e6, kOf16},
      {"lfm2-1.2b", kLfm2, 16, 2048, 8192, kVocab65K, 8, 1e6, kOf16},
      {"lfm2-2.6b", kLfm2, 30, 2048, 10752, kVocab65K, 8, 1e6, kOf30},
      {"lfm2.5-350m", kInstruct, 16, 1024, 4608, kVocab65K, 8, 1e6, kOf16},
      {"lfm2.5-1.2b", kInstruct, 16, 2048, 8192, kVocab65K, 8, 1e6, kOf16},
      {"tiny", k8B, 4, 256, 512, 1024, 2, 1e6, {1, 3}, 1, 8, 2, 256, 4096},
  };
  // clang-format on
  return kShapes;
}

model::Lfm2Dims DimsOf(const Shape& shape) {
  model::Lfm2Dims d;
  d.is_moe = shape.n_experts > 0;
  d.n_layers = shape.n_layers;
  d.n_vocab = shape.n_vocab;
  d.n_context = shape.n_context;
  d.d_model = shape.d_model;
  d.d_ff = shape.d_ff;
  d.n_heads = shape.d_model / kHeadDim;
  d.n_kv_heads = shape.n_kv_heads;
  d.head_dim = kHeadDim;
  d.is_attention.assign(static_cast<size_t>(shape.n_layers), false);
  for (const int layer : shape.attention_layers) d.is_attention[static_cast<size_t>(layer)] = true;
  d.norm_eps = 1e-5F;
  d.rope_theta = shape.rope_theta;
  d.n_dense_layers = d.is_moe ? shape.n_dense_layers : shape.n_layers;
  d.n_experts = shape.n_experts;
  d.n_experts_used = shape.n_experts_used;
  d.d_ff_expert = shape.d_ff_expert;
  return d;
}

// A number that must lie in [low, high].
struct Bound {
  std::string_view what;
  int value;
  int low;
  int high;
};

Status CheckBounds(const std::vector<Bound>& bounds) {
  for (const Bound& b : bounds) {
    if (b.value >= b.low && b.value <= b.high) continue;
    return MakeError(ErrorCode::kInvalidArgument, "{} is {}, expected {} to {}", b.what, b.value,
                     b.low, b.high);
  }
  return {};
}

Status CheckHeads(const model::Lfm2Dims& d) {
  if (d.d_model % d.n_heads != 0) {
    return MakeError(ErrorCode::kInvalidArgument, "width {} is no multiple of the {} heads",
                     d.d_model, d.n_heads);
  }
  if (d.head_dim % 16 != 0 || d.head_dim > 256) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "width {} with {} heads makes heads {} wide, expected a multiple of 16 up to "
                     "256",
                     d.d_model, d.n_heads, d.head_dim);
  }
  const bool attends = d.n_attention_layers() > 0;
  if (attends && (d.n_kv_heads < 1 || d.n_heads % d.n_kv_heads != 0)) {
    return MakeError(ErrorCode::kInvalidArgument, "kv-heads is {}, expected a divisor of heads, {}",
                     d.n_kv_heads, d.n_heads);
  }
  return {};
}

}  // namespace

Result<Preset> FindPreset(std::string_view name) {
  for (const Shape& shape : Shapes()) {
    if (shape.name == name) return Preset{shape.name, shape.chat_form, DimsOf(shape)};
  }
  return MakeError(ErrorCode::kInvalidArgument, "preset '{}' is unknown; choose one of {}", name,
                   PresetNames());
}

std::string PresetNames() {
  std::string names;
  for (const Shape& shape : Shapes())
    names += (names.empty() ? "" : ", ") + std::string(shape.name);
  return names;
}

// The upper bounds are far beyond any model of the family.
Status CheckDims(const model::Lfm2Dims& d) {
  constexpr int kMaxWidth = 1 << 20;
  RETURN_IF_ERROR(CheckBounds({{"layers", d.n_layers, 1, 1024},
                               {"width", d.d_model, 16, kMaxWidth},
                               {"heads", d.n_heads, 1, kMaxWidth},
                               {"ff", d.d_ff, 1, kMaxWidth},
                               {"vocab", d.n_vocab, 272, 262144},  // bytes and special tokens
                               {"context", d.n_context, 1, 1 << 24}}));
  RETURN_IF_ERROR(CheckHeads(d));
  if (!(d.rope_theta > 0) || !(d.rope_theta < 1e12)) {
    return MakeError(ErrorCode::kInvalidArgument, "rope-theta is {}, expected a number above 0",
                     d.rope_theta);
  }
  if (!d.is_moe) return {};
  return CheckBounds({{"experts", d.n_experts, 1, 1024},
                      {"experts-used", d.n_experts_used, 1, d.n_experts},
                      {"expert-ff", d.d_ff_expert, 1, kMaxWidth},
                      {"dense-layers", d.n_dense_layers, 0, d.n_layers}});
}

}  // namespace weir::synth
