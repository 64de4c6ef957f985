#include "benchmark/work.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace weir::benchmark {
namespace {

double ValueCount(const gguf::TensorInfo& tensor) {
  double n = 1;
  for (const uint64_t size : tensor.shape) n *= static_cast<double>(size);
  return n;
}

}  // namespace

Work::Work(const model::Model& model)
    : kv_bytes_per_token_(static_cast<double>(model.KvBytesPerToken())) {
  const model::Lfm2Dims& d = model.dims();
  const bool tied = model.file().FindTensor("output.weight") == nullptr;
  const std::string last_ffn = fmt::format("blk.{}.ffn_", d.n_layers - 1);
  if (d.n_experts > 0) expert_share_ = static_cast<double>(d.n_experts_used) / d.n_experts;
  for (const gguf::TensorInfo& tensor : model.file().tensors()) {
    const bool is_embedding = tensor.name == "token_embd.weight";
    if (is_embedding && !tied) continue;  // a row a token is read, and nothing multiplied
    const bool is_expert = tensor.name.find("_exps.weight") != std::string_view::npos;
    const bool for_last_token =
        is_embedding || tensor.name == "output.weight" || tensor.name.starts_with(last_ffn);
    const auto bytes = static_cast<double>(tensor.data.size());
    (is_expert ? expert_bytes_ : other_bytes_) += bytes;
    (for_last_token ? last_values_ : token_values_) +=
        ValueCount(tensor) * (is_expert ? expert_share_ : 1);
  }
}

double Work::PassBytes(int n_tokens, int depth) const {
  const double experts_touched = 1 - std::pow(1 - expert_share_, n_tokens);
  return other_bytes_ + expert_bytes_ * experts_touched + kv_bytes_per_token_ * depth;
}

double Work::PassOperations(int n_tokens) const {
  return 2 * (token_values_ * n_tokens + last_values_);
}

double Work::PrefillRoof(const Roofs& roofs, int n_tokens, int depth) const {
  if (roofs.bytes_per_second() <= 0 || roofs.int8_per_second <= 0) return 0;
  const double seconds = std::max(PassBytes(n_tokens, depth) / roofs.bytes_per_second(),
                                  PassOperations(n_tokens) / roofs.int8_per_second);
  return n_tokens / seconds;
}

// The keys and values grow by a token a step; the middle step stands for all of them.
double Work::DecodeRoof(const Roofs& roofs, int n_tokens, int depth) const {
  return PrefillRoof(roofs, 1, depth + n_tokens / 2);
}

}  // namespace weir::benchmark
