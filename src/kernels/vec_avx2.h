// The vector vocabulary on AVX2, FMA and F16C. Included once, inside the target's region and
// namespace; hence no include guard and no includes.
//
// All targets speak in the same sizes: 16 float lanes, 16 int32 lanes, 64 bytes. Here each is a
// pair of registers. Every operation is defined to the bit (fused multiply-add, nearest-even
// rounding, one order of reduction), so targets that have these instructions agree to the bit.

struct F32x16 {
  __m256 lo, hi;
};
struct I32x16 {
  __m256i lo, hi;
};
struct B8x64 {  // bytes, signed or unsigned by use
  __m256i lo, hi;
};

// ---- 16 floats ----

WEIR_INLINE F32x16 Zero() { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }
WEIR_INLINE F32x16 Set1(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
WEIR_INLINE F32x16 Load(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
WEIR_INLINE void Store(float* p, F32x16 a) {
  _mm256_storeu_ps(p, a.lo);
  _mm256_storeu_ps(p + 8, a.hi);
}
// IEEE half precision.
WEIR_INLINE F32x16 LoadF16(const void* p) {
  const __m128i* h = static_cast<const __m128i*>(p);
  return {_mm256_cvtph_ps(_mm_loadu_si128(h)), _mm256_cvtph_ps(_mm_loadu_si128(h + 1))};
}
WEIR_INLINE void StoreF16(void* p, F32x16 a) {
  __m128i* h = static_cast<__m128i*>(p);
  _mm_storeu_si128(h, _mm256_cvtps_ph(a.lo, _MM_FROUND_TO_NEAREST_INT));
  _mm_storeu_si128(h + 1, _mm256_cvtps_ph(a.hi, _MM_FROUND_TO_NEAREST_INT));
}
// bfloat16: the upper half of a float.
WEIR_INLINE F32x16 LoadBf16(const void* p) {
  const __m128i* h = static_cast<const __m128i*>(p);
  const __m256i lo = _mm256_cvtepu16_epi32(_mm_loadu_si128(h));
  const __m256i hi = _mm256_cvtepu16_epi32(_mm_loadu_si128(h + 1));
  return {_mm256_castsi256_ps(_mm256_slli_epi32(lo, 16)),
          _mm256_castsi256_ps(_mm256_slli_epi32(hi, 16))};
}
WEIR_INLINE F32x16 Add(F32x16 a, F32x16 b) {
  return {_mm256_add_ps(a.lo, b.lo), _mm256_add_ps(a.hi, b.hi)};
}
WEIR_INLINE F32x16 Sub(F32x16 a, F32x16 b) {
  return {_mm256_sub_ps(a.lo, b.lo), _mm256_sub_ps(a.hi, b.hi)};
}
WEIR_INLINE F32x16 Mul(F32x16 a, F32x16 b) {
  return {_mm256_mul_ps(a.lo, b.lo), _mm256_mul_ps(a.hi, b.hi)};
}
WEIR_INLINE F32x16 Div(F32x16 a, F32x16 b) {
  return {_mm256_div_ps(a.lo, b.lo), _mm256_div_ps(a.hi, b.hi)};
}
// a * b + c, rounded once.
WEIR_INLINE F32x16 Fma(F32x16 a, F32x16 b, F32x16 c) {
  return {_mm256_fmadd_ps(a.lo, b.lo, c.lo), _mm256_fmadd_ps(a.hi, b.hi, c.hi)};
}
WEIR_INLINE float Fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
WEIR_INLINE F32x16 Min(F32x16 a, F32x16 b) {
  return {_mm256_min_ps(a.lo, b.lo), _mm256_min_ps(a.hi, b.hi)};
}
WEIR_INLINE F32x16 Max(F32x16 a, F32x16 b) {
  return {_mm256_max_ps(a.lo, b.lo), _mm256_max_ps(a.hi, b.hi)};
}
WEIR_INLINE F32x16 Abs(F32x16 a) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  return {_mm256_andnot_ps(sign, a.lo), _mm256_andnot_ps(sign, a.hi)};
}
// Lane i with lane i+8, then i+4, i+2, i+1.
WEIR_INLINE float ReduceAdd(F32x16 a) {
  const __m256 eight = _mm256_add_ps(a.lo, a.hi);
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}
WEIR_INLINE float ReduceMax(F32x16 a) {
  const __m256 eight = _mm256_max_ps(a.lo, a.hi);
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

WEIR_INLINE F32x16 ToFloat(I32x16 a) {
  return {_mm256_cvtepi32_ps(a.lo), _mm256_cvtepi32_ps(a.hi)};
}
WEIR_INLINE I32x16 RoundToInt(F32x16 a) {
  return {_mm256_cvtps_epi32(a.lo), _mm256_cvtps_epi32(a.hi)};
}
// 2^n for n in [-126, 127].
WEIR_INLINE F32x16 PowerOfTwo(I32x16 n) {
  const __m256i bias = _mm256_set1_epi32(127);
  return {_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n.lo, bias), 23)),
          _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n.hi, bias), 23))};
}
// Lanes in [-128, 127] to 16 bytes.
WEIR_INLINE void StoreI8(signed char* p, I32x16 a) {
  const __m128i lo =
      _mm_packs_epi32(_mm256_castsi256_si128(a.lo), _mm256_extracti128_si256(a.lo, 1));
  const __m128i hi =
      _mm_packs_epi32(_mm256_castsi256_si128(a.hi), _mm256_extracti128_si256(a.hi, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm_packs_epi16(lo, hi));
}
WEIR_INLINE I32x16 LoadI8(const signed char* p) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return {_mm256_cvtepi8_epi32(bytes), _mm256_cvtepi8_epi32(_mm_srli_si128(bytes, 8))};
}

// ---- 64 bytes ----

WEIR_INLINE B8x64 LoadBytes(const void* p) {
  const __m256i* v = static_cast<const __m256i*>(p);
  return {_mm256_loadu_si256(v), _mm256_loadu_si256(v + 1)};
}
WEIR_INLINE void StoreBytes(void* p, B8x64 a) {
  __m256i* v = static_cast<__m256i*>(p);
  _mm256_storeu_si256(v, a.lo);
  _mm256_storeu_si256(v + 1, a.hi);
}
WEIR_INLINE B8x64 And(B8x64 a, B8x64 b) {
  return {_mm256_and_si256(a.lo, b.lo), _mm256_and_si256(a.hi, b.hi)};
}
WEIR_INLINE B8x64 Or(B8x64 a, B8x64 b) {
  return {_mm256_or_si256(a.lo, b.lo), _mm256_or_si256(a.hi, b.hi)};
}
// Bytes times 16; they must be below 16.
WEIR_INLINE B8x64 Times16(B8x64 a) {
  return {_mm256_slli_epi16(a.lo, 4), _mm256_slli_epi16(a.hi, 4)};
}
// The same bits by another name.
WEIR_INLINE I32x16 AsInts(B8x64 a) { return {a.lo, a.hi}; }
WEIR_INLINE B8x64 AsBytes(I32x16 a) { return {a.lo, a.hi}; }
WEIR_INLINE I32x16 SetInts(int x) { return {_mm256_set1_epi32(x), _mm256_set1_epi32(x)}; }

// ---- 16 words of 4 bytes ----

WEIR_INLINE B8x64 EveryWordOf(unsigned word) {
  const __m256i v = _mm256_set1_epi32(static_cast<int>(word));
  return {v, v};
}
WEIR_INLINE B8x64 EveryWord(const void* p) {
  unsigned word;
  __builtin_memcpy(&word, p, 4);
  return EveryWordOf(word);
}
WEIR_INLINE B8x64 ShiftRight(B8x64 a, int n) {
  const __m256i count = _mm256_set1_epi32(n);
  return {_mm256_srlv_epi32(a.lo, count), _mm256_srlv_epi32(a.hi, count)};
}
WEIR_INLINE B8x64 ShiftLeft(B8x64 a, int n) {
  const __m256i count = _mm256_set1_epi32(n);
  return {_mm256_sllv_epi32(a.lo, count), _mm256_sllv_epi32(a.hi, count)};
}
// As signed numbers.
WEIR_INLINE I32x16 ShiftRightSigned(B8x64 a, int n) {
  const __m256i count = _mm256_set1_epi32(n);
  return {_mm256_srav_epi32(a.lo, count), _mm256_srav_epi32(a.hi, count)};
}
// The four lowest bits of each word, one a byte: bit i becomes bit 0 of byte i.
WEIR_INLINE __m256i SpreadFourBits(__m256i a) {
  const __m256i low = _mm256_and_si256(a, _mm256_set1_epi32(15));
  const __m256i spread = _mm256_mullo_epi32(low, _mm256_set1_epi32(0x00204081));
  return _mm256_and_si256(spread, _mm256_set1_epi32(0x01010101));
}
WEIR_INLINE B8x64 SpreadFourBits(B8x64 a) { return {SpreadFourBits(a.lo), SpreadFourBits(a.hi)}; }
// The lower 16 bits of each word as a number in half precision.
WEIR_INLINE F32x16 HalfOfWords(B8x64 a) {
  const __m256i mask = _mm256_set1_epi32(0xffff);
  const __m256i packed =
      _mm256_packus_epi32(_mm256_and_si256(a.lo, mask), _mm256_and_si256(a.hi, mask));
  const __m256i in_order = _mm256_permute4x64_epi64(packed, 0xd8);
  return {_mm256_cvtph_ps(_mm256_castsi256_si128(in_order)),
          _mm256_cvtph_ps(_mm256_extracti128_si256(in_order, 1))};
}

WEIR_INLINE __m256i TwoRows(const unsigned char* p, int64_t stride) {
  return _mm256_inserti128_si256(
      _mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))),
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 4 * stride)), 1);
}
// 8 rows: half i of register j is row 4 i + j; a transposition of 4 x 4 words inside the halves.
WEIR_INLINE void LoadColumns8(const unsigned char* p, int64_t stride, __m256i* out) {
  const __m256i r0 = TwoRows(p, stride);
  const __m256i r1 = TwoRows(p + stride, stride);
  const __m256i r2 = TwoRows(p + 2 * stride, stride);
  const __m256i r3 = TwoRows(p + 3 * stride, stride);
  const __m256i low01 = _mm256_unpacklo_epi32(r0, r1);
  const __m256i low23 = _mm256_unpacklo_epi32(r2, r3);
  const __m256i high01 = _mm256_unpackhi_epi32(r0, r1);
  const __m256i high23 = _mm256_unpackhi_epi32(r2, r3);
  out[0] = _mm256_unpacklo_epi64(low01, low23);
  out[1] = _mm256_unpackhi_epi64(low01, low23);
  out[2] = _mm256_unpacklo_epi64(high01, high23);
  out[3] = _mm256_unpackhi_epi64(high01, high23);
}
// 16 bytes at p of each of 16 rows `stride` bytes apart: out[k] holds bytes 4k..4k+3 of row i in
// lane i.
WEIR_INLINE void LoadColumns(const unsigned char* p, int64_t stride, B8x64* out) {
  __m256i lo[4], hi[4];
  LoadColumns8(p, stride, lo);
  LoadColumns8(p + 8 * stride, stride, hi);
#pragma GCC unroll 4
  for (int k = 0; k < 4; ++k) out[k] = {lo[k], hi[k]};
}

// Lane i: acc + sum of u[4i..4i+3] * x[4i..4i+3]; u unsigned and below 128, x signed. Exact: no
// pair exceeds 16 bits.
WEIR_INLINE I32x16 DotAdd(I32x16 acc, B8x64 u, B8x64 x) {
  const __m256i ones = _mm256_set1_epi16(1);
  const __m256i lo = _mm256_madd_epi16(_mm256_maddubs_epi16(u.lo, x.lo), ones);
  const __m256i hi = _mm256_madd_epi16(_mm256_maddubs_epi16(u.hi, x.hi), ones);
  return {_mm256_add_epi32(acc.lo, lo), _mm256_add_epi32(acc.hi, hi)};
}
// The same with signed codes, in whatever form suits the target: DotSignedAdd(acc,
// CodesOfSigned(w), x) + kSignedCodeOffset * (sum of x) is acc + w . x. Here |w| * (x with the sign
// of w); x in [-127, 127], and 2 * 128 * 127 still fits 16 bits.
constexpr int kSignedCodeOffset = 0;
WEIR_INLINE B8x64 CodesOfSigned(B8x64 a) { return a; }
WEIR_INLINE I32x16 DotSignedAdd(I32x16 acc, B8x64 codes, B8x64 x) {
  const B8x64 magnitude = {_mm256_abs_epi8(codes.lo), _mm256_abs_epi8(codes.hi)};
  return DotAdd(acc, magnitude,
                {_mm256_sign_epi8(x.lo, codes.lo), _mm256_sign_epi8(x.hi, codes.hi)});
}
// Lane i: acc + sum of the two products of 16-bit numbers.
WEIR_INLINE I32x16 DotPairsAdd(I32x16 acc, B8x64 a, B8x64 b) {
  return {_mm256_add_epi32(acc.lo, _mm256_madd_epi16(a.lo, b.lo)),
          _mm256_add_epi32(acc.hi, _mm256_madd_epi16(a.hi, b.hi))};
}

// Registers for products of panels and tokens: 1 x 2 sums twice, codes and an input, in pairs.
constexpr int kTilePanels = 1;
constexpr int kTileTokens = 2;
// Query rows at once: 1 x 4 sums, in pairs, a vector of keys or values, a query.
constexpr int kAttentionRows = 1;
