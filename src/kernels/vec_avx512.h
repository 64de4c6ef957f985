// The vector vocabulary on AVX-512 F, BW, VL and VNNI. See vec_avx2.h, whose every operation this
// file repeats on registers of twice the width, with the same results to the bit.

struct F32x16 {
  __m512 v;
};
struct I32x16 {
  __m512i v;
};
struct B8x64 {  // bytes, signed or unsigned by use
  __m512i v;
};

// ---- 16 floats ----

WEIR_INLINE F32x16 Zero() { return {_mm512_setzero_ps()}; }
WEIR_INLINE F32x16 Set1(float x) { return {_mm512_set1_ps(x)}; }
WEIR_INLINE F32x16 Halves(float a, float b) {
  return {_mm512_mask_blend_ps(0xff00, _mm512_set1_ps(a), _mm512_set1_ps(b))};
}
WEIR_INLINE F32x16 Quarters(const float* p) {
  const __m512i lane = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
  return {_mm512_permutexvar_ps(lane, _mm512_broadcast_f32x4(_mm_loadu_ps(p)))};
}
WEIR_INLINE F32x16 Load(const float* p) { return {_mm512_loadu_ps(p)}; }
WEIR_INLINE void Store(float* p, F32x16 a) { _mm512_storeu_ps(p, a.v); }
WEIR_INLINE F32x16 LoadF16(const void* p) {
  return {_mm512_cvtph_ps(_mm256_loadu_si256(static_cast<const __m256i*>(p)))};
}
WEIR_INLINE void StoreF16(void* p, F32x16 a) {
  _mm256_storeu_si256(static_cast<__m256i*>(p), _mm512_cvtps_ph(a.v, _MM_FROUND_TO_NEAREST_INT));
}
WEIR_INLINE F32x16 LoadBf16(const void* p) {
  const __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(static_cast<const __m256i*>(p)));
  return {_mm512_castsi512_ps(_mm512_slli_epi32(wide, 16))};
}
WEIR_INLINE F32x16 Add(F32x16 a, F32x16 b) { return {_mm512_add_ps(a.v, b.v)}; }
WEIR_INLINE F32x16 Sub(F32x16 a, F32x16 b) { return {_mm512_sub_ps(a.v, b.v)}; }
WEIR_INLINE F32x16 Mul(F32x16 a, F32x16 b) { return {_mm512_mul_ps(a.v, b.v)}; }
WEIR_INLINE F32x16 Div(F32x16 a, F32x16 b) { return {_mm512_div_ps(a.v, b.v)}; }
WEIR_INLINE F32x16 Fma(F32x16 a, F32x16 b, F32x16 c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
WEIR_INLINE float Fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
WEIR_INLINE F32x16 Min(F32x16 a, F32x16 b) { return {_mm512_min_ps(a.v, b.v)}; }
WEIR_INLINE F32x16 Max(F32x16 a, F32x16 b) { return {_mm512_max_ps(a.v, b.v)}; }
WEIR_INLINE F32x16 Abs(F32x16 a) {
  const __m512i magnitude = _mm512_set1_epi32(0x7fffffff);
  return {_mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(a.v), magnitude))};
}
WEIR_INLINE __m256 UpperHalf(__m512 a) {
  return _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(a), 1));
}
WEIR_INLINE float ReduceAdd(F32x16 a) {
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(a.v), UpperHalf(a.v));
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}
WEIR_INLINE float ReduceMax(F32x16 a) {
  const __m256 eight = _mm256_max_ps(_mm512_castps512_ps256(a.v), UpperHalf(a.v));
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps(two, two, 1)));
}
WEIR_INLINE float Sqrt(float x) { return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x))); }
WEIR_INLINE float HalfToFloat(const void* p) {
  unsigned short half;
  __builtin_memcpy(&half, p, 2);
  return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(half)));
}
// To half precision and back.
WEIR_INLINE float RoundToHalf(float x) {
  return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtps_ph(_mm_set_ss(x), _MM_FROUND_TO_NEAREST_INT)));
}

// ---- 16 integers ----

WEIR_INLINE F32x16 ToFloat(I32x16 a) { return {_mm512_cvtepi32_ps(a.v)}; }
WEIR_INLINE I32x16 RoundToInt(F32x16 a) { return {_mm512_cvtps_epi32(a.v)}; }
WEIR_INLINE F32x16 PowerOfTwo(I32x16 n) {
  return {
      _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_add_epi32(n.v, _mm512_set1_epi32(127)), 23))};
}
WEIR_INLINE int ReduceAdd(I32x16 a) {
  const __m256i eight =
      _mm256_add_epi32(_mm512_castsi512_si256(a.v), _mm512_extracti64x4_epi64(a.v, 1));
  const __m128i four =
      _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
  const __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
  return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 1)));
}
WEIR_INLINE void StoreI8(signed char* p, I32x16 a) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtsepi32_epi8(a.v));
}
WEIR_INLINE int Dot8(const short* a, const short* b) {
  const __m128i four = _mm_madd_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a)),
                                      _mm_loadu_si128(reinterpret_cast<const __m128i*>(b)));
  const __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
  return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 1)));
}
WEIR_INLINE int Dot16(const short* a, const short* b) { return Dot8(a, b) + Dot8(a + 8, b + 8); }

WEIR_INLINE void ScaleU8x8(unsigned long long bytes, float d, float* out) {
  const __m256i wide = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(static_cast<long long>(bytes)));
  _mm256_storeu_ps(out, _mm256_mul_ps(_mm256_set1_ps(d), _mm256_cvtepi32_ps(wide)));
}
WEIR_INLINE void ScaleI8x16(const unsigned char* bytes, float d, float* out) {
  const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
  const __m256i lo = _mm256_cvtepi8_epi32(v);
  const __m256i hi = _mm256_cvtepi8_epi32(_mm_unpackhi_epi64(v, v));
  _mm256_storeu_ps(out, _mm256_mul_ps(_mm256_set1_ps(d), _mm256_cvtepi32_ps(lo)));
  _mm256_storeu_ps(out + 8, _mm256_mul_ps(_mm256_set1_ps(d), _mm256_cvtepi32_ps(hi)));
}
WEIR_INLINE void WidenU8x8(unsigned long long bytes, short* out) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out),
                   _mm_cvtepu8_epi16(_mm_cvtsi64_si128(static_cast<long long>(bytes))));
}
WEIR_INLINE void WidenI8x16(const unsigned char* bytes, short* out) {
  const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm256_cvtepi8_epi16(v));
}

// ---- 64 bytes ----

WEIR_INLINE __m512i Join(__m256i lo, __m256i hi) {
  return _mm512_inserti64x4(_mm512_castsi256_si512(lo), hi, 1);
}
WEIR_INLINE B8x64 LoadBytes(const void* p) { return {_mm512_loadu_si512(p)}; }
WEIR_INLINE B8x64 LoadBytes(const void* a, const void* b) {
  return {Join(_mm256_loadu_si256(static_cast<const __m256i*>(a)),
               _mm256_loadu_si256(static_cast<const __m256i*>(b)))};
}
WEIR_INLINE B8x64 NibblesOf16(const void* a, const void* b) {
  const __m512i shift = _mm512_setr_epi32(0, 0, 0, 0, 4, 4, 4, 4, 0, 0, 0, 0, 4, 4, 4, 4);
  const __m512i v =
      Join(_mm256_broadcastsi128_si256(_mm_loadu_si128(static_cast<const __m128i*>(a))),
           _mm256_broadcastsi128_si256(_mm_loadu_si128(static_cast<const __m128i*>(b))));
  return {_mm512_and_si512(_mm512_srlv_epi32(v, shift), _mm512_set1_epi8(15))};
}
WEIR_INLINE B8x64 FieldsOf32(const void* p, int shift_lo, int shift_hi, int mask) {
  const __m512i v = _mm512_broadcast_i64x4(_mm256_loadu_si256(static_cast<const __m256i*>(p)));
  const __m512i shift = Join(_mm256_set1_epi32(shift_lo), _mm256_set1_epi32(shift_hi));
  return {_mm512_and_si512(_mm512_srlv_epi32(v, shift), _mm512_set1_epi8(static_cast<char>(mask)))};
}
WEIR_INLINE B8x64 FieldsOf64(const void* p, int shift, int mask) {
  return {_mm512_and_si512(_mm512_srlv_epi32(_mm512_loadu_si512(p), _mm512_set1_epi32(shift)),
                           _mm512_set1_epi8(static_cast<char>(mask)))};
}
WEIR_INLINE B8x64 SixteenWhereSet(unsigned bits_lo, unsigned bits_hi) {
  const unsigned long long bits = (static_cast<unsigned long long>(bits_hi) << 32) | bits_lo;
  return {_mm512_maskz_set1_epi8(bits, 16)};
}
WEIR_INLINE B8x64 Or(B8x64 a, B8x64 b) { return {_mm512_or_si512(a.v, b.v)}; }
WEIR_INLINE B8x64 Times16(B8x64 a) { return {_mm512_slli_epi16(a.v, 4)}; }
WEIR_INLINE B8x64 ZeroBytes() { return {_mm512_setzero_si512()}; }

WEIR_INLINE I32x16 DotU8I8(B8x64 u, B8x64 x) {
  return {_mm512_dpbusd_epi32(_mm512_setzero_si512(), u.v, x.v)};
}
WEIR_INLINE I32x16 DotI8I8(B8x64 w, B8x64 x) {
  const __m512i zero = _mm512_setzero_si512();
  const __m512i signed_x = _mm512_mask_sub_epi8(x.v, _mm512_movepi8_mask(w.v), zero, x.v);
  return {_mm512_dpbusd_epi32(zero, _mm512_abs_epi8(w.v), signed_x)};
}
