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
WEIR_INLINE void StoreI8(signed char* p, I32x16 a) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtsepi32_epi8(a.v));
}
WEIR_INLINE I32x16 LoadI8(const signed char* p) {
  return {_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))};
}

// ---- 64 bytes ----

WEIR_INLINE B8x64 LoadBytes(const void* p) { return {_mm512_loadu_si512(p)}; }
WEIR_INLINE void StoreBytes(void* p, B8x64 a) { _mm512_storeu_si512(p, a.v); }
WEIR_INLINE B8x64 And(B8x64 a, B8x64 b) { return {_mm512_and_si512(a.v, b.v)}; }
WEIR_INLINE B8x64 Or(B8x64 a, B8x64 b) { return {_mm512_or_si512(a.v, b.v)}; }
WEIR_INLINE B8x64 Times16(B8x64 a) { return {_mm512_slli_epi16(a.v, 4)}; }
WEIR_INLINE I32x16 AsInts(B8x64 a) { return {a.v}; }
WEIR_INLINE B8x64 AsBytes(I32x16 a) { return {a.v}; }
WEIR_INLINE I32x16 SetInts(int x) { return {_mm512_set1_epi32(x)}; }

// ---- 16 words of 4 bytes ----

WEIR_INLINE B8x64 EveryWordOf(unsigned word) { return {_mm512_set1_epi32(static_cast<int>(word))}; }
WEIR_INLINE B8x64 EveryWord(const void* p) {
  int word;
  __builtin_memcpy(&word, p, 4);
  return {_mm512_set1_epi32(word)};
}
WEIR_INLINE B8x64 ShiftRight(B8x64 a, int n) {
  return {_mm512_srlv_epi32(a.v, _mm512_set1_epi32(n))};
}
WEIR_INLINE B8x64 ShiftLeft(B8x64 a, int n) {
  return {_mm512_sllv_epi32(a.v, _mm512_set1_epi32(n))};
}
WEIR_INLINE I32x16 ShiftRightSigned(B8x64 a, int n) {
  return {_mm512_srav_epi32(a.v, _mm512_set1_epi32(n))};
}
WEIR_INLINE B8x64 SpreadFourBits(B8x64 a) {
  const __m512i low = _mm512_and_si512(a.v, _mm512_set1_epi32(15));
  const __m512i spread = _mm512_mullo_epi32(low, _mm512_set1_epi32(0x00204081));
  return {_mm512_and_si512(spread, _mm512_set1_epi32(0x01010101))};
}
WEIR_INLINE F32x16 HalfOfWords(B8x64 a) { return {_mm512_cvtph_ps(_mm512_cvtepi32_epi16(a.v))}; }

WEIR_INLINE __m512i FourRows(const unsigned char* p, int64_t stride) {
  const auto* a = reinterpret_cast<const __m128i*>(p);
  const auto* b = reinterpret_cast<const __m128i*>(p + 4 * stride);
  const auto* c = reinterpret_cast<const __m128i*>(p + 8 * stride);
  const auto* d = reinterpret_cast<const __m128i*>(p + 12 * stride);
  __m512i v = _mm512_castsi128_si512(_mm_loadu_si128(a));
  v = _mm512_inserti32x4(v, _mm_loadu_si128(b), 1);
  v = _mm512_inserti32x4(v, _mm_loadu_si128(c), 2);
  return _mm512_inserti32x4(v, _mm_loadu_si128(d), 3);
}
WEIR_INLINE void LoadColumns(const unsigned char* p, int64_t stride, B8x64* out) {
  // Quarter i of register j is row 4 i + j; a transposition of 4 x 4 words inside the quarters.
  const __m512i r0 = FourRows(p, stride);
  const __m512i r1 = FourRows(p + stride, stride);
  const __m512i r2 = FourRows(p + 2 * stride, stride);
  const __m512i r3 = FourRows(p + 3 * stride, stride);
  const __m512i low01 = _mm512_unpacklo_epi32(r0, r1);
  const __m512i low23 = _mm512_unpacklo_epi32(r2, r3);
  const __m512i high01 = _mm512_unpackhi_epi32(r0, r1);
  const __m512i high23 = _mm512_unpackhi_epi32(r2, r3);
  out[0].v = _mm512_unpacklo_epi64(low01, low23);
  out[1].v = _mm512_unpackhi_epi64(low01, low23);
  out[2].v = _mm512_unpacklo_epi64(high01, high23);
  out[3].v = _mm512_unpackhi_epi64(high01, high23);
}

WEIR_INLINE I32x16 DotAdd(I32x16 acc, B8x64 u, B8x64 x) {
  return {_mm512_dpbusd_epi32(acc.v, u.v, x.v)};
}
// The instruction wants its first operand unsigned: signed codes are kept 128 too high.
constexpr int kSignedCodeOffset = -128;
WEIR_INLINE B8x64 CodesOfSigned(B8x64 a) {
  return {_mm512_xor_si512(a.v, _mm512_set1_epi32(static_cast<int>(0x80808080U)))};
}
WEIR_INLINE I32x16 DotSignedAdd(I32x16 acc, B8x64 codes, B8x64 x) { return DotAdd(acc, codes, x); }
WEIR_INLINE I32x16 DotPairsAdd(I32x16 acc, B8x64 a, B8x64 b) {
  return {_mm512_add_epi32(acc.v, _mm512_madd_epi16(a.v, b.v))};
}

// Registers for products of panels and tokens: 2 x 5 sums twice, codes and an input.
constexpr int kTilePanels = 2;
constexpr int kTileTokens = 5;
// Query rows at once: 4 x 4 sums, four vectors of keys or values, a query.
constexpr int kAttentionRows = 4;
