// The vector vocabulary in plain C++: every processor has it, and it says what vec_avx2.h's
// operations mean. It differs in one point: no fused multiply-add, which would be slow in software,
// so results differ in the last bits.

struct F32x16 {
  float v[16];
};
struct I32x16 {
  int v[16];
};
struct B8x64 {  // bytes, signed or unsigned by use
  unsigned char v[64];
};

#define WEIR_LANES(T, n, expr)                 \
  T r;                                         \
  for (int i = 0; i < (n); ++i) r.v[i] = expr; \
  return r

// ---- 16 floats ----

WEIR_INLINE F32x16 Set1(float x) { WEIR_LANES(F32x16, 16, x); }
WEIR_INLINE F32x16 Zero() { return Set1(0); }
WEIR_INLINE F32x16 Load(const float* p) { WEIR_LANES(F32x16, 16, p[i]); }
WEIR_INLINE void Store(float* p, F32x16 a) { __builtin_memcpy(p, a.v, 64); }
WEIR_INLINE float HalfToFloat(const void* p) {
  uint16_t half;
  __builtin_memcpy(&half, p, 2);
  return quant::HalfToFloat(half);
}
WEIR_INLINE F32x16 LoadF16(const void* p) {
  WEIR_LANES(F32x16, 16, HalfToFloat(static_cast<const unsigned char*>(p) + 2 * i));
}
WEIR_INLINE void StoreF16(void* p, F32x16 a) {
  for (int i = 0; i < 16; ++i) {
    const uint16_t half = quant::FloatToHalf(a.v[i]);
    __builtin_memcpy(static_cast<unsigned char*>(p) + 2 * i, &half, 2);
  }
}
WEIR_INLINE F32x16 LoadBf16(const void* p) {
  F32x16 r;
  for (int i = 0; i < 16; ++i) {
    uint16_t upper;
    __builtin_memcpy(&upper, static_cast<const unsigned char*>(p) + 2 * i, 2);
    const uint32_t bits = uint32_t{upper} << 16;
    __builtin_memcpy(&r.v[i], &bits, 4);
  }
  return r;
}
WEIR_INLINE F32x16 Add(F32x16 a, F32x16 b) { WEIR_LANES(F32x16, 16, a.v[i] + b.v[i]); }
WEIR_INLINE F32x16 Sub(F32x16 a, F32x16 b) { WEIR_LANES(F32x16, 16, a.v[i] - b.v[i]); }
WEIR_INLINE F32x16 Mul(F32x16 a, F32x16 b) { WEIR_LANES(F32x16, 16, a.v[i] * b.v[i]); }
WEIR_INLINE F32x16 Div(F32x16 a, F32x16 b) { WEIR_LANES(F32x16, 16, a.v[i] / b.v[i]); }
WEIR_INLINE F32x16 Fma(F32x16 a, F32x16 b, F32x16 c) {
  WEIR_LANES(F32x16, 16, a.v[i] * b.v[i] + c.v[i]);
}
WEIR_INLINE float Fma(float a, float b, float c) { return a * b + c; }
WEIR_INLINE F32x16 Min(F32x16 a, F32x16 b) {
  WEIR_LANES(F32x16, 16, a.v[i] < b.v[i] ? a.v[i] : b.v[i]);
}
WEIR_INLINE F32x16 Max(F32x16 a, F32x16 b) {
  WEIR_LANES(F32x16, 16, a.v[i] > b.v[i] ? a.v[i] : b.v[i]);
}
WEIR_INLINE float Sqrt(float x) { return __builtin_sqrtf(x); }
WEIR_INLINE F32x16 Abs(F32x16 a) { WEIR_LANES(F32x16, 16, __builtin_fabsf(a.v[i])); }
WEIR_INLINE float ReduceAdd(F32x16 a) {
  for (int width = 8; width > 0; width /= 2) {
    for (int i = 0; i < width; ++i) a.v[i] += a.v[i + width];
  }
  return a.v[0];
}
WEIR_INLINE float ReduceMax(F32x16 a) {
  for (int i = 1; i < 16; ++i) a.v[0] = a.v[i] > a.v[0] ? a.v[i] : a.v[0];
  return a.v[0];
}
WEIR_INLINE float RoundToHalf(float x) { return quant::HalfToFloat(quant::FloatToHalf(x)); }

// ---- 16 integers ----

WEIR_INLINE F32x16 ToFloat(I32x16 a) { WEIR_LANES(F32x16, 16, static_cast<float>(a.v[i])); }
// Nearest even, for |a| < 2^22: adding 1.5 * 2^23 leaves the rounded integer in the low bits of the
// sum.
WEIR_INLINE I32x16 RoundToInt(F32x16 a) {
  I32x16 r;
  for (int i = 0; i < 16; ++i) {
    const float shifted = a.v[i] + 12582912.0f;
    __builtin_memcpy(&r.v[i], &shifted, 4);
    r.v[i] -= 0x4b400000;
  }
  return r;
}
WEIR_INLINE F32x16 PowerOfTwo(I32x16 n) {
  F32x16 r;
  for (int i = 0; i < 16; ++i) {
    const uint32_t bits = static_cast<uint32_t>(n.v[i] + 127) << 23;
    __builtin_memcpy(&r.v[i], &bits, 4);
  }
  return r;
}
WEIR_INLINE void StoreI8(signed char* p, I32x16 a) {
  for (int i = 0; i < 16; ++i) p[i] = static_cast<signed char>(a.v[i]);
}

WEIR_INLINE I32x16 LoadI8(const signed char* p) {
  WEIR_LANES(I32x16, 16, p[i]);  // NOLINT(bugprone-signed-char-misuse): these are numbers
}

// ---- 64 bytes ----

WEIR_INLINE B8x64 LoadBytes(const void* p) {
  B8x64 r;
  __builtin_memcpy(r.v, p, 64);
  return r;
}
WEIR_INLINE void StoreBytes(void* p, B8x64 a) { __builtin_memcpy(p, a.v, 64); }
WEIR_INLINE B8x64 And(B8x64 a, B8x64 b) {
  WEIR_LANES(B8x64, 64, static_cast<unsigned char>(a.v[i] & b.v[i]));
}
WEIR_INLINE B8x64 Or(B8x64 a, B8x64 b) {
  WEIR_LANES(B8x64, 64, static_cast<unsigned char>(a.v[i] | b.v[i]));
}
WEIR_INLINE B8x64 Times16(B8x64 a) {
  WEIR_LANES(B8x64, 64, static_cast<unsigned char>(a.v[i] << 4));
}
WEIR_INLINE I32x16 AsInts(B8x64 a) {
  I32x16 r;
  __builtin_memcpy(r.v, a.v, 64);
  return r;
}
WEIR_INLINE B8x64 AsBytes(I32x16 a) {
  B8x64 r;
  __builtin_memcpy(r.v, a.v, 64);
  return r;
}
WEIR_INLINE I32x16 SetInts(int x) { WEIR_LANES(I32x16, 16, x); }

// ---- 16 words of 4 bytes ----

WEIR_INLINE unsigned WordOf(const B8x64& a, int i) {
  unsigned word;
  __builtin_memcpy(&word, a.v + 4 * i, 4);
  return word;
}
WEIR_INLINE B8x64 EveryWordOf(unsigned word) { return AsBytes(SetInts(static_cast<int>(word))); }
WEIR_INLINE B8x64 EveryWord(const void* p) {
  unsigned word;
  __builtin_memcpy(&word, p, 4);
  return EveryWordOf(word);
}
WEIR_INLINE I32x16 ShiftedRight(const B8x64& a, int n) {
  WEIR_LANES(I32x16, 16, static_cast<int>(WordOf(a, i) >> n));
}
WEIR_INLINE B8x64 ShiftRight(B8x64 a, int n) { return AsBytes(ShiftedRight(a, n)); }
WEIR_INLINE I32x16 ShiftedLeft(const B8x64& a, int n) {
  WEIR_LANES(I32x16, 16, static_cast<int>(WordOf(a, i) << n));
}
WEIR_INLINE B8x64 ShiftLeft(B8x64 a, int n) { return AsBytes(ShiftedLeft(a, n)); }
WEIR_INLINE I32x16 ShiftRightSigned(B8x64 a, int n) {
  WEIR_LANES(I32x16, 16, static_cast<int>(WordOf(a, i)) >> n);
}
WEIR_INLINE B8x64 SpreadFourBits(B8x64 a) {
  WEIR_LANES(B8x64, 64, static_cast<unsigned char>((a.v[i / 4 * 4] >> (i % 4)) & 1));
}
WEIR_INLINE F32x16 HalfOfWords(B8x64 a) { WEIR_LANES(F32x16, 16, HalfToFloat(a.v + 4 * i)); }
WEIR_INLINE void LoadColumns(const unsigned char* p, int64_t stride, B8x64* out) {
  for (int i = 0; i < 16; ++i) {
    for (int k = 0; k < 4; ++k) __builtin_memcpy(out[k].v + 4 * i, p + i * stride + 4 * k, 4);
  }
}

#if defined(__SSE2__)  // part of every x86-64 processor

// Bytes to 16 bits: the low or the high 8 of 16.
WEIR_INLINE __m128i WidenSigned(__m128i v, bool high) {
  return _mm_srai_epi16(high ? _mm_unpackhi_epi8(v, v) : _mm_unpacklo_epi8(v, v), 8);
}
WEIR_INLINE __m128i WidenUnsigned(__m128i v, bool high) {
  const __m128i zero = _mm_setzero_si128();
  return high ? _mm_unpackhi_epi8(v, zero) : _mm_unpacklo_epi8(v, zero);
}
template <bool kSigned>
WEIR_INLINE I32x16 DotOfBytes(const B8x64& w, const B8x64& x) {
  I32x16 r;
  for (int i = 0; i < 4; ++i) {
    const __m128i a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(w.v) + i);
    const __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(x.v) + i);
    const __m128i a_low = kSigned ? WidenSigned(a, false) : WidenUnsigned(a, false);
    const __m128i a_high = kSigned ? WidenSigned(a, true) : WidenUnsigned(a, true);
    const __m128 low = _mm_castsi128_ps(_mm_madd_epi16(a_low, WidenSigned(b, false)));
    const __m128 high = _mm_castsi128_ps(_mm_madd_epi16(a_high, WidenSigned(b, true)));
    const __m128i even = _mm_castps_si128(_mm_shuffle_ps(low, high, _MM_SHUFFLE(2, 0, 2, 0)));
    const __m128i odd = _mm_castps_si128(_mm_shuffle_ps(low, high, _MM_SHUFFLE(3, 1, 3, 1)));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(r.v) + i, _mm_add_epi32(even, odd));
  }
  return r;
}

#else

template <bool kSigned>
WEIR_INLINE I32x16 DotOfBytes(const B8x64& w, const B8x64& x) {
  I32x16 r;
  for (int i = 0; i < 16; ++i) {
    r.v[i] = 0;
    for (int j = 4 * i; j < 4 * i + 4; ++j) {
      const int code = kSigned ? static_cast<signed char>(w.v[j]) : w.v[j];
      r.v[i] += code * static_cast<signed char>(x.v[j]);
    }
  }
  return r;
}

#endif

WEIR_INLINE I32x16 Plus(const I32x16& a, const I32x16& b) {
  WEIR_LANES(I32x16, 16, a.v[i] + b.v[i]);
}
WEIR_INLINE I32x16 DotAdd(I32x16 acc, B8x64 u, B8x64 x) {
  return Plus(acc, DotOfBytes<false>(u, x));
}
constexpr int kSignedCodeOffset = 0;
WEIR_INLINE B8x64 CodesOfSigned(B8x64 a) { return a; }
WEIR_INLINE I32x16 DotSignedAdd(I32x16 acc, B8x64 codes, B8x64 x) {
  return Plus(acc, DotOfBytes<true>(codes, x));
}
WEIR_INLINE I32x16 DotPairsAdd(I32x16 acc, B8x64 a, B8x64 b) {
  short x[32], y[32];
  __builtin_memcpy(x, a.v, 64);
  __builtin_memcpy(y, b.v, 64);
  WEIR_LANES(I32x16, 16, acc.v[i] + x[2 * i] * y[2 * i] + x[2 * i + 1] * y[2 * i + 1]);
}

constexpr int kAttentionRows = 1;
constexpr int kTilePanels = 1;
constexpr int kTileTokens = 2;

#undef WEIR_LANES
