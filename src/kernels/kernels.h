#pragma once
// The compute routines of a forward pass, as a table of functions per target.
//
// Targets: `reference` (scalar, weights dequantised, sums in double: the judge), `baseline` (any
// processor), `avx2` (with FMA and F16C) and `avx512_vnni`. The last three come from one source,
// the *-inl.h files, written on a vocabulary of 16 float lanes; they quantise the input of a matrix
// to 8 bits, once per input. avx2 and avx512_vnni do the same operations on the same lanes in the
// same order and so give the same bits.
//
// No routine allocates, fails or throws. What a token's row becomes depends on that row alone,
// never on the number of rows, tokens or threads around it. Shapes are row-major, rows first.
// Routines are safe on any thread as long as their outputs do not overlap.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "quant/quant.h"

namespace weir::kernels {

// What a matrix multiplication reads its input as; decided by target and quant type.
enum class ActivationForm {
  kF32,       // as computed
  kBlock32,   // 8 bits, one scale per 32 values, as a Q8_0 block: for Q4_0, Q4_1, Q5_0, Q5_1, Q8_0
  kBlock256,  // 8 bits, one scale per 256 values: for Q4_K, Q5_K, Q6_K
};

// The input of matrix multiplications, [n_rows, n_cols], in the forms that were asked for. Borrowed
// memory.
struct Activations {
  int n_rows = 0;
  int n_cols = 0;
  const float* f32 = nullptr;  // [n_rows, n_cols]
  // kBlock32: x ~ scale * q. Row strides n_cols and n_cols / 32.
  int8_t* q32 = nullptr;
  float* scale32 = nullptr;
  float* scaled_sum32 = nullptr;  // scale * (sum of q), per block
  int32_t* sum32 = nullptr;       // sum of q, per block
  // kBlock256. Row strides n_cols, n_cols / 256 and n_cols / 16 + n_cols / 32.
  int8_t* q256 = nullptr;
  float* scale256 = nullptr;
  int16_t* sums256 = nullptr;  // per row: sums of q per 16 values, then per 32 values
};

// out[i * out_stride + r] = sum over c of weights[r, c] * x[row of i, c], for r in [row_begin,
// row_end), i in [0, n_tokens). The row of i is x_rows[i], or x_first + i when x_rows is null.
struct MatMulArgs {
  const std::byte* weights = nullptr;  // [n_rows, n_cols] in blocks of `type`
  quant::Type type = quant::Type::kF32;
  int64_t row_bytes = 0;
  int row_begin = 0;
  int row_end = 0;
  const Activations* x = nullptr;
  const int32_t* x_rows = nullptr;
  int x_first = 0;
  int n_tokens = 0;
  float* out = nullptr;
  int64_t out_stride = 0;
};
using MatMulFn = void (*)(const MatMulArgs&) noexcept;

// Gated short convolution with three taps over channels [channel_begin, channel_end).
struct ShortConvArgs {
  const float* bcx = nullptr;   // [n_tokens, 3 * d]: B, C, X side by side
  const float* taps = nullptr;  // [3, d], oldest first
  float* state = nullptr;       // [2, d]: u of the token before the last, u of the last; updated
  float* y = nullptr;           // [n_tokens, d]
  int n_tokens = 0;
  int d = 0;
  int channel_begin = 0;
  int channel_end = 0;
};

// How keys and values are kept.
enum class KvFormat {
  kF16,   // in IEEE half where the target has it, in float32 elsewhere
  kQ8_0,  // 8 bits and a scale per 32 values, as a Q8_0 block; the reference keeps float32
};
inline constexpr int kKvFormats = 2;

// Keys and values of a head lie in tiles of this many positions.
inline constexpr int kTileKeys = 16;
// Keys pass in blocks of this many positions, so the memory of a head is a multiple of it.
inline constexpr int kBlockKeys = 4 * kTileKeys;
// Query rows that share a block at once, at most.
inline constexpr int kMaxAttentionRows = 4;

// Causal attention of tokens [first_pos, first_pos + n_tokens), whose keys are stored, in one KV
// head and the `group` query heads that share it. Query rows are scaled by `scale`, 1 /
// sqrt(head_dim).
struct AttentionArgs {
  const float* q = nullptr;  // [n_tokens, group, head_dim], q_stride floats from token to token
  int64_t q_stride = 0;
  const void* k = nullptr;  // of this head, from position 0
  const void* v = nullptr;
  float* out = nullptr;  // as q
  int64_t out_stride = 0;
  float* scratch = nullptr;  // [AttentionScratchFloats()]
  int first_pos = 0;
  int n_tokens = 0;
  int group = 0;
  int head_dim = 0;  // a multiple of 16, of 32 for kQ8_0
  float scale = 0;
};
constexpr int64_t AttentionScratchFloats(int head_dim, int group, int n_tokens) {
  const int64_t rows = int64_t{group} * n_tokens;
  return int64_t{2} * kBlockKeys * head_dim + kMaxAttentionRows * kBlockKeys +
         rows * (2 + head_dim + head_dim / 16 * 2 + head_dim / 4);
}

// What belongs to one KvFormat.
struct KvKernels {
  int64_t (*tile_bytes)(int head_dim) noexcept;  // of keys, and of values
  void (*store_k)(const float* k, int head_dim, int64_t pos, void* keys) noexcept;
  void (*store_v)(const float* v, int head_dim, int64_t pos, void* values) noexcept;
  void (*attention)(const AttentionArgs&) noexcept;
};

inline constexpr int kTypeSlots = 31;  // quant::Type values index `matmul`; gaps are null

struct KernelTable {
  std::string_view name;
  bool quantises_activations = false;

  MatMulFn matmul[kTypeSlots] = {};
  // One row of n_cols values to its 8-bit form; see Activations. The second needs n_cols % 256 ==
  // 0.
  void (*quantise32)(const float* x, int n_cols, int8_t* q, float* scale, float* scaled_sum,
                     int32_t* sum) noexcept;
  void (*quantise256)(const float* x, int n_cols, int8_t* q, float* scale, int16_t* sums) noexcept;

  // y = w * x / sqrt(mean(x^2) + eps), n values; y may be x.
  void (*rms_norm)(const float* x, const float* w, int n, float eps, float* y) noexcept;
  // Half rotation in place: pairs (j, j + half) by the angle whose cosine and sine are given,
  // [half] each.
  void (*rope)(float* x, const float* cosine, const float* sine, int half) noexcept;
  void (*add)(float* x, const float* y, int n) noexcept;                  // x += y
  void (*add_scaled)(float* x, const float* y, float w, int n) noexcept;  // x += w * y
  void (*silu_mul)(float* gate, const float* up, int n) noexcept;         // gate = silu(gate) * up
  void (*sigmoid)(float* x, int n) noexcept;                              // in place
  void (*short_conv)(const ShortConvArgs&) noexcept;
  KvKernels kv[kKvFormats] = {};

  // 8-bit multiplications and additions out of registers, for n_steps; returns how many. Null in
  // the reference. For benchmarks.
  int64_t (*dot_loop)(int n_steps, int32_t* sink) noexcept = nullptr;

  const KvKernels& KvFor(KvFormat format) const { return kv[static_cast<int>(format)]; }
  MatMulFn MatMulFor(quant::Type type) const { return matmul[static_cast<uint32_t>(type)]; }
  ActivationForm FormFor(quant::Type type) const;
};

const KernelTable& ReferenceKernels();
// The fastest target that this processor runs.
const KernelTable& BestKernels();
// Targets compiled in that this processor runs, slowest first: "reference", "baseline", ...
std::vector<const KernelTable*> RunnableKernels();
// By name; empty: the environment variable WEIR_TARGET, or else BestKernels(). Errors: unknown name
// (kInvalidArgument), instructions that this processor lacks (kUnsupported).
Result<const KernelTable*> KernelsFor(std::string_view target);

}  // namespace weir::kernels
