#include "model/quant_mix.h"

#include <algorithm>
#include <array>
#include <variant>

namespace weir::model {
namespace {

using quant::Type;

struct MixInfo {
  Mix mix;
  std::string_view name;
  uint32_t file_type;  // llama.cpp's numbering
  Type base;           // of most matrices
  Type embedding;      // which is the output matrix too, and takes that one's rule
  bool more_bits;      // some of the matrices that suffer most become Q6_K
};

constexpr std::array<MixInfo, 7> kMixes = {{
    {Mix::kF16, "F16", 1, Type::kF16, Type::kF16, false},
    {Mix::kBF16, "BF16", 32, Type::kBF16, Type::kBF16, false},
    {Mix::kQ4_0, "Q4_0", 2, Type::kQ4_0, Type::kQ6_K, false},
    {Mix::kQ4_K_M, "Q4_K_M", 15, Type::kQ4_K, Type::kQ6_K, true},
    {Mix::kQ5_K_M, "Q5_K_M", 17, Type::kQ5_K, Type::kQ6_K, true},
    {Mix::kQ6_K, "Q6_K", 18, Type::kQ6_K, Type::kQ6_K, false},
    {Mix::kQ8_0, "Q8_0", 7, Type::kQ8_0, Type::kQ8_0, false},
}};

const MixInfo& InfoOf(Mix mix) {
  return *std::find_if(kMixes.begin(), kMixes.end(),
                       [&](const MixInfo& info) { return info.mix == mix; });
}

// The first and the last eighth, and every third in between.
bool UsesMoreBits(int i, int n) { return i < n / 8 || i >= 7 * n / 8 || (i - n / 8) % 3 == 2; }

template <class T>
bool Is(const TensorSpec& spec, T LayerWeights::* slot) {
  const auto* own = std::get_if<T LayerWeights::*>(&spec.slot);
  return own != nullptr && *own == slot;
}

// The down projections count by layer, the value projections among attention layers.
bool IsRaised(const ModelTensor& tensor, const Lfm2Dims& dims) {
  const TensorSpec& spec = *tensor.spec;
  if (Is(spec, &LayerWeights::ffn_down) || Is(spec, &LayerWeights::expert_down))
    return UsesMoreBits(tensor.layer, dims.n_layers);
  if (!Is(spec, &LayerWeights::attn_v)) return false;
  const auto begin = dims.is_attention.begin();
  const auto ordinal = std::count(begin, begin + tensor.layer, true);
  return UsesMoreBits(static_cast<int>(ordinal), dims.n_attention_layers());
}

Type SmallerBlock(Type type) {
  if (type == Type::kQ4_K) return Type::kQ5_0;
  if (type == Type::kQ5_K) return Type::kQ5_1;
  return type == Type::kQ6_K ? Type::kQ8_0 : Type::kF16;
}

}  // namespace

std::string_view MixName(Mix mix) { return InfoOf(mix).name; }

Result<Mix> MixFromName(std::string_view name) {
  std::string names;
  for (const MixInfo& info : kMixes) {
    if (info.name == name) return info.mix;
    names += (names.empty() ? "" : ", ") + std::string(info.name);
  }
  return MakeError(ErrorCode::kInvalidArgument, "quantisation '{}' is unknown; choose one of {}",
                   name, names);
}

uint32_t MixFileType(Mix mix) { return InfoOf(mix).file_type; }

Type TypeInMix(Mix mix, const ModelTensor& tensor, const Lfm2Dims& dims) {
  if (IsFloatTensor(*tensor.spec)) return Type::kF32;
  const MixInfo& info = InfoOf(mix);
  Type type = info.base;
  if (tensor.layer < 0) type = info.embedding;
  if (info.more_bits && tensor.layer >= 0 && IsRaised(tensor, dims)) type = Type::kQ6_K;
  while (tensor.shape[0] %
             static_cast<uint64_t>(quant::FindType(static_cast<uint32_t>(type))->block_values) !=
         0)
    type = SmallerBlock(type);
  return type;
}

}  // namespace weir::model
