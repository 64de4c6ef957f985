#pragma once
// The operations of a forward pass on whole matrices of activations: kernels, spread over the
// worker pool.
//
// Which kernel a quant type takes, in which 8-bit form the input is read and how rows are divided
// among workers is decided here and nowhere above. Allocates nothing. Outputs must not overlap
// inputs unless said so.

#include <initializer_list>
#include <span>
#include <vector>

#include "base/token_id.h"
#include "kernels/kernels.h"
#include "kernels/thread_pool.h"
#include "model/lfm2_weights.h"
#include "model/moe_routing.h"
#include "model/rows.h"

namespace weir::model {

// One weight and where its product goes: out [n, weight.rows] for the input [n, weight.cols].
struct Product {
  const Matrix& weight;
  Rows out;
};
struct ExpertProduct {
  const ExpertMatrices& weight;
  Rows out;  // one row per (token, expert) pair
};

// One matrix times some rows of the prepared input; workers divide the rows of the matrix.
struct MatMulTask {
  Matrix weight;
  const int32_t* x_rows = nullptr;  // null: x_first, x_first + 1, ...
  int x_first = 0;
  int n_tokens = 0;
  float* out = nullptr;  // [n_tokens, weight.rows]

  // Set by RunTasks: the task's units begin at first_unit and have unit_rows rows each.
  int64_t first_unit = 0;
  int unit_rows = 0;

  // Relative: reading a row's weights is worth a few tokens' products.
  int64_t cost() const { return int64_t{weight.rows} * weight.cols * (n_tokens + 4); }
};

// KV cache of one layer: K and V, each n_kv_heads times the tiles of a head.
struct KvView {
  kernels::KvFormat format = kernels::KvFormat::kF16;
  std::byte* k = nullptr;
  std::byte* v = nullptr;
  int64_t head_bytes = 0;
  int n_kv_heads = 0;
  int head_dim = 0;
};

// Tokens that share the unpacking of a block of keys and values.
inline constexpr int kAttentionTokens = 16;

// What operations need besides their arguments; belongs to the sequence.
struct OpsMemory {
  kernels::Activations input;     // 8-bit forms of the input of a matrix multiplication
  Rows attention;                 // scratch, [n_threads, kernels::AttentionScratchFloats()]
  std::vector<MatMulTask> tasks;  // as many as one call ever has
};

class Ops {
 public:
  Ops(const kernels::KernelTable& kernels, kernels::ThreadPool& pool, OpsMemory& memory)
      : k_(kernels), pool_(pool), memory_(memory) {}

  // out[i] = row tokens[i] of the table.
  void Embed(const Matrix& table, std::span<const TokenId> tokens, Rows out) const;
  // Each part of a row that is as wide as w by itself: whole rows, or heads. out may be x.
  void RmsNorm(Rows x, const Vector& w, float eps, Rows out) const;
  void Add(Rows x, Rows y) const;          // x += y
  void SiluMul(Rows gate, Rows up) const;  // gate = silu(gate) * up
  void Sigmoid(Rows x) const;

  // Products of one input, which is brought to 8 bits once.
  void MatMul(Rows x, std::initializer_list<Product> products) const;
  // With a weight that is kept as plain floats [out.width, x.width].
  void MatMul(Rows x, const Vector& weight, Rows out) const;
  // Expert by expert: row i of the result is for pair i of the routing, from the row of x of its
  // token.
  void ExpertMatMulOfTokens(const MoeRouting& routing, Rows x,
                            std::initializer_list<ExpertProduct> products) const;
  // The same from row i of x.
  void ExpertMatMulOfPairs(const MoeRouting& routing, Rows x, const ExpertProduct& product) const;
  // out[t] = sum over the experts of t of their weight * y[pair], in the order they were chosen.
  void WeightedSum(const MoeRouting& routing, Rows y, Rows out) const;

  // y = C * conv(B * X) with bcx = [B C X]; state [2, d_model], the last two B * X, is updated.
  void ShortConv(Rows bcx, const Vector& taps, float* state, Rows y) const;

  // cosine and sine [n, head_dim / 2] of the angles of positions first_pos, first_pos + 1, ...
  static void RopeAngles(std::span<const double> frequency, int first_pos, Rows cosine, Rows sine);
  // Rotates each head of each row, halves against each other.
  void Rope(Rows x, Rows cosine, Rows sine) const;
  // Rows of k and v become positions first_pos, first_pos + 1, ... of the cache.
  void StoreKv(Rows k, Rows v, int first_pos, const KvView& kv) const;
  // Causal: row t of q sees positions [0, first_pos + t].
  void Attention(Rows q, int first_pos, const KvView& kv, Rows out) const;

 private:
  kernels::Activations Prepare(Rows x, std::span<const MatMulTask> tasks) const;
  void RunTasks(Rows x, size_t n_tasks) const;
  void RunRows(const MatMulTask& task, const kernels::Activations& x, int row_begin,
               int row_end) const;
  // body(row) for rows [0, n), spread over the pool when there are many.
  template <class Body>
  void ForRows(int n, const Body& body) const;
  // body(unit, worker) for units [0, n_units); whoever is free takes the next.
  template <class Body>
  void ForUnits(int64_t n_units, const Body& body) const;

  const kernels::KernelTable& k_;
  kernels::ThreadPool& pool_;
  OpsMemory& memory_;
};

}  // namespace weir::model
