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
WEIR_INLINE F32x16 Halves(float a, float b) { WEIR_LANES(F32x16, 16, i < 8 ? a : b); }
WEIR_INLINE F32x16 Quarters(const float* p) { WEIR_LANES(F32x16, 16, p[i / 4]); }
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
WEIR_INLINE int ReduceAdd(I32x16 a) {
  int sum = 0;
  for (int i = 0; i < 16; ++i) sum += a.v[i];
  return sum;
}
WEIR_INLINE void StoreI8(signed char* p, I32x16 a) {
  for (int i = 0; i < 16; ++i) p[i] = static_cast<signed char>(a.v[i]);
}
WEIR_INLINE int Dot8(const short* a, const short* b) {
  int sum = 0;
  for (int i = 0; i < 8; ++i) sum += a[i] * b[i];
  return sum;
}
WEIR_INLINE int Dot16(const short* a, const short* b) { return Dot8(a, b) + Dot8(a + 8, b + 8); }

WEIR_INLINE void ScaleU8x8(unsigned long long bytes, float d, float* out) {
  for (int i = 0; i < 8; ++i) out[i] = d * static_cast<float>((bytes >> (8 * i)) & 255);
}
WEIR_INLINE void ScaleI8x16(const unsigned char* bytes, float d, float* out) {
  for (int i = 0; i < 16; ++i) out[i] = d * static_cast<float>(static_cast<signed char>(bytes[i]));
}
WEIR_INLINE void WidenU8x8(unsigned long long bytes, short* out) {
  for (int i = 0; i < 8; ++i) out[i] = static_cast<short>((bytes >> (8 * i)) & 255);
}
WEIR_INLINE void WidenI8x16(const unsigned char* bytes, short* out) {
  for (int i = 0; i < 16; ++i) out[i] = static_cast<short>(static_cast<signed char>(bytes[i]));
}

// ---- 64 bytes ----

WEIR_INLINE B8x64 LoadBytes(const void* a, const void* b) {
  B8x64 r;
  __builtin_memcpy(r.v, a, 32);
  __builtin_memcpy(r.v + 32, b, 32);
  return r;
}
WEIR_INLINE B8x64 LoadBytes(const void* p) {
  return LoadBytes(p, static_cast<const unsigned char*>(p) + 32);
}
WEIR_INLINE B8x64 NibblesOf16(const void* a, const void* b) {
  B8x64 r;
  for (int i = 0; i < 16; ++i) {
    const unsigned char x = static_cast<const unsigned char*>(a)[i];
    const unsigned char y = static_cast<const unsigned char*>(b)[i];
    r.v[i] = x & 15;
    r.v[16 + i] = x >> 4;
    r.v[32 + i] = y & 15;
    r.v[48 + i] = y >> 4;
  }
  return r;
}
WEIR_INLINE B8x64 FieldsOf32(const void* p, int shift_lo, int shift_hi, int mask) {
  const unsigned char* bytes = static_cast<const unsigned char*>(p);
  WEIR_LANES(B8x64, 64,
             static_cast<unsigned char>((bytes[i % 32] >> (i < 32 ? shift_lo : shift_hi)) & mask));
}
WEIR_INLINE B8x64 FieldsOf64(const void* p, int shift, int mask) {
  const unsigned char* bytes = static_cast<const unsigned char*>(p);
  WEIR_LANES(B8x64, 64, static_cast<unsigned char>((bytes[i] >> shift) & mask));
}
WEIR_INLINE B8x64 SixteenWhereSet(unsigned bits_lo, unsigned bits_hi) {
  WEIR_LANES(B8x64, 64,
             static_cast<unsigned char>((((i < 32 ? bits_lo : bits_hi) >> (i % 32)) & 1) << 4));
}
WEIR_INLINE B8x64 Or(B8x64 a, B8x64 b) {
  WEIR_LANES(B8x64, 64, static_cast<unsigned char>(a.v[i] | b.v[i]));
}
WEIR_INLINE B8x64 Times16(B8x64 a) {
  WEIR_LANES(B8x64, 64, static_cast<unsigned char>(a.v[i] << 4));
}
WEIR_INLINE B8x64 ZeroBytes() { WEIR_LANES(B8x64, 64, 0); }

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
WEIR_INLINE I32x16 DotU8I8(B8x64 u, B8x64 x) { return DotOfBytes<false>(u, x); }
WEIR_INLINE I32x16 DotI8I8(B8x64 w, B8x64 x) { return DotOfBytes<true>(w, x); }

#else

WEIR_INLINE I32x16 DotU8I8(B8x64 u, B8x64 x) {
  I32x16 r;
  for (int i = 0; i < 16; ++i) {
    r.v[i] = 0;
    for (int j = 4 * i; j < 4 * i + 4; ++j) r.v[i] += u.v[j] * static_cast<signed char>(x.v[j]);
  }
  return r;
}
WEIR_INLINE I32x16 DotI8I8(B8x64 w, B8x64 x) {
  I32x16 r;
  for (int i = 0; i < 16; ++i) {
    r.v[i] = 0;
    for (int j = 4 * i; j < 4 * i + 4; ++j) {
      r.v[i] += static_cast<signed char>(w.v[j]) * static_cast<signed char>(x.v[j]);
    }
  }
  return r;
}

#endif

#undef WEIR_LANES
