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
// a in lanes 0-7, b in lanes 8-15.
WEIR_INLINE F32x16 Halves(float a, float b) { return {_mm256_set1_ps(a), _mm256_set1_ps(b)}; }
// p[0] in lanes 0-3, p[1] in lanes 4-7, and so on.
WEIR_INLINE F32x16 Quarters(const float* p) {
  return {_mm256_blend_ps(_mm256_set1_ps(p[0]), _mm256_set1_ps(p[1]), 0xf0),
          _mm256_blend_ps(_mm256_set1_ps(p[2]), _mm256_set1_ps(p[3]), 0xf0)};
}
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
WEIR_INLINE int ReduceAdd(I32x16 a) {
  const __m256i eight = _mm256_add_epi32(a.lo, a.hi);
  const __m128i four =
      _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
  const __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
  return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 1)));
}
// Lanes in [-128, 127] to 16 bytes.
WEIR_INLINE void StoreI8(signed char* p, I32x16 a) {
  const __m128i lo =
      _mm_packs_epi32(_mm256_castsi256_si128(a.lo), _mm256_extracti128_si256(a.lo, 1));
  const __m128i hi =
      _mm_packs_epi32(_mm256_castsi256_si128(a.hi), _mm256_extracti128_si256(a.hi, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm_packs_epi16(lo, hi));
}
// Sum of a[i] * b[i] over 8 or 16 values of 16 bits.
WEIR_INLINE int Dot8(const short* a, const short* b) {
  const __m128i four = _mm_madd_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a)),
                                      _mm_loadu_si128(reinterpret_cast<const __m128i*>(b)));
  const __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
  return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 1)));
}
WEIR_INLINE int Dot16(const short* a, const short* b) { return Dot8(a, b) + Dot8(a + 8, b + 8); }

// out[i] = d * byte i, for 8 unsigned and for 16 signed bytes.
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
// Bytes to 16 bits, 8 unsigned and 16 signed.
WEIR_INLINE void WidenU8x8(unsigned long long bytes, short* out) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out),
                   _mm_cvtepu8_epi16(_mm_cvtsi64_si128(static_cast<long long>(bytes))));
}
WEIR_INLINE void WidenI8x16(const unsigned char* bytes, short* out) {
  const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm256_cvtepi8_epi16(v));
}

// ---- 64 bytes ----

WEIR_INLINE B8x64 LoadBytes(const void* p) {
  const __m256i* v = static_cast<const __m256i*>(p);
  return {_mm256_loadu_si256(v), _mm256_loadu_si256(v + 1)};
}
// 32 bytes at a, 32 bytes at b.
WEIR_INLINE B8x64 LoadBytes(const void* a, const void* b) {
  return {_mm256_loadu_si256(static_cast<const __m256i*>(a)),
          _mm256_loadu_si256(static_cast<const __m256i*>(b))};
}
// 16 bytes at a and at b: low nibbles of a, high nibbles of a, low of b, high of b.
WEIR_INLINE B8x64 NibblesOf16(const void* a, const void* b) {
  const __m256i shift = _mm256_setr_epi32(0, 0, 0, 0, 4, 4, 4, 4);
  const __m256i mask = _mm256_set1_epi8(15);
  const __m256i va = _mm256_broadcastsi128_si256(_mm_loadu_si128(static_cast<const __m128i*>(a)));
  const __m256i vb = _mm256_broadcastsi128_si256(_mm_loadu_si128(static_cast<const __m128i*>(b)));
  return {_mm256_and_si256(_mm256_srlv_epi32(va, shift), mask),
          _mm256_and_si256(_mm256_srlv_epi32(vb, shift), mask)};
}
// 32 bytes twice, each 32-bit word shifted right by shift_lo and shift_hi, each byte masked.
WEIR_INLINE B8x64 FieldsOf32(const void* p, int shift_lo, int shift_hi, int mask) {
  const __m256i v = _mm256_loadu_si256(static_cast<const __m256i*>(p));
  const __m256i m = _mm256_set1_epi8(static_cast<char>(mask));
  return {_mm256_and_si256(_mm256_srlv_epi32(v, _mm256_set1_epi32(shift_lo)), m),
          _mm256_and_si256(_mm256_srlv_epi32(v, _mm256_set1_epi32(shift_hi)), m)};
}
// 64 bytes, each 32-bit word shifted right, each byte masked.
WEIR_INLINE B8x64 FieldsOf64(const void* p, int shift, int mask) {
  const B8x64 v = LoadBytes(p);
  const __m256i m = _mm256_set1_epi8(static_cast<char>(mask));
  const __m256i s = _mm256_set1_epi32(shift);
  return {_mm256_and_si256(_mm256_srlv_epi32(v.lo, s), m),
          _mm256_and_si256(_mm256_srlv_epi32(v.hi, s), m)};
}
// Byte i of each half is 16 where bit i of its word is set, else 0.
WEIR_INLINE __m256i SixteenWhereSet(unsigned bits) {
  const __m256i which =
      _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
  const __m256i bit = _mm256_set1_epi64x(static_cast<long long>(0x8040201008040201));
  const __m256i v = _mm256_shuffle_epi8(_mm256_set1_epi32(static_cast<int>(bits)), which);
  return _mm256_and_si256(_mm256_cmpeq_epi8(_mm256_and_si256(v, bit), bit), _mm256_set1_epi8(16));
}
WEIR_INLINE B8x64 SixteenWhereSet(unsigned bits_lo, unsigned bits_hi) {
  return {SixteenWhereSet(bits_lo), SixteenWhereSet(bits_hi)};
}
WEIR_INLINE B8x64 Or(B8x64 a, B8x64 b) {
  return {_mm256_or_si256(a.lo, b.lo), _mm256_or_si256(a.hi, b.hi)};
}
// Bytes times 16; they must be below 16.
WEIR_INLINE B8x64 Times16(B8x64 a) {
  return {_mm256_slli_epi16(a.lo, 4), _mm256_slli_epi16(a.hi, 4)};
}
WEIR_INLINE B8x64 ZeroBytes() { return {_mm256_setzero_si256(), _mm256_setzero_si256()}; }

// Lane i: sum of u[4i..4i+3] * x[4i..4i+3]; u unsigned and below 128, x signed. Exact: no pair
// exceeds 16 bits.
WEIR_INLINE I32x16 DotU8I8(B8x64 u, B8x64 x) {
  const __m256i ones = _mm256_set1_epi16(1);
  return {_mm256_madd_epi16(_mm256_maddubs_epi16(u.lo, x.lo), ones),
          _mm256_madd_epi16(_mm256_maddubs_epi16(u.hi, x.hi), ones)};
}
// Both signed; x in [-127, 127]. |w| * (x with the sign of w); 2 * 128 * 127 still fits 16 bits.
WEIR_INLINE I32x16 DotI8I8(B8x64 w, B8x64 x) {
  const B8x64 magnitude = {_mm256_abs_epi8(w.lo), _mm256_abs_epi8(w.hi)};
  return DotU8I8(magnitude, {_mm256_sign_epi8(x.lo, w.lo), _mm256_sign_epi8(x.hi, w.hi)});
}
