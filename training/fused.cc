// Fused element-wise steps of training in bfloat16, called from fused.py. Compiled there for the processor at hand.
// Matrices are row-major and contiguous. bfloat16 is held as uint16_t; sums run in float32. model.py is the judge.

#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

using bf16 = uint16_t;

namespace {

constexpr int kHead = 64;  // values of a head

inline float F(bf16 x) {
  uint32_t u = uint32_t{x} << 16;
  float f;
  std::memcpy(&f, &u, 4);
  return f;
}

inline bf16 B(float f) {  // round to nearest even
  uint32_t u;
  std::memcpy(&u, &f, 4);
  return static_cast<bf16>((u + 0x7fff + ((u >> 16) & 1)) >> 16);
}

}  // namespace

extern "C" {

// Keeps freed tensors in the heap: returning them to the kernel costs a page fault for every 4 KiB at the next step.
void fused_setup() {
  mallopt(M_MMAP_THRESHOLD, INT32_MAX);
  mallopt(M_TRIM_THRESHOLD, INT32_MAX);
  mallopt(M_ARENA_MAX, 1);
}

// x_new = x + delta (delta may be null), y = w * x_new / rms(x_new); x [n, d] float32, delta and y [n, d] bfloat16.
void add_norm(const float* x, const bf16* delta, const float* w, float eps, float* x_new, bf16* y, int64_t n, int64_t d) {
#pragma omp parallel for
  for (int64_t i = 0; i < n; ++i) {
    const float* a = x + i * d;
    float* s = x_new + i * d;
    float sum = 0;
    if (delta != nullptr) {
      for (int64_t j = 0; j < d; ++j) {
        s[j] = a[j] + F(delta[i * d + j]);
        sum += s[j] * s[j];
      }
    } else {
      for (int64_t j = 0; j < d; ++j) {
        s[j] = a[j];
        sum += s[j] * s[j];
      }
    }
    float r = 1.0f / std::sqrt(sum / d + eps);
    for (int64_t j = 0; j < d; ++j) y[i * d + j] = B(s[j] * r * w[j]);
  }
}

// dx = dx_new (may be null) + the norm's share; ddelta = dx in bfloat16 (may be null); dw is added to, [d].
void add_norm_grad(const float* x_new, const float* w, float eps, const float* dx_new, const bf16* dy, float* dx, bf16* ddelta, float* dw,
                   int64_t n, int64_t d) {
#pragma omp parallel
  {
    std::vector<float> own(d, 0.0f), g(d);
#pragma omp for
    for (int64_t i = 0; i < n; ++i) {
      const float* s = x_new + i * d;
      float sum = 0, dot = 0;
      for (int64_t j = 0; j < d; ++j) {
        float v = F(dy[i * d + j]);
        g[j] = v * w[j];
        sum += s[j] * s[j];
        dot += g[j] * s[j];
      }
      float r = 1.0f / std::sqrt(sum / d + eps);
      float c = dot * r * r * r / d;
      for (int64_t j = 0; j < d; ++j) {
        own[j] += F(dy[i * d + j]) * s[j] * r;
        float v = g[j] * r - s[j] * c;
        if (dx_new != nullptr) v += dx_new[i * d + j];
        dx[i * d + j] = v;
      }
      if (ddelta != nullptr) {
        for (int64_t j = 0; j < d; ++j) ddelta[i * d + j] = B(dx[i * d + j]);
      }
    }
#pragma omp critical
    for (int64_t j = 0; j < d; ++j) dw[j] += own[j];
  }
}

// y = c * conv(b * x) with taps k [3][d] (tap 0 weighs the oldest sample); bcx [batch, t, 3 d], y [batch, t, d].
void short_conv(const bf16* bcx, const float* k, bf16* y, int64_t batch, int64_t t, int64_t d) {
  std::vector<float> zero(d, 0.0f);
#pragma omp parallel for
  for (int64_t s = 0; s < batch; ++s) {
    std::vector<float> u2(d, 0.0f), u1(d, 0.0f), u0(d);
    for (int64_t i = 0; i < t; ++i) {
      const bf16* row = bcx + (s * t + i) * 3 * d;
      bf16* out = y + (s * t + i) * d;
      for (int64_t j = 0; j < d; ++j) {
        u0[j] = F(row[j]) * F(row[2 * d + j]);
        out[j] = B(F(row[d + j]) * (u2[j] * k[j] + u1[j] * k[d + j] + u0[j] * k[2 * d + j]));
      }
      u2.swap(u1);
      u1.swap(u0);
    }
  }
}

// Gradients of short_conv: dbcx [batch, t, 3 d]; dk [3][d] is added to.
void short_conv_grad(const bf16* bcx, const float* k, const bf16* dy, bf16* dbcx, float* dk, int64_t batch, int64_t t, int64_t d) {
#pragma omp parallel
  {
    std::vector<float> own(3 * d, 0.0f);
    // e[i] = dy[i] * c[i] is the gradient of the convolution's output; du[i] = k2 e[i] + k1 e[i+1] + k0 e[i+2].
    std::vector<float> e1(d), e2(d), e0(d);
#pragma omp for
    for (int64_t s = 0; s < batch; ++s) {
      std::fill(e1.begin(), e1.end(), 0.0f);
      std::fill(e2.begin(), e2.end(), 0.0f);
      for (int64_t i = t - 1; i >= 0; --i) {
        const bf16* row = bcx + (s * t + i) * 3 * d;
        const bf16* row1 = i >= 1 ? row - 3 * d : row;
        const bf16* row2 = i >= 2 ? row - 6 * d : row;
        const float have1 = i >= 1, have2 = i >= 2;
        const bf16* g = dy + (s * t + i) * d;
        bf16* out = dbcx + (s * t + i) * 3 * d;
        for (int64_t j = 0; j < d; ++j) {
          float b = F(row[j]), c = F(row[d + j]), x = F(row[2 * d + j]);
          float u0 = b * x;
          float u1 = have1 * F(row1[j]) * F(row1[2 * d + j]);
          float u2 = have2 * F(row2[j]) * F(row2[2 * d + j]);
          float e = F(g[j]) * c;
          e0[j] = e;
          own[j] += e * u2;
          own[d + j] += e * u1;
          own[2 * d + j] += e * u0;
          float du = k[2 * d + j] * e + k[d + j] * e1[j] + k[j] * e2[j];
          out[j] = B(du * x);
          out[d + j] = B(F(g[j]) * (k[j] * u2 + k[d + j] * u1 + k[2 * d + j] * u0));
          out[2 * d + j] = B(du * b);
        }
        e2.swap(e1);
        e1.swap(e0);
      }
    }
#pragma omp critical
    for (int64_t j = 0; j < 3 * d; ++j) dk[j] += own[j];
  }
}

// Heads of qkv [batch, t, (h + 2 g) 64] to q [batch, h, t, 64] and k, v [batch, g, t, 64]. q and k are normed (weights wq, wk [64])
// and rotated by cos, sin [t, 32]; q is divided by 8, the root of the head's size.
void split_heads(const bf16* qkv, const float* wq, const float* wk, const float* cs, const float* sn, float eps, bf16* q, bf16* k, bf16* v,
                 int64_t batch, int64_t t, int64_t h, int64_t g) {
  const int64_t width = (h + 2 * g) * kHead;
#pragma omp parallel for collapse(2)
  for (int64_t s = 0; s < batch; ++s) {
    for (int64_t i = 0; i < t; ++i) {
      const bf16* row = qkv + (s * t + i) * width;
      const float *c = cs + i * 32, *n = sn + i * 32;
      for (int64_t a = 0; a < h + g; ++a) {
        const bool is_q = a < h;
        const float* w = is_q ? wq : wk;
        const bf16* in = row + a * kHead;
        bf16* out = is_q ? q + ((s * h + a) * t + i) * kHead : k + ((s * g + a - h) * t + i) * kHead;
        float z[kHead], sum = 0;
        for (int j = 0; j < kHead; ++j) {
          z[j] = F(in[j]);
          sum += z[j] * z[j];
        }
        float r = (is_q ? 0.125f : 1.0f) / std::sqrt(sum / kHead + eps);
        for (int j = 0; j < kHead; ++j) z[j] *= r * w[j];
        for (int j = 0; j < 32; ++j) {
          out[j] = B(z[j] * c[j] - z[j + 32] * n[j]);
          out[j + 32] = B(z[j + 32] * c[j] + z[j] * n[j]);
        }
      }
      for (int64_t a = 0; a < g; ++a) std::memcpy(v + ((s * g + a) * t + i) * kHead, row + (h + g + a) * kHead, kHead * 2);
    }
  }
}

// Gradients of split_heads; dwq, dwk [64] are added to.
void split_heads_grad(const bf16* qkv, const float* wq, const float* wk, const float* cs, const float* sn, float eps, const bf16* dq,
                      const bf16* dk, const bf16* dv, bf16* dqkv, float* dwq, float* dwk, int64_t batch, int64_t t, int64_t h, int64_t g) {
  const int64_t width = (h + 2 * g) * kHead;
#pragma omp parallel
  {
    float own[2][kHead] = {};
#pragma omp for collapse(2)
    for (int64_t s = 0; s < batch; ++s) {
      for (int64_t i = 0; i < t; ++i) {
        const bf16* row = qkv + (s * t + i) * width;
        bf16* out_row = dqkv + (s * t + i) * width;
        const float *c = cs + i * 32, *n = sn + i * 32;
        for (int64_t a = 0; a < h + g; ++a) {
          const bool is_q = a < h;
          const float* w = is_q ? wq : wk;
          float* dw = own[is_q ? 0 : 1];
          const bf16* in = row + a * kHead;
          const bf16* d = is_q ? dq + ((s * h + a) * t + i) * kHead : dk + ((s * g + a - h) * t + i) * kHead;
          const float scale = is_q ? 0.125f : 1.0f;
          float z[kHead], e[kHead], sum = 0, dot = 0;
          for (int j = 0; j < kHead; ++j) {
            z[j] = F(in[j]);
            sum += z[j] * z[j];
          }
          for (int j = 0; j < 32; ++j) {
            float p = F(d[j]) * scale, m = F(d[j + 32]) * scale;
            e[j] = p * c[j] + m * n[j];
            e[j + 32] = m * c[j] - p * n[j];
          }
          float r = 1.0f / std::sqrt(sum / kHead + eps);
          for (int j = 0; j < kHead; ++j) {
            dw[j] += e[j] * z[j] * r;
            e[j] *= w[j];
            dot += e[j] * z[j];
          }
          float k3 = dot * r * r * r / kHead;
          for (int j = 0; j < kHead; ++j) out_row[a * kHead + j] = B(e[j] * r - z[j] * k3);
        }
        for (int64_t a = 0; a < g; ++a) {
          std::memcpy(out_row + (h + g + a) * kHead, dv + ((s * g + a) * t + i) * kHead, kHead * 2);
        }
      }
    }
#pragma omp critical
    for (int j = 0; j < kHead; ++j) {
      dwq[j] += own[0][j];
      dwk[j] += own[1][j];
    }
  }
}

// Rows of s [n, t] become softmax over their first 1 + (row mod t) values, zero behind them. In place.
void causal_softmax(bf16* s, int64_t n, int64_t t) {
#pragma omp parallel
  {
    std::vector<float> z(t);
#pragma omp for schedule(static, 64)
    for (int64_t i = 0; i < n; ++i) {
      bf16* row = s + i * t;
      const int64_t m = i % t + 1;
      float top = -1e30f, sum = 0;
      for (int64_t j = 0; j < m; ++j) {
        z[j] = F(row[j]);
        top = std::max(top, z[j]);
      }
      for (int64_t j = 0; j < m; ++j) {
        z[j] = std::exp(z[j] - top);
        sum += z[j];
      }
      float r = 1.0f / sum;
      for (int64_t j = 0; j < m; ++j) row[j] = B(z[j] * r);
      std::memset(row + m, 0, (t - m) * 2);
    }
  }
}

// dp becomes the gradient before the softmax: p * (dp - sum(p * dp)). In place.
void causal_softmax_grad(const bf16* p, bf16* dp, int64_t n, int64_t t) {
#pragma omp parallel for schedule(static, 64)
  for (int64_t i = 0; i < n; ++i) {
    const bf16* a = p + i * t;
    bf16* g = dp + i * t;
    const int64_t m = i % t + 1;
    float dot = 0;
    for (int64_t j = 0; j < m; ++j) dot += F(a[j]) * F(g[j]);
    for (int64_t j = 0; j < m; ++j) g[j] = B(F(a[j]) * (F(g[j]) - dot));
    std::memset(g + m, 0, (t - m) * 2);
  }
}

// [batch, h, t, 64] to [batch, t, h 64], or back.
void merge_heads(const bf16* in, bf16* out, int64_t batch, int64_t t, int64_t h, int back) {
#pragma omp parallel for collapse(2)
  for (int64_t s = 0; s < batch; ++s) {
    for (int64_t a = 0; a < h; ++a) {
      for (int64_t i = 0; i < t; ++i) {
        const int64_t split = ((s * h + a) * t + i) * kHead, merged = ((s * t + i) * h + a) * kHead;
        std::memcpy(out + (back ? split : merged), in + (back ? merged : split), kHead * 2);
      }
    }
  }
}

// y = silu(a) * b of ab [n, 2 f].
void swiglu(const bf16* ab, bf16* y, int64_t n, int64_t f) {
#pragma omp parallel for
  for (int64_t i = 0; i < n; ++i) {
    const bf16* row = ab + i * 2 * f;
    for (int64_t j = 0; j < f; ++j) {
      float a = F(row[j]);
      y[i * f + j] = B(a / (1.0f + std::exp(-a)) * F(row[f + j]));
    }
  }
}

void swiglu_grad(const bf16* ab, const bf16* dy, bf16* dab, int64_t n, int64_t f) {
#pragma omp parallel for
  for (int64_t i = 0; i < n; ++i) {
    const bf16* row = ab + i * 2 * f;
    bf16* out = dab + i * 2 * f;
    for (int64_t j = 0; j < f; ++j) {
      float a = F(row[j]), b = F(row[f + j]), g = F(dy[i * f + j]);
      float q = 1.0f / (1.0f + std::exp(-a));
      out[j] = B(g * b * q * (1.0f + a * (1.0f - q)));
      out[f + j] = B(g * a * q);
    }
  }
}

// Weighted cross entropy: losses[i] = weight[i] * -log softmax(logits[i])[target[i]]; logits become their gradient. [n, v]
void cross_entropy(bf16* logits, const int64_t* target, const float* weight, float* losses, int64_t n, int64_t v) {
#pragma omp parallel
  {
    std::vector<float> z(v);
#pragma omp for
    for (int64_t i = 0; i < n; ++i) {
      bf16* row = logits + i * v;
      float top = -1e30f, sum = 0;
      for (int64_t j = 0; j < v; ++j) {
        z[j] = F(row[j]);
        top = std::max(top, z[j]);
      }
      const float goal = z[target[i]];
      for (int64_t j = 0; j < v; ++j) {
        z[j] = std::exp(z[j] - top);
        sum += z[j];
      }
      losses[i] = weight[i] * (std::log(sum) + top - goal);
      const float r = weight[i] / sum;
      z[target[i]] -= sum;
      for (int64_t j = 0; j < v; ++j) row[j] = B(z[j] * r);
    }
  }
}

}  // extern "C"
