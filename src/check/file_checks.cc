#include "check/file_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "gguf/tensor_type.h"
#include "model/lfm2_weights.h"
#include "platform/mapped_file.h"
#include "quant/scales.h"

namespace weir::check {
namespace {

constexpr const char* kFetchAgain = "fetch or convert the model again";

std::string SizeText(uint64_t bytes) {
  if (bytes < 1000000) return fmt::format("{:.1f} KB", static_cast<double>(bytes) / 1e3);
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

// ---- types ----

// Whether the tensor is one of those that every mix keeps as floats: norms, taps, routers, biases.
bool IsVectorTensor(std::string_view name) {
  std::string pattern(name);
  if (name.starts_with("blk.")) {
    const size_t dot = name.find('.', 4);
    if (dot == std::string_view::npos) return false;
    pattern = "blk.{}" + std::string(name.substr(dot));
  }
  const auto specs = model::TensorSpecs();
  return std::any_of(specs.begin(), specs.end(), [&](const model::TensorSpec& spec) {
    return IsFloatTensor(spec) && (spec.name == pattern || spec.other_name == pattern);
  });
}

struct TypeUse {
  int n_tensors = 0;
  uint64_t bytes = 0;
  int n_matrices = 0;
};

// "not supported", or "slow" where matrices of the type go through the plain float loop.
std::string_view SpeedOf(uint32_t type_id, const TypeUse& use,
                         const kernels::KernelTable& kernels) {
  const quant::TypeInfo* type = quant::FindType(type_id);
  if (type == nullptr) return "not supported";
  if (use.n_matrices == 0) return "vectors";
  return kernels.FormFor(type->type) == kernels::ActivationForm::kF32 ? "slow" : "fast";
}

// ---- scales ----

constexpr size_t kPieceBytes = size_t{32} << 20U;  // looked at while the next one is being read

struct BrokenBlocks {
  int64_t n_blocks = 0;
  int n_tensors = 0;
  std::string_view first_tensor;
};

struct ScaleScan {
  const Progress& progress;
  const std::stop_token& stop;
  uint64_t total = 0;
  uint64_t done = 0;
  BrokenBlocks broken = {};

  // False when it was stopped.
  bool Scan(const gguf::TensorInfo& tensor) {
    const quant::TypeInfo* type = quant::FindType(tensor.type_id);
    if (type == nullptr) return true;  // CheckTypes says so
    const auto block_bytes = static_cast<size_t>(type->block_bytes);
    const size_t piece_bytes = kPieceBytes / block_bytes * block_bytes;
    int64_t n_broken = 0;
    for (size_t at = 0; at < tensor.data.size(); at += piece_bytes) {
      if (stop.stop_requested()) return false;
      const auto rest = tensor.data.subspan(at);
      const auto piece = rest.first(std::min(piece_bytes, rest.size()));
      const auto next = rest.subspan(piece.size());
      if (!next.empty()) platform::Prefetch(next.first(std::min(piece_bytes, next.size())));
      n_broken += quant::CountBrokenBlocks(type->type, piece);
      done += piece.size();
      if (progress) progress(done, total);
    }
    if (n_broken == 0) return true;
    if (broken.n_tensors++ == 0) broken.first_tensor = tensor.name;
    broken.n_blocks += n_broken;
    return true;
  }
};

}  // namespace

Finding CheckShape(const Subject& subject) {
  if (!subject.dims) {
    return {Level::kWrong, "shape", subject.dims.error().message, "a model of the LFM2 family",
            "use an lfm2 or lfm2moe file, or convert the model again"};
  }
  const model::Lfm2Dims& d = *subject.dims;
  std::string text = fmt::format(
      "{}: {} layers ({} attention), width {}, {} heads of {} ({} for keys), ff {}, vocabulary {}, "
      "context {}, rope {}",
      d.is_moe ? "lfm2moe" : "lfm2", d.n_layers, d.n_attention_layers(), d.d_model, d.n_heads,
      d.head_dim, d.n_kv_heads, d.d_ff, d.n_vocab, d.n_context, d.rope_theta);
  if (d.is_moe) {
    text += fmt::format(", {} experts of {} ({} a token) after {} dense layers", d.n_experts,
                        d.d_ff_expert, d.n_experts_used, d.n_dense_layers);
  }
  return {Level::kOk, "shape", std::move(text)};
}

Finding CheckTensors(const Subject& subject) {
  if (!subject.whole) {
    return {Level::kWrong, "tensors", subject.whole.error().message, "a whole GGUF file",
            "fetch the file again"};
  }
  if (!subject.dims) {
    return {Level::kUnknown, "tensors",
            fmt::format("{}; what they should be is not known without a shape",
                        subject.file.tensors().size())};
  }
  if (!subject.model) {
    return {Level::kWrong, "tensors", subject.model.error().message,
            "the tensors of docs/formats/lfm2_tensors.md", kFetchAgain};
  }
  return {
      Level::kOk, "tensors",
      fmt::format("{}, all that the shape asks for and no other", subject.file.tensors().size())};
}

Finding CheckTypes(const Subject& subject, const kernels::KernelTable& kernels) {
  if (!subject.whole) return {Level::kUnknown, "types", "the tensors could not be read"};
  std::map<uint32_t, TypeUse> uses;
  for (const gguf::TensorInfo& tensor : subject.file.tensors()) {
    TypeUse& use = uses[tensor.type_id];
    ++use.n_tensors;
    use.bytes += tensor.data.size();
    use.n_matrices += IsVectorTensor(tensor.name) ? 0 : 1;
  }
  Finding finding{Level::kOk, "types"};
  for (const auto& [id, use] : uses) {
    const std::string_view speed = SpeedOf(id, use, kernels);
    const gguf::TensorType* type = gguf::FindTensorType(id);
    finding.found +=
        fmt::format("{}{} {} ({}, {})", finding.found.empty() ? "" : ", ", use.n_tensors,
                    type != nullptr ? type->name : "?", SizeText(use.bytes), speed);
    if (speed == "not supported") finding.level = Level::kWrong;
    if (speed == "slow" && finding.level == Level::kOk) finding.level = Level::kWarning;
  }
  if (finding.level == Level::kWrong) {
    finding.expected = "F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K or Q6_K";
    finding.advice = "use a file with one of these quantisations";
  } else if (finding.level == Level::kWarning) {
    finding.expected = fmt::format("matrices that the {} kernels multiply in 8 bits", kernels.name);
    finding.advice = kernels.quantises_activations
                         ? "nothing is wrong; a Q8_0, Q4_K_M or Q4_0 file of the model is faster"
                         : "nothing is wrong; the reference kernels are slow with every type";
  }
  return finding;
}

Finding CheckScales(const Subject& subject, const Progress& progress, const std::stop_token& stop) {
  if (!subject.whole) return {Level::kUnknown, "scales", "the tensors could not be read"};
  ScaleScan scan{.progress = progress, .stop = stop};
  for (const gguf::TensorInfo& tensor : subject.file.tensors()) scan.total += tensor.data.size();
  for (const gguf::TensorInfo& tensor : subject.file.tensors()) {
    if (!scan.Scan(tensor)) return {Level::kUnknown, "scales", "interrupted before the end"};
  }
  if (scan.broken.n_blocks > 0) {
    return {Level::kWrong, "scales",
            fmt::format("{} blocks in {} tensors have a NaN or infinite scale or value, first in "
                        "'{}'",
                        scan.broken.n_blocks, scan.broken.n_tensors, scan.broken.first_tensor),
            "finite numbers",
            "the file is damaged or was quantised wrongly: " + std::string(kFetchAgain)};
  }
  return {Level::kOk, "scales", fmt::format("none is NaN or infinite in {}", SizeText(scan.done))};
}

Finding CheckLicence(const Subject& subject) {
  std::string text;
  for (const char* key : {"general.license", "general.license.name", "general.license.link"}) {
    const std::string part = subject.Text(key);
    if (!part.empty()) text += (text.empty() ? "" : ", ") + part;
  }
  std::string lower = text;
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  if (lower.find("lfm1.0") != std::string::npos ||
      lower.find("lfm open license") != std::string::npos) {
    return {Level::kOk, "licence",
            text +
                ": LFM Open License v1.0. Free for commercial use below 10 million USD of annual "
                "revenue; at or above it an organisation needs a licence of its own"};
  }
  if (text.empty()) {
    return {Level::kUnknown, "licence", "the file names none", "general.license",
            "look where the file came from"};
  }
  return {Level::kOk, "licence", text};
}

}  // namespace weir::check
