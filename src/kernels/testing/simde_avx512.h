#pragma once
// The AVX-512 intrinsics of vec_avx512.h under their own names, from SIMDe; those that SIMDe 0.7.4
// lacks, and the fused multiply-add, which it rounds twice, are written out here. Test code only.

#include <immintrin.h>

#include <cfenv>
#include <climits>
#include <cmath>
#include <complex>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "kernels/target_region.h"
#include "quant/quant.h"

// Inside a region SIMDe's loops become AVX2 code, which makes the tests several times faster.
WEIR_TARGET_BEGIN("avx2,fma")
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#include <simde/x86/f16c.h>
#include <simde/x86/fma.h>

namespace weir::kernels::emulation {

// The register as lanes of T; To is the register type to return.
template <class To, class From>
WEIR_INLINE To Bits(const From& from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof(to));
  return to;
}
template <class T, int n>
struct Lanes {
  T v[n];
};

WEIR_INLINE __m512 FusedMultiplyAdd(__m512 a, __m512 b, __m512 c) {
  const auto x = Bits<Lanes<float, 16>>(a);
  const auto y = Bits<Lanes<float, 16>>(b);
  auto z = Bits<Lanes<float, 16>>(c);
  for (int i = 0; i < 16; ++i) z.v[i] = __builtin_fmaf(x.v[i], y.v[i], z.v[i]);
  return Bits<__m512>(z);
}
WEIR_INLINE __m512 FromInt32(__m512i a) {
  const auto x = Bits<Lanes<int32_t, 16>>(a);
  Lanes<float, 16> r;
  for (int i = 0; i < 16; ++i) r.v[i] = static_cast<float>(x.v[i]);
  return Bits<__m512>(r);
}
WEIR_INLINE __m512i ToInt32NearestEven(__m512 a) {
  const auto x = Bits<Lanes<float, 16>>(a);
  Lanes<int32_t, 16> r;
  for (int i = 0; i < 16; ++i) r.v[i] = static_cast<int32_t>(std::nearbyint(x.v[i]));
  return Bits<__m512i>(r);
}
WEIR_INLINE __m128i SaturateToInt8(__m512i a) {
  const auto x = Bits<Lanes<int32_t, 16>>(a);
  Lanes<int8_t, 16> r;
  for (int i = 0; i < 16; ++i) {
    r.v[i] = static_cast<int8_t>(x.v[i] < -128 ? -128 : x.v[i] > 127 ? 127 : x.v[i]);
  }
  return Bits<__m128i>(r);
}
WEIR_INLINE __m512i WidenInt8(__m128i a) {
  const auto x = Bits<Lanes<int8_t, 16>>(a);
  Lanes<int32_t, 16> r;
  for (int i = 0; i < 16; ++i) r.v[i] = x.v[i];
  return Bits<__m512i>(r);
}
WEIR_INLINE __m512i WidenUint16(__m256i a) {
  const auto x = Bits<Lanes<uint16_t, 16>>(a);
  Lanes<uint32_t, 16> r;
  for (int i = 0; i < 16; ++i) r.v[i] = x.v[i];
  return Bits<__m512i>(r);
}
WEIR_INLINE __m512 HalvesToFloat(__m256i a) {
  const auto x = Bits<Lanes<uint16_t, 16>>(a);
  Lanes<float, 16> r;
  for (int i = 0; i < 16; ++i) r.v[i] = quant::HalfToFloat(x.v[i]);
  return Bits<__m512>(r);
}
WEIR_INLINE __m256i FloatToHalves(__m512 a) {
  const auto x = Bits<Lanes<float, 16>>(a);
  Lanes<uint16_t, 16> r;
  for (int i = 0; i < 16; ++i) r.v[i] = quant::FloatToHalf(x.v[i]);
  return Bits<__m256i>(r);
}
WEIR_INLINE __m128 LowHalfToFloat(__m128i a) {
  const auto x = Bits<Lanes<uint16_t, 8>>(a);
  return _mm_set_ss(quant::HalfToFloat(x.v[0]));
}
WEIR_INLINE __m128i LowFloatToHalf(__m128 a) {
  const auto x = Bits<Lanes<float, 4>>(a);
  const Lanes<uint16_t, 8> r = {{quant::FloatToHalf(x.v[0])}};
  return Bits<__m128i>(r);
}
WEIR_INLINE __m256i TruncateToInt16(__m512i a) {
  const auto x = Bits<Lanes<int32_t, 16>>(a);
  Lanes<int16_t, 16> r;
  for (int i = 0; i < 16; ++i) r.v[i] = static_cast<int16_t>(x.v[i]);
  return Bits<__m256i>(r);
}
WEIR_INLINE __m512i ShiftRightSigned(__m512i a, __m512i n) {
  const auto x = Bits<Lanes<int32_t, 16>>(a);
  const auto y = Bits<Lanes<int32_t, 16>>(n);
  Lanes<int32_t, 16> r;
  for (int i = 0; i < 16; ++i) r.v[i] = x.v[i] >> y.v[i];
  return Bits<__m512i>(r);
}
WEIR_INLINE __m512i MultiplyAddPairs(__m512i a, __m512i b) {
  const auto x = Bits<Lanes<int16_t, 32>>(a);
  const auto y = Bits<Lanes<int16_t, 32>>(b);
  Lanes<int32_t, 16> r;
  for (int i = 0; i < 16; ++i) {
    r.v[i] = x.v[2 * i] * y.v[2 * i] + x.v[2 * i + 1] * y.v[2 * i + 1];
  }
  return Bits<__m512i>(r);
}

}  // namespace weir::kernels::emulation
WEIR_TARGET_END

#undef _mm512_fmadd_ps
#undef _mm512_cvtepi32_ps
#undef _mm512_cvtps_epi32
#undef _mm512_cvtsepi32_epi8
#undef _mm512_cvtepi8_epi32
#undef _mm512_cvtepu16_epi32
#undef _mm512_cvtph_ps
#undef _mm512_cvtps_ph
#undef _mm_cvtph_ps
#undef _mm_cvtps_ph
#undef _mm512_cvtepi32_epi16
#undef _mm512_madd_epi16
#undef _mm512_srav_epi32
#define _mm512_fmadd_ps(a, b, c) emulation::FusedMultiplyAdd(a, b, c)
#define _mm512_cvtepi32_ps(a) emulation::FromInt32(a)
#define _mm512_cvtps_epi32(a) emulation::ToInt32NearestEven(a)
#define _mm512_cvtsepi32_epi8(a) emulation::SaturateToInt8(a)
#define _mm512_cvtepi8_epi32(a) emulation::WidenInt8(a)
#define _mm512_cvtepu16_epi32(a) emulation::WidenUint16(a)
#define _mm512_cvtph_ps(a) emulation::HalvesToFloat(a)
#define _mm512_cvtps_ph(a, rounding) emulation::FloatToHalves(a)
#define _mm_cvtph_ps(a) emulation::LowHalfToFloat(a)
#define _mm_cvtps_ph(a, rounding) emulation::LowFloatToHalf(a)
#define _mm512_cvtepi32_epi16(a) emulation::TruncateToInt16(a)
#define _mm512_srav_epi32(a, n) emulation::ShiftRightSigned(a, n)
#define _mm512_madd_epi16(a, b) emulation::MultiplyAddPairs(a, b)
