#include "convert/checkpoint_source.h"

#include <fmt/format.h>

#include <filesystem>
#include <unordered_set>

#include "base/printable.h"
#include "convert/config.h"
#include "convert/model_card.h"
#include "convert/vocabulary.h"

namespace weir::convert {
namespace {

using model::ModelTensor;
using safetensors::Checkpoint;
using safetensors::Dtype;
using safetensors::Tensor;

constexpr std::string_view kOutputName = "lm_head.weight";

quant::Type TypeOf(Dtype dtype) {
  switch (dtype) {
    case Dtype::kF32:
      return quant::Type::kF32;
    case Dtype::kF16:
      return quant::Type::kF16;
    case Dtype::kBF16:
      return quant::Type::kBF16;
  }
  return quant::Type::kF32;
}

// Finds the values of every tensor of the model in the checkpoint.
class TensorFinder {
 public:
  explicit TensorFinder(const Checkpoint& checkpoint) : checkpoint_(checkpoint) {}

  // The parts of one tensor. Errors: kCorruptData when one is missing or misshapen.
  Result<std::vector<Part>> Find(const ModelTensor& tensor) {
    const std::string name = fmt::format(fmt::runtime(tensor.spec->hf_name), tensor.layer);
    const std::vector<uint64_t> shape(tensor.shape.rbegin(), tensor.shape.rend());
    const size_t star = name.find('*');
    if (star == std::string::npos) {
      ASSIGN_OR_RETURN(const Part part, FindPart(name, shape));
      return std::vector<Part>{part};
    }
    const std::string head = name.substr(0, star);  // "model.layers.2.feed_forward.experts."
    const std::string tail = name.substr(star + 1);
    if (checkpoint_.Find(head + "down_proj") != nullptr) return FindFused(head, tail, shape);
    std::vector<Part> parts;
    for (uint64_t e = 0; e < shape[0]; ++e) {
      ASSIGN_OR_RETURN(const Part part, FindPart(fmt::format("{}{}{}", head, e, tail),
                                                 {shape.begin() + 1, shape.end()}));
      parts.push_back(part);
    }
    return parts;
  }

  // kUnsupported for the first tensor that no call of Find asked for.
  Status RejectUnknown(bool own_output) const {
    for (const std::string_view name : checkpoint_.Names()) {
      if (used_.contains(name) || (!own_output && name == kOutputName)) continue;
      return MakeError(ErrorCode::kUnsupported,
                       "tensor '{}' is not part of an LFM2 model as this engine knows it, or not "
                       "of its layer's kind; without it the model would be another function",
                       Printable(name));
    }
    return {};
  }

 private:
  // Dimensions of 1 do not count: a convolution has its channels alone or with an axis of 1 before
  // or behind the taps, and the bytes are the same.
  static std::vector<uint64_t> Squeezed(const std::vector<uint64_t>& shape) {
    std::vector<uint64_t> squeezed;
    for (const uint64_t n : shape) {
      if (n != 1) squeezed.push_back(n);
    }
    return squeezed;
  }

  Result<Part> FindPart(const std::string& name, const std::vector<uint64_t>& shape) {
    const Tensor* tensor = checkpoint_.Find(name);
    if (tensor == nullptr) {
      return MakeError(ErrorCode::kCorruptData,
                       "tensor '{}' is missing, {} expected; fetch the folder again", name,
                       safetensors::ShapeText(shape));
    }
    used_.insert(tensor->name);
    if (Squeezed(tensor->shape) != Squeezed(shape)) {
      return MakeError(ErrorCode::kCorruptData,
                       "tensor '{}' has shape {}; expected {} from config.json", name,
                       safetensors::ShapeText(tensor->shape), safetensors::ShapeText(shape));
    }
    return Part{TypeOf(tensor->dtype), tensor->data};
  }

  // Newer writers keep the experts of a layer in two tensors: gate_up_proj has an expert's gate
  // rows and then its up rows.
  Result<std::vector<Part>> FindFused(const std::string& head, const std::string& tail,
                                      const std::vector<uint64_t>& shape) {
    if (tail == ".w2.weight") {
      ASSIGN_OR_RETURN(const Part part, FindPart(head + "down_proj", shape));
      return std::vector<Part>{part};
    }
    ASSIGN_OR_RETURN(const Part both,
                     FindPart(head + "gate_up_proj", {shape[0], 2 * shape[1], shape[2]}));
    const size_t n_bytes = both.bytes.size() / (2 * shape[0]);  // of one expert's gate or up
    std::vector<Part> parts;
    for (size_t e = 0; e < shape[0]; ++e) {
      const size_t index = 2 * e + (tail == ".w3.weight" ? 1 : 0);
      parts.push_back({both.type, both.bytes.subspan(index * n_bytes, n_bytes)});
    }
    return parts;
  }

  const Checkpoint& checkpoint_;
  std::unordered_set<std::string_view> used_;
};

Status FindTensors(bool own_output, Source& source) {
  const auto& checkpoint = std::get<Checkpoint>(source.weights);
  TensorFinder finder(checkpoint);
  for (ModelTensor& tensor : model::TensorsOf(source.dims, own_output)) {
    ASSIGN_OR_RETURN(std::vector<Part> parts, finder.Find(tensor));
    source.tensors.push_back({std::move(tensor), std::move(parts)});
  }
  for (const safetensors::SafetensorsFile& file : checkpoint.files())
    source.files.push_back(file.path());
  return finder.RejectUnknown(own_output);
}

// The last part of the path that is a name.
std::string NameOfFolder(const std::string& folder) {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::canonical(folder, error);
  return error ? "" : path.filename().string();
}

}  // namespace

Result<Source> OpenCheckpointSource(const std::string& folder, const std::string& name) {
  const std::string config_path = folder + "/config.json";
  ASSIGN_OR_RETURN(const json::Json object, ReadJsonObject(config_path));
  ASSIGN_OR_RETURN(const Config config, ReadConfig(Fields(object, config_path)));
  ASSIGN_OR_RETURN(Checkpoint checkpoint, Checkpoint::Open(folder));
  Source source = {.weights = std::move(checkpoint), .dims = config.dims};
  model::AddDims(config.dims, source.metadata);
  {
    // How the numbers fit together is checked where they are read when the model is loaded.
    ASSIGN_OR_RETURN(const gguf::GgufFile header, source.metadata.Read());
    const auto dims = model::ReadDims(header);
    if (!dims) return MakeError(dims.error().WithContext(config_path));
  }
  if (Status found = FindTensors(config.own_output, source); !found)
    return MakeError(found.error().WithContext(folder));
  source.metadata.AddString("general.name", name.empty() ? NameOfFolder(folder) : name);
  AddModelCard(folder, source.metadata);
  source.files.insert(source.files.end(), {config_path, folder + "/tokenizer.json"});
  RETURN_IF_ERROR(AddVocabulary(folder, config.dims.n_vocab, source.metadata, source.warnings));
  return source;
}

}  // namespace weir::convert
