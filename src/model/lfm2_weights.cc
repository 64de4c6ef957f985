#include "model/lfm2_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <unordered_set>

#include "gguf/tensor_type.h"

namespace weir::model {
namespace {

std::string ShapeText(const std::array<uint64_t, 4>& shape) {
  return fmt::format("{{{}, {}, {}, {}}}", shape[0], shape[1], shape[2], shape[3]);
}

std::string TypeText(uint32_t type_id) {
  const gguf::TensorType* type = gguf::FindTensorType(type_id);
  return type != nullptr ? std::string(type->name) : fmt::format("{}", type_id);
}

// Loads one file into one Lfm2Weights, following the table.
class Loader {
 public:
  Loader(const gguf::GgufFile& file, const Lfm2Dims& dims) : file_(file), dims_(dims) {}

  Result<Lfm2Weights> Load() {
    MakeLayers();
    for (const TensorSpec& spec : TensorSpecs()) {
      if (spec.where == Where::kOnce) {
        RETURN_IF_ERROR(LoadTensor(spec, std::string(spec.name), nullptr));
        continue;
      }
      for (size_t i = 0; i < weights_.layers.size(); ++i) {
        if (!AppliesTo(spec.where, static_cast<int>(i), dims_)) continue;
        RETURN_IF_ERROR(
            LoadTensor(spec, fmt::format(fmt::runtime(spec.name), i), &weights_.layers[i]));
      }
    }
    RETURN_IF_ERROR(RejectUnknownTensors());
    if (weights_.output.empty()) weights_.output = weights_.embedding;
    return std::move(weights_);
  }

 private:
  void MakeLayers() {
    int n_of_kind[2] = {0, 0};
    for (int i = 0; i < dims_.n_layers; ++i) {
      LayerWeights layer;
      layer.is_attention = dims_.is_attention[static_cast<size_t>(i)];
      layer.is_moe = i >= dims_.n_dense_layers;
      layer.state_index = n_of_kind[layer.is_attention ? 1 : 0]++;
      weights_.layers.push_back(std::move(layer));
    }
  }

  Status LoadTensor(const TensorSpec& spec, const std::string& name, LayerWeights* layer) {
    const gguf::TensorInfo* tensor = file_.FindTensor(name);
    if (tensor == nullptr && !spec.other_name.empty()) tensor = file_.FindTensor(spec.other_name);
    if (tensor == nullptr) {
      if (!spec.required) return {};
      return MakeError(ErrorCode::kCorruptData, "tensor '{}' is missing{}", name, FusedHint(layer));
    }
    known_.insert(tensor->name);
    RETURN_IF_ERROR(CheckShape(spec, *tensor));
    ASSIGN_OR_RETURN(const Matrix matrix, AsMatrix(*tensor));
    if (const auto* slot = std::get_if<Matrix Lfm2Weights::*>(&spec.slot)) {
      weights_.*(*slot) = matrix;
    } else if (const auto* vector = std::get_if<Vector Lfm2Weights::*>(&spec.slot)) {
      return CopyVector(*tensor, matrix, weights_.*(*vector));
    } else if (const auto* in_layer = std::get_if<Matrix LayerWeights::*>(&spec.slot)) {
      layer->*(*in_layer) = matrix;
    } else if (const auto* experts = std::get_if<ExpertMatrices LayerWeights::*>(&spec.slot)) {
      layer->*(*experts) = {matrix, dims_.n_experts};
    } else {
      Vector& target = layer->*std::get<Vector LayerWeights::*>(spec.slot);
      RETURN_IF_ERROR(CopyVector(*tensor, matrix, target));
      if (&target == &layer->conv_taps) TransposeTaps(target);
    }
    return {};
  }

  // Converters can fuse matrices; those files need converting again.
  std::string FusedHint(const LayerWeights* layer) const {
    if (layer == nullptr) return "";
    const auto index = layer - weights_.layers.data();
    for (const char* fused : {"blk.{}.attn_qkv.weight", "blk.{}.ffn_gate_up_exps.weight"}) {
      const std::string name = fmt::format(fmt::runtime(fused), index);
      if (file_.FindTensor(name) != nullptr) {
        return fmt::format(
            "; the file has the fused '{}', which is not supported: convert the model without "
            "fusing",
            name);
      }
    }
    return "";
  }

  Status CheckShape(const TensorSpec& spec, const gguf::TensorInfo& tensor) const {
    std::array<uint64_t, 4> expected = {1, 1, 1, 1};
    for (size_t i = 0; i < spec.shape.size(); ++i) expected[i] = SizeOf(spec.shape[i], dims_);
    if (tensor.shape == expected) return {};
    return MakeError(ErrorCode::kCorruptData, "tensor '{}' has shape {}; expected {}", tensor.name,
                     ShapeText(tensor.shape), ShapeText(expected));
  }

  // The first matrix of the tensor, its shape checked before. Third dimensions are experts.
  static Result<Matrix> AsMatrix(const gguf::TensorInfo& tensor) {
    const quant::TypeInfo* type = quant::FindType(tensor.type_id);
    if (type == nullptr) {
      return MakeError(ErrorCode::kUnsupported,
                       "tensor '{}' has type {}, which is not supported; supported are F32, F16, "
                       "BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K and Q6_K: use a file with "
                       "another quantisation",
                       tensor.name, TypeText(tensor.type_id));
    }
    const uint64_t cols = tensor.shape[0];
    if (cols % static_cast<uint64_t>(type->block_values) != 0) {
      return MakeError(ErrorCode::kCorruptData,
                       "tensor '{}' has {} columns; {} needs a multiple of {}", tensor.name, cols,
                       type->name, type->block_values);
    }
    Matrix m;
    m.data = tensor.data.data();
    m.type = static_cast<quant::Type>(tensor.type_id);
    m.cols = static_cast<int>(cols);
    m.rows = static_cast<int>(tensor.shape[1]);
    m.row_bytes = int64_t{m.cols} / type->block_values * type->block_bytes;
    const uint64_t bytes = static_cast<uint64_t>(m.row_bytes) * tensor.shape[1] * tensor.shape[2];
    if (tensor.data.size() < bytes) {
      return MakeError(ErrorCode::kCorruptData, "tensor '{}' has {} bytes of data; expected {}",
                       tensor.name, tensor.data.size(), bytes);
    }
    return m;
  }

  static Status CopyVector(const gguf::TensorInfo& tensor, const Matrix& m, Vector& out) {
    if (m.type != quant::Type::kF32 && m.type != quant::Type::kF16 &&
        m.type != quant::Type::kBF16) {
      return MakeError(ErrorCode::kUnsupported,
                       "tensor '{}' has type {}; expected F32, F16 or BF16", tensor.name,
                       quant::FindType(tensor.type_id)->name);
    }
    out.resize(static_cast<size_t>(m.rows) * static_cast<size_t>(m.cols));
    quant::DequantizeRow(m.type, m.data, static_cast<int64_t>(out.size()), out.data());
    const auto bad =
        std::find_if(out.begin(), out.end(), [](float value) { return !std::isfinite(value); });
    if (bad == out.end()) return {};
    return MakeError(
        ErrorCode::kCorruptData,
        "tensor '{}' has {} at value {}; expected finite numbers: the file is damaged, "
        "fetch or convert it again",
        tensor.name, *bad, bad - out.begin());
  }

  // [d_model, 3] to [3, d_model].
  void TransposeTaps(Vector& taps) const {
    const auto d = static_cast<size_t>(dims_.d_model);
    const auto n = static_cast<size_t>(dims_.n_taps);
    Vector transposed(taps.size());
    for (size_t channel = 0; channel < d; ++channel) {
      for (size_t tap = 0; tap < n; ++tap) transposed[tap * d + channel] = taps[channel * n + tap];
    }
    taps = std::move(transposed);
  }

  Status RejectUnknownTensors() const {
    for (const gguf::TensorInfo& tensor : file_.tensors()) {
      if (known_.contains(tensor.name)) continue;
      return MakeError(ErrorCode::kUnsupported,
                       "tensor '{}' is not part of an LFM2 model as this engine knows it, or not "
                       "of its layer's kind; "
                       "without it the model would be another function",
                       tensor.name);
    }
    return {};
  }

  const gguf::GgufFile& file_;
  const Lfm2Dims& dims_;
  Lfm2Weights weights_;
  std::unordered_set<std::string_view> known_;
};

}  // namespace

Result<Lfm2Weights> LoadWeights(const gguf::GgufFile& file, const Lfm2Dims& dims) {
  return Loader(file, dims).Load();
}

}  // namespace weir::model
