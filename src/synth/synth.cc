#include "synth/synth.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <vector>

#include "gguf/metadata_builder.h"
#include "gguf/writer.h"
#include "synth/vocabulary.h"
#include "synth/weights.h"

namespace weir::synth {
namespace {

using model::ModelTensor;

constexpr uint64_t kPieceValues = uint64_t{1} << 22U;  // encoded and written at a time
constexpr uint32_t kQuantizationVersion = 2;           // of the block layouts

// The embedding is the output matrix as well: logits get this standard deviation, about that of
// trained models, so that comparing the outputs of two engines shows something.
constexpr float kLogitSigma = 3;
constexpr float kExpertBiasSigma = 0.02F;  // small beside the spread of the router's sigmoids

// How wide the tensor's values spread; 0: all of them are 1.
float SigmaOf(const ModelTensor& tensor) {
  const std::string_view name = tensor.spec->name;
  if (name.ends_with("norm.weight")) return 0;
  if (name.ends_with(".bias")) return kExpertBiasSigma;
  const float sigma = 1 / std::sqrt(static_cast<float>(tensor.shape[0]));
  return tensor.layer < 0 ? kLogitSigma * sigma : sigma;
}

// A template of our own: the frame that all models of the family share, without tools. The comment
// holds the words by which the family's templates are told apart.
std::string ChatTemplate(ChatForm form) {
  constexpr std::string_view kMark[] = {"<|tool_list_start|>", "keep_past_thinking",
                                        "preserve_thinking"};
  return fmt::format(
      "{{#- stand-in of weir model synth for a template with {} -#}}"
      "{{{{- bos_token -}}}}"
      "{{%- for message in messages -%}}"
      "{{{{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' -}}}}"
      "{{%- endfor -%}}"
      "{{%- if add_generation_prompt -%}}{{{{- '<|im_start|>assistant\\n' -}}}}{{%- endif -%}}",
      kMark[static_cast<size_t>(form)]);
}

gguf::MetadataBuilder MetadataOf(const Request& request) {
  gguf::MetadataBuilder metadata;
  model::AddDims(request.dims, metadata);
  metadata.AddString("general.name", request.name);
  metadata.AddString("general.license", "none: the weights are random numbers");
  metadata.Add("general.quantization_version", kQuantizationVersion);
  metadata.Add("general.file_type", model::MixFileType(request.mix));
  metadata.AddString("weir.trained_on", "nothing: random weights of weir model synth");
  metadata.Add("weir.synth.seed", request.seed);
  AddVocabulary(MakeVocabulary(request.dims.n_vocab), metadata);
  metadata.AddString("tokenizer.chat_template", ChatTemplate(request.chat_form));
  return metadata;
}

// Writes the tensors of one file, one after the other.
class TensorWriter {
 public:
  TensorWriter(uint64_t seed, gguf::Writer& file, const Progress& progress,
               const std::stop_token& stop)
      : weights_(seed), file_(file), progress_(progress), stop_(stop) {}

  Status Write(const ModelTensor& tensor, uint64_t index, quant::Type type) {
    const float sigma = SigmaOf(tensor);
    const uint64_t n_values = tensor.n_values();
    for (uint64_t begin = 0; begin < n_values; begin += kPieceValues) {
      if (stop_.stop_requested()) return MakeError(ErrorCode::kCancelled, "interrupted");
      const uint64_t n = std::min(kPieceValues, n_values - begin);
      piece_.resize(static_cast<size_t>(quant::RowBytes(type, static_cast<int64_t>(n))));
      if (sigma > 0) {
        weights_.Write({index, type, sigma}, begin, n, piece_);
      } else {
        FillWithOnes();
      }
      RETURN_IF_ERROR(file_.Append(piece_));
      if (progress_) progress_(file_.written_bytes(), file_.file_bytes());
    }
    return {};
  }

 private:
  // Norms are F32.
  void FillWithOnes() {
    const auto one = std::bit_cast<std::array<std::byte, 4>>(1.0F);
    for (size_t i = 0; i < piece_.size(); ++i) piece_[i] = one[i % one.size()];
  }

  RandomWeights weights_;
  gguf::Writer& file_;
  const Progress& progress_;
  const std::stop_token& stop_;
  std::vector<std::byte> piece_;
};

}  // namespace

Result<Summary> WriteModel(const std::string& path, const Request& request,
                           const Progress& progress, const std::stop_token& stop) {
  const model::Lfm2Dims& dims = request.dims;
  RETURN_IF_ERROR(CheckDims(dims));
  gguf::MetadataBuilder metadata = MetadataOf(request);
  {
    ASSIGN_OR_RETURN(const gguf::GgufFile header, metadata.Read());
    RETURN_IF_ERROR(model::ReadDims(header));  // what is written here must load here
  }
  const std::vector<ModelTensor> tensors = model::TensorsOf(dims);
  Summary summary;
  std::vector<gguf::TensorPlan> plans;
  for (const ModelTensor& tensor : tensors) {
    const quant::Type type = model::TypeInMix(request.mix, tensor, dims);
    plans.push_back({tensor.name, tensor.shape, static_cast<uint32_t>(type)});
    summary.n_parameters += tensor.n_values();
  }
  ASSIGN_OR_RETURN(gguf::Writer file, gguf::Writer::Create(path, metadata, plans));
  TensorWriter writer(request.seed, file, progress, stop);
  for (size_t i = 0; i < tensors.size(); ++i)
    RETURN_IF_ERROR(writer.Write(tensors[i], i, static_cast<quant::Type>(plans[i].type_id)));
  RETURN_IF_ERROR(file.Finish());
  summary.file_bytes = file.file_bytes();
  summary.n_tensors = static_cast<int>(tensors.size());
  return summary;
}

}  // namespace weir::synth
