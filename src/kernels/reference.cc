// The judge: every routine in its plainest form. Weights are dequantised, values are float32, sums
// are taken in double. Never optimised; the other targets are tested against it.

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/kernels.h"

namespace weir::kernels {
namespace {

// Tokens are taken in groups so that a block of weights is dequantised once for many of them.
constexpr int kGroup = 128;
constexpr int kPiece = 256;  // weights dequantised at a time; a multiple of every block size

// In eight partial sums: whole models are run through this in tests, and one chain of additions is
// too slow for that.
double Dot(const float* a, const float* b, int n) {
  double lanes[8] = {};
  int j = 0;
  for (; j + 8 <= n; j += 8) {
    for (int lane = 0; lane < 8; ++lane) lanes[lane] += double{a[j + lane]} * double{b[j + lane]};
  }
  for (; j < n; ++j) lanes[0] += double{a[j]} * double{b[j]};
  return ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) +
         ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
}

void MatMulGroup(const MatMulArgs& a, const quant::TypeInfo& type, int row, int first, int count) {
  double sums[kGroup] = {};
  float weights[kPiece];
  const std::byte* block = a.weights + row * a.row_bytes;
  for (int c = 0; c < a.x->n_cols; c += kPiece) {
    const int n = std::min(kPiece, a.x->n_cols - c);
    quant::DequantizeRow(a.type, block, n, weights);
    block += n / type.block_values * type.block_bytes;
    for (int i = 0; i < count; ++i) {
      const int token = first + i;
      const int64_t x_row = a.x_rows != nullptr ? a.x_rows[token] : a.x_first + token;
      const float* x = a.x->f32 + x_row * a.x->n_cols + c;
      sums[i] += Dot(weights, x, n);
    }
  }
  for (int i = 0; i < count; ++i) {
    a.out[(first + i) * a.out_stride + row] = static_cast<float>(sums[i]);
  }
}

void MatMul(const MatMulArgs& a) noexcept {
  const quant::TypeInfo& type = *quant::FindType(static_cast<uint32_t>(a.type));
  for (int row = a.row_begin; row < a.row_end; ++row) {
    for (int first = 0; first < a.n_tokens; first += kGroup) {
      MatMulGroup(a, type, row, first, std::min(kGroup, a.n_tokens - first));
    }
  }
}

// The 8-bit forms, for tests of the other targets; the reference itself multiplies in float.
float QuantiseBlock(const float* x, int n, int8_t* q) {
  float max = 0;
  for (int i = 0; i < n; ++i) max = std::max(max, std::fabs(x[i]));
  const float inverse = max > 0 ? 127.0f / max : 0.0f;
  for (int i = 0; i < n; ++i) q[i] = static_cast<int8_t>(std::nearbyint(x[i] * inverse));
  return max / 127.0f;
}

int Sum(const int8_t* q, int n) {
  int sum = 0;
  for (int i = 0; i < n; ++i) sum += q[i];
  return sum;
}

void Quantise32(const float* x, int n_cols, int8_t* q, float* scale, float* scaled_sum,
                int32_t* sum) noexcept {
  for (int b = 0; b < n_cols / 32; ++b) {
    scale[b] = quant::HalfToFloat(quant::FloatToHalf(QuantiseBlock(x + 32 * b, 32, q + 32 * b)));
    sum[b] = Sum(q + 32 * b, 32);
    scaled_sum[b] = scale[b] * static_cast<float>(sum[b]);
  }
}

void Quantise256(const float* x, int n_cols, int8_t* q, float* scale, int16_t* sums) noexcept {
  for (int b = 0; b < n_cols / 256; ++b) {
    scale[b] = QuantiseBlock(x + 256 * b, 256, q + 256 * b);
  }
  for (int i = 0; i < n_cols / 16; ++i) *sums++ = static_cast<int16_t>(Sum(q + 16 * i, 16));
  for (int i = 0; i < n_cols / 32; ++i) *sums++ = static_cast<int16_t>(Sum(q + 32 * i, 32));
}

void RmsNorm(const float* x, const float* w, int n, float eps, float* y) noexcept {
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += double{x[i]} * double{x[i]};
  const double factor = 1.0 / std::sqrt(sum / n + double{eps});
  for (int i = 0; i < n; ++i) y[i] = static_cast<float>(x[i] * factor * w[i]);
}

void Rope(float* x, const float* cosine, const float* sine, int half) noexcept {
  for (int j = 0; j < half; ++j) {
    const double a = x[j];
    const double b = x[j + half];
    x[j] = static_cast<float>(a * cosine[j] - b * sine[j]);
    x[j + half] = static_cast<float>(b * cosine[j] + a * sine[j]);
  }
}

void AddTo(float* x, const float* y, int n) noexcept {
  for (int i = 0; i < n; ++i) x[i] += y[i];
}

void AddScaled(float* x, const float* y, float w, int n) noexcept {
  for (int i = 0; i < n; ++i) x[i] = static_cast<float>(x[i] + double{w} * y[i]);
}

double SigmoidOf(double x) { return 1.0 / (1.0 + std::exp(-x)); }

void SiluMul(float* gate, const float* up, int n) noexcept {
  for (int i = 0; i < n; ++i) {
    gate[i] = static_cast<float>(gate[i] * SigmoidOf(gate[i]) * up[i]);
  }
}

void Sigmoid(float* x, int n) noexcept {
  for (int i = 0; i < n; ++i) x[i] = static_cast<float>(SigmoidOf(x[i]));
}

void ShortConv(const ShortConvArgs& a) noexcept {
  const int64_t d = a.d;
  for (int64_t t = 0; t < a.n_tokens; ++t) {
    const float* b = a.bcx + t * 3 * d;
    const float* c = b + d;
    const float* x = c + d;
    float* before_last = a.state;
    float* last = a.state + d;
    for (int64_t k = a.channel_begin; k < a.channel_end; ++k) {
      const float u = b[k] * x[k];
      const double conv = double{a.taps[k]} * before_last[k] + double{a.taps[d + k]} * last[k] +
                          double{a.taps[2 * d + k]} * u;
      a.y[t * d + k] = static_cast<float>(c[k] * conv);
      before_last[k] = last[k];
      last[k] = u;
    }
  }
}

// Keys and values in float32, row by row, whatever the format.
int64_t TileBytes(int head_dim) noexcept {
  return int64_t{kTileKeys} * head_dim * int64_t{sizeof(float)};
}

void StoreRow(const float* x, int head_dim, int64_t pos, void* rows) noexcept {
  std::copy_n(x, head_dim, static_cast<float*>(rows) + pos * head_dim);
}

// One query row over n_keys keys; `mixed` has room for head_dim values.
void AttendRow(const AttentionArgs& a, const float* q, int n_keys, double* mixed, float* out) {
  const float* k = static_cast<const float*>(a.k);
  const float* v = static_cast<const float*>(a.v);
  const int64_t width = a.head_dim;
  double max = -HUGE_VAL;
  for (int64_t i = 0; i < n_keys; ++i) {
    max = std::max(max, Dot(q, k + i * width, a.head_dim) * a.scale);
  }
  double sum = 0;
  std::fill_n(mixed, width, 0.0);
  for (int64_t i = 0; i < n_keys; ++i) {
    const double weight = std::exp(Dot(q, k + i * width, a.head_dim) * a.scale - max);
    sum += weight;
    for (int64_t j = 0; j < width; ++j) mixed[j] += weight * double{v[i * width + j]};
  }
  for (int64_t j = 0; j < width; ++j) out[j] = static_cast<float>(mixed[j] / sum);
}

void Attention(const AttentionArgs& a) noexcept {
  auto* mixed = reinterpret_cast<double*>(a.scratch);
  for (int t = 0; t < a.n_tokens; ++t) {
    for (int64_t h = 0; h < a.group; ++h) {
      const int64_t at = h * a.head_dim;
      AttendRow(a, a.q + t * a.q_stride + at, a.first_pos + t + 1, mixed,
                a.out + t * a.out_stride + at);
    }
  }
}

KernelTable MakeTable() {
  KernelTable t = {};
  t.name = "reference";
  t.quantises_activations = false;
  for (uint32_t id = 0; id < kTypeSlots; ++id) {
    if (quant::FindType(id) != nullptr) t.matmul[id] = MatMul;
  }
  t.quantise32 = Quantise32;
  t.quantise256 = Quantise256;
  t.rms_norm = RmsNorm;
  t.rope = Rope;
  t.add = AddTo;
  t.add_scaled = AddScaled;
  t.silu_mul = SiluMul;
  t.sigmoid = Sigmoid;
  t.short_conv = ShortConv;
  for (KvKernels& kv : t.kv) kv = {TileBytes, StoreRow, StoreRow, Attention};
  return t;
}

}  // namespace

const KernelTable& ReferenceKernels() {
  static const KernelTable table = MakeTable();
  return table;
}

}  // namespace weir::kernels
