#pragma once
// The temporary memory of a forward pass, all of it taken when a sequence is made.

#include <cstdint>
#include <vector>

#include "kernels/aligned_buffer.h"
#include "model/lfm2_dims.h"
#include "model/moe_routing.h"
#include "model/ops.h"
#include "model/rows.h"

namespace weir::model {

// Tokens that one pass computes at most; longer calls are split. Enough to share the unpacking of a
// weight among many tokens, small enough for the activations of a layer to stay in the cache.
inline constexpr int kMaxBatch = 512;

struct Scratch {
  Scratch() = default;
  // Memory is left null when the system has not that much; see ok().
  Scratch(const Lfm2Dims& dims, int max_tokens, int n_threads);
  bool ok() const { return memory.data() != nullptr; }
  // Bytes that such a scratch takes, but for small lists.
  static uint64_t BytesFor(const Lfm2Dims& dims, int max_tokens, int n_threads);

  Rows x;            // residual stream [n, d_model]
  Rows h;            // normed input of an operator or FFN [n, d_model]
  Rows r;            // its result [n, d_model]
  Rows bcx;          // [n, 3 * d_model]
  Rows conv;         // [n, d_model]
  Rows q;            // [n, d_q]
  Rows k;            // [n, d_kv]
  Rows v;            // [n, d_kv]
  Rows attended;     // [n, d_q]
  Rows gate;         // [n, d_ff]
  Rows up;           // [n, d_ff]
  Rows router;       // [n, n_experts]
  Rows expert_gate;  // [n * n_experts_used, d_ff_expert]: one row per (token, expert)
  Rows expert_up;    // [n * n_experts_used, d_ff_expert]
  Rows expert_down;  // [n * n_experts_used, d_model]
  Rows cosine;       // [n, head_dim / 2]
  Rows sine;         // [n, head_dim / 2]
  MoeRouting routing;
  OpsMemory ops;
  std::vector<double> rope_frequency;  // [head_dim / 2]

  kernels::AlignedBuffer memory;
};

}  // namespace weir::model
