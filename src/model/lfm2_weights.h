#pragma once
// The weights of a model. Matrices stay where the file has them, in its blocks; vectors are copied
// as float32.
//
// One table, TensorSpecs(), says which tensors there are, of which shape, in which layers. Loading,
// checking and docs/formats/lfm2_tensors.md all come from it.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "gguf/gguf_file.h"
#include "model/lfm2_dims.h"
#include "quant/quant.h"

namespace weir::model {

using Vector = std::vector<float>;

// [rows, cols] in blocks of `type`; row r gives output r. Borrowed.
struct Matrix {
  const std::byte* data = nullptr;
  quant::Type type = quant::Type::kF32;
  int rows = 0;
  int cols = 0;
  int64_t row_bytes = 0;

  bool empty() const { return data == nullptr; }
};

// One matrix per expert, back to back.
struct ExpertMatrices {
  Matrix first;
  int n_experts = 0;

  Matrix expert(int e) const {
    Matrix m = first;
    m.data += e * m.row_bytes * m.rows;
    return m;
  }
};

// Only the members of the layer's own kinds are filled.
struct LayerWeights {
  bool is_attention = false;
  bool is_moe = false;
  int state_index = 0;  // among attention layers, or among conv layers

  Vector operator_norm;  // [d_model]
  Vector ffn_norm;       // [d_model]

  Matrix attn_q;       // [d_q, d_model]
  Matrix attn_k;       // [d_kv, d_model]
  Matrix attn_v;       // [d_kv, d_model]
  Matrix attn_out;     // [d_model, d_q]
  Vector attn_q_norm;  // [head_dim]
  Vector attn_k_norm;  // [head_dim]

  Matrix conv_in;    // [3 * d_model, d_model]: rows of B, of C, of X
  Vector conv_taps;  // [3, d_model], oldest first (the file has the taps of a channel together)
  Matrix conv_out;   // [d_model, d_model]

  Matrix ffn_gate;  // [d_ff, d_model]
  Matrix ffn_up;    // [d_ff, d_model]
  Matrix ffn_down;  // [d_model, d_ff]

  Vector router;               // [n_experts, d_model]
  Vector expert_bias;          // [n_experts]
  ExpertMatrices expert_gate;  // [d_ff_expert, d_model] each
  ExpertMatrices expert_up;    // [d_ff_expert, d_model] each
  ExpertMatrices expert_down;  // [d_model, d_ff_expert] each
};

struct Lfm2Weights {
  Matrix embedding;    // [n_vocab, d_model]
  Vector output_norm;  // [d_model]
  Matrix output;       // [n_vocab, d_model]; the embedding itself unless the file has its own
  std::vector<LayerWeights> layers;
};

// ---- The table ----

// Sizes that a shape is made of.
enum class Dim {
  kOne,
  kModel,
  kThreeModel,
  kVocab,
  kQ,
  kKv,
  kHead,
  kTaps,
  kFf,
  kExpertFf,
  kExperts
};
enum class Where { kOnce, kEveryLayer, kAttentionLayers, kConvLayers, kDenseLayers, kMoeLayers };

struct TensorSpec {
  std::string_view name;     // in the file; "{}" stands for the layer
  std::string_view hf_name;  // in the original checkpoint
  Where where;
  std::array<Dim, 3> shape;  // as in the file, fastest first
  std::variant<Matrix Lfm2Weights::*, Vector Lfm2Weights::*, Matrix LayerWeights::*,
               Vector LayerWeights::*, ExpertMatrices LayerWeights::*>
      slot;
  bool required = true;
  std::string_view other_name = {};  // accepted in its place
};

std::span<const TensorSpec> TensorSpecs();
// Whether layer `layer` of such a model has the tensor; false for kOnce.
bool AppliesTo(Where where, int layer, const Lfm2Dims& dims);
uint64_t SizeOf(Dim dim, const Lfm2Dims& dims);
// Kept as float32 vectors; norms, taps, routers, biases. Such tensors are never quantised.
bool IsFloatTensor(const TensorSpec& spec);

// One tensor of a particular model.
struct ModelTensor {
  const TensorSpec* spec = nullptr;
  std::string name;             // in the file
  int layer = -1;               // -1: once
  std::vector<uint64_t> shape;  // fastest first, as many dimensions as the file has

  uint64_t n_values() const;
};

// The tensors of a model with these dimensions: the ones outside the layers, then layer by layer.
// `own_output`: with an output matrix beside the embedding, which models of the family do without.
std::vector<ModelTensor> TensorsOf(const Lfm2Dims& dims, bool own_output = false);

// The table as Markdown.
std::string TensorSpecsAsMarkdown();

// Errors, each naming the tensor with what was expected and found: missing, wrong shape, quant type
// that is not supported, a vector with a value that is not finite, unknown tensor (kUnsupported: it
// would be ignored, and the model would be another function). Matrices are not looked into.
Result<Lfm2Weights> LoadWeights(const gguf::GgufFile& file, const Lfm2Dims& dims);

}  // namespace weir::model
