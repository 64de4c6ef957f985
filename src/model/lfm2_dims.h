#pragma once
// The numbers that give an LFM2 model its shape, read from the metadata of its file and checked.

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "gguf/gguf_file.h"
#include "gguf/metadata_builder.h"

namespace weir::model {

struct Lfm2Dims {
  bool is_moe = false;  // architecture lfm2moe
  int n_layers = 0;
  int n_vocab = 0;    // rows of the embedding; the tokenizer may use fewer
  int n_context = 0;  // positions the model was made for
  int d_model = 0;
  int d_ff = 0;  // of dense layers
  int n_heads = 0;
  int n_kv_heads = 0;  // on attention layers; 0 when there are none
  int head_dim = 0;
  std::vector<bool> is_attention;  // [n_layers]; the others are short convolutions
  int n_taps = 3;                  // of the short convolution
  float norm_eps = 0;
  double rope_theta = 0;

  int n_dense_layers = 0;  // leading layers with a dense FFN; all of them unless is_moe
  int n_experts = 0;
  int n_experts_used = 0;
  int d_ff_expert = 0;
  float expert_weights_scale = 1;

  int d_q() const { return n_heads * head_dim; }
  int d_kv() const { return n_kv_heads * head_dim; }
  int n_attention_layers() const;
  int n_conv_layers() const { return n_layers - n_attention_layers(); }
};

// Errors: another architecture or a variant that this engine does not compute (kUnsupported); a
// missing key or a value that cannot be (kCorruptData).
Result<Lfm2Dims> ReadDims(const gguf::GgufFile& file);

// The reverse: the architecture and the keys that ReadDims reads, as the stock converter writes
// them.
void AddDims(const Lfm2Dims& dims, gguf::MetadataBuilder& metadata);

}  // namespace weir::model
