#include "convert/gguf_source.h"

#include <algorithm>
#include <array>

#include "base/printable.h"

namespace weir::convert {
namespace {

using model::ModelTensor;

// Written anew: they say how the tensors are stored.
constexpr std::array<std::string_view, 3> kStorageKeys = {
    "general.file_type", "general.quantization_version", "general.alignment"};

void CopyMetadata(const gguf::Metadata& from, const std::string& name,
                  gguf::MetadataBuilder& metadata) {
  for (const gguf::Metadata::Entry& entry : from.entries()) {
    if (std::find(kStorageKeys.begin(), kStorageKeys.end(), entry.key) != kStorageKeys.end())
      continue;
    if (!name.empty() && entry.key == "general.name") continue;
    metadata.AddValue(entry.key, entry.value);
  }
  if (!name.empty()) metadata.AddString("general.name", name);
}

Result<Part> PartOf(const gguf::TensorInfo& tensor) {
  const quant::TypeInfo& info = *quant::FindType(tensor.type_id);
  switch (info.type) {
    case quant::Type::kF32:
    case quant::Type::kF16:
    case quant::Type::kBF16:
    case quant::Type::kQ8_0:
      return Part{info.type, tensor.data};
    default:
      return MakeError(ErrorCode::kUnsupported,
                       "tensor '{}' is {} already, expected F32, F16, BF16 or Q8_0: quantised "
                       "twice it loses too much; start from the original weights",
                       Printable(tensor.name), info.name);
  }
}

Result<Source> Describe(gguf::GgufFile file, const std::string& name) {
  Source source = {.weights = std::move(file)};
  const auto& opened = std::get<gguf::GgufFile>(source.weights);
  ASSIGN_OR_RETURN(source.dims, model::ReadDims(opened));
  // Refuses what is missing, misshapen or unknown.
  ASSIGN_OR_RETURN(const model::Lfm2Weights weights, model::LoadWeights(opened, source.dims));
  const bool own_output = weights.output.data != weights.embedding.data;
  for (ModelTensor& tensor : model::TensorsOf(source.dims, own_output)) {
    const gguf::TensorInfo* info = opened.FindTensor(tensor.name);
    if (info == nullptr) info = opened.FindTensor(tensor.spec->other_name);
    ASSIGN_OR_RETURN(const Part part, PartOf(*info));
    source.tensors.push_back({std::move(tensor), {part}});
  }
  CopyMetadata(opened.metadata(), name, source.metadata);
  source.files = {opened.path()};
  return source;
}

}  // namespace

Result<Source> OpenGgufSource(const std::string& path, const std::string& name) {
  ASSIGN_OR_RETURN(gguf::GgufFile file, gguf::GgufFile::Open(path));
  Result<Source> source = Describe(std::move(file), name);
  if (!source) return MakeError(source.error().WithContext(path));
  return source;
}

}  // namespace weir::convert
