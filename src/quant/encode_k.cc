// K-quants: super-blocks of 256 values, whose sub-blocks have small integer scales (and minima) of
// their own.
//
// For each sub-block several step widths are tried. Each gives codes; for those codes the scale
// (and minimum) of least squared error is the solution of a linear system; the best of all tries
// wins. Then the sub-blocks' scales are rounded to their few bits and the codes are chosen again
// against what is stored.

#include <cmath>

#include "quant/encode.h"

namespace weir::quant {
namespace {

// ---- value = scale q - min, q in [0, largest] ----

struct FittedScaleMin {
  float scale = 0;
  float min = 0;  // not negative: what is subtracted
};

// The weighted sums that the normal equations of  x ~ scale q + offset  are made of.
struct Sums {
  float w = 0, x = 0, q = 0, xq = 0, qq = 0;
};

constexpr int kSubBlock = 32;

// Large values weigh more: they carry more of a dot product.
void FillWeights(const float* x, float* weights) {
  float squares = 0;
  for (int i = 0; i < kSubBlock; ++i) squares += x[i] * x[i];
  const float rms = std::sqrt(squares / kSubBlock);
  for (int i = 0; i < kSubBlock; ++i) weights[i] = rms + std::fabs(x[i]);
}

Sums SumsFor(const float* x, const float* weights, const float* codes) {
  Sums s;
  for (int i = 0; i < kSubBlock; ++i) {
    const float wq = weights[i] * codes[i];
    s.w += weights[i];
    s.x += weights[i] * x[i];
    s.q += wq;
    s.xq += wq * x[i];
    s.qq += wq * codes[i];
  }
  return s;
}

// The best scale and minimum for given codes; the format knows no negative minimum.
FittedScaleMin Solve(const Sums& s) {
  const float determinant = s.w * s.qq - s.q * s.q;
  if (determinant <= 0) return {};
  const float offset = (s.qq * s.x - s.q * s.xq) / determinant;
  if (offset > 0) return {s.xq / s.qq, 0};
  return {(s.w * s.xq - s.x * s.q) / determinant, -offset};
}

float ErrorOf(const FittedScaleMin& fit, const float* x, const float* weights, const float* codes) {
  float error = 0;
  for (int i = 0; i < kSubBlock; ++i) {
    const float difference = fit.scale * codes[i] - fit.min - x[i];
    error += weights[i] * difference * difference;
  }
  return error;
}

// Tries steps between (high - low) / (largest - 1) and (high - low) / (largest + 1).
FittedScaleMin FitScaleMin(const float* x, int largest) {
  const auto [low_at, high] = std::minmax_element(x, x + kSubBlock);
  const float low = std::min(*low_at, 0.0F);
  if (*high <= low) return {0, -low};
  float weights[kSubBlock];
  FillWeights(x, weights);
  FittedScaleMin best = {(*high - low) / static_cast<float>(largest), -low};
  float best_error = -1;
  constexpr int kTries = 21;
  for (int i = 0; i < kTries; ++i) {
    const float steps = static_cast<float>(largest) - 1 + 0.1F * static_cast<float>(i);
    const float inverse = steps / (*high - low);
    float codes[kSubBlock];
    for (int j = 0; j < kSubBlock; ++j)
      codes[j] = static_cast<float>(NearestCode((x[j] - low) * inverse, 0, largest));
    const FittedScaleMin fit = Solve(SumsFor(x, weights, codes));
    if (fit.scale <= 0) continue;
    const float error = ErrorOf(fit, x, weights, codes);
    if (best_error >= 0 && error >= best_error) continue;
    best = fit;
    best_error = error;
  }
  return best;
}

// Eight 6-bit scales and eight 6-bit minima in 12 bytes; the reverse of quant.cc's UnpackScaleMin.
void PackScaleMin(const int* scales, const int* mins, uint8_t* s) {
  for (int j = 0; j < 4; ++j) {
    s[j] = static_cast<uint8_t>(scales[j] | ((scales[j + 4] >> 4) << 6));
    s[j + 4] = static_cast<uint8_t>(mins[j] | ((mins[j + 4] >> 4) << 6));
    s[j + 8] = static_cast<uint8_t>((scales[j + 4] & 15) | ((mins[j + 4] & 15) << 4));
  }
}

// Fills 16 bytes of scales at `p` and the 256 codes.
void ScaleMinCodes(const float* x, int largest, uint8_t* p, uint8_t* codes) {
  FittedScaleMin fits[8];
  FittedScaleMin top;
  for (int j = 0; j < 8; ++j) {
    fits[j] = FitScaleMin(x + kSubBlock * j, largest);
    top.scale = std::max(top.scale, fits[j].scale);
    top.min = std::max(top.min, fits[j].min);
  }
  const float d = StoreScale(top.scale / 63, p);
  const float dmin = StoreScale(top.min / 63, p + 2);
  int scales[8];
  int mins[8];
  for (int j = 0; j < 8; ++j) {
    scales[j] = NearestCode(fits[j].scale * Inverse(d), 0, 63);
    mins[j] = NearestCode(fits[j].min * Inverse(dmin), 0, 63);
    const float inverse = Inverse(d * static_cast<float>(scales[j]));
    const float min = dmin * static_cast<float>(mins[j]);
    for (int i = kSubBlock * j; i < kSubBlock * (j + 1); ++i)
      codes[i] = static_cast<uint8_t>(NearestCode((x[i] + min) * inverse, 0, largest));
  }
  PackScaleMin(scales, mins, p + 4);
}

// Sub-block 2k in the low nibbles of bytes 32k to 32k + 31, sub-block 2k + 1 in the high ones.
void StorePairedNibbles(const uint8_t* codes, uint8_t* p) {
  for (int k = 0; k < 4; ++k) {
    for (int l = 0; l < 32; ++l) {
      p[32 * k + l] =
          static_cast<uint8_t>((codes[64 * k + l] & 15) | ((codes[64 * k + 32 + l] & 15) << 4));
    }
  }
}

// ---- value = scale (q - 32), q in [0, 63], scale of either sign ----

constexpr int kSmallBlock = 16;

// Weights x^2. With codes q' = q - 32 the best scale is (sum w x q') / (sum w q'^2), and it lowers
// the error by (sum w x q')^2 / (sum w q'^2).
float FitScale(const float* x) {
  float extreme = 0;
  for (int i = 0; i < kSmallBlock; ++i) {
    if (std::fabs(x[i]) > std::fabs(extreme)) extreme = x[i];
  }
  if (extreme == 0) return 0;
  float best_scale = extreme / -32;
  float best_gain = 0;
  for (int i = -9; i <= 9; ++i) {
    const float inverse = -(32 + 0.1F * static_cast<float>(i)) / extreme;
    float xq = 0;
    float qq = 0;
    for (int j = 0; j < kSmallBlock; ++j) {
      const auto q = static_cast<float>(NearestCode(x[j] * inverse, -32, 31));
      const float w = x[j] * x[j];
      xq += w * x[j] * q;
      qq += w * q * q;
    }
    if (qq <= 0 || xq * (xq / qq) <= best_gain) continue;
    best_gain = xq * (xq / qq);
    best_scale = xq / qq;
  }
  return best_scale;
}

}  // namespace

void EncodeQ4_K(const float* x, uint8_t* p) {
  uint8_t codes[256];
  ScaleMinCodes(x, 15, p, codes);
  StorePairedNibbles(codes, p + 16);
}

void EncodeQ5_K(const float* x, uint8_t* p) {
  uint8_t codes[256];
  ScaleMinCodes(x, 31, p, codes);
  for (int l = 0; l < 32; ++l) {
    int bits = 0;
    for (int j = 0; j < 8; ++j) bits |= (codes[32 * j + l] >> 4) << j;
    p[16 + l] = static_cast<uint8_t>(bits);
  }
  StorePairedNibbles(codes, p + 48);
}

void EncodeQ6_K(const float* x, uint8_t* p) {
  float scales[16];
  float extreme = 0;
  for (int j = 0; j < 16; ++j) {
    scales[j] = FitScale(x + kSmallBlock * j);
    if (std::fabs(scales[j]) > std::fabs(extreme)) extreme = scales[j];
  }
  const float d = StoreScale(extreme / -128, p + 208);
  uint8_t codes[256];
  for (int j = 0; j < 16; ++j) {
    const int scale = NearestCode(scales[j] * Inverse(d), -128, 127);
    p[192 + j] = static_cast<uint8_t>(scale);
    const float inverse = Inverse(d * static_cast<float>(scale));
    for (int i = kSmallBlock * j; i < kSmallBlock * (j + 1); ++i)
      codes[i] = static_cast<uint8_t>(NearestCode(x[i] * inverse, -32, 31) + 32);
  }
  for (int half = 0; half < 2; ++half) {
    const uint8_t* q = codes + 128 * half;
    for (int l = 0; l < 32; ++l) {
      uint8_t* low = p + 64 * half + l;
      low[0] = static_cast<uint8_t>((q[l] & 15) | ((q[l + 64] & 15) << 4));
      low[32] = static_cast<uint8_t>((q[l + 32] & 15) | ((q[l + 96] & 15) << 4));
      p[128 + 32 * half + l] =
          static_cast<uint8_t>((q[l] >> 4) | ((q[l + 32] >> 4) << 2) | ((q[l + 64] >> 4) << 4) |
                               ((q[l + 96] >> 4) << 6));
    }
  }
}

}  // namespace weir::quant
