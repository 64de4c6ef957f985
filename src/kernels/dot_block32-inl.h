// Dot products of Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0 rows with inputs in form kBlock32.
//
// A weight is D * code + M per block of 32 (Q4_0: M = -8 D, Q5_0: M = -16 D, Q8_0: M = 0), an input
// is d * q. So
//   row . x = sum over blocks of  D d (sum of code * q)  +  M (d * sum of q)
// where the inner sums are exact integers and d * sum of q comes with the input. Two blocks a step,
// one in each half of the vectors; an odd last block is paired with a block of zeros.

struct CodesQ4_0 {
  static constexpr int kBytes = 18;  // D, 16 bytes of nibbles
  static constexpr bool kSigned = false;
  WEIR_INLINE B8x64 Codes(const unsigned char* a, const unsigned char* b) {
    return NibblesOf16(a + 2, b + 2);
  }
  WEIR_INLINE float Offset(const unsigned char*, float scale) { return -8.0f * scale; }
};

struct CodesQ4_1 {
  static constexpr int kBytes = 20;  // D, M, 16 bytes of nibbles
  static constexpr bool kSigned = false;
  WEIR_INLINE B8x64 Codes(const unsigned char* a, const unsigned char* b) {
    return NibblesOf16(a + 4, b + 4);
  }
  WEIR_INLINE float Offset(const unsigned char* block, float) { return HalfToFloat(block + 2); }
};

WEIR_INLINE unsigned LoadWord(const unsigned char* p) {
  unsigned word;
  __builtin_memcpy(&word, p, 4);
  return word;
}

struct CodesQ5_0 {
  static constexpr int kBytes = 22;  // D, 32 fifth bits, 16 bytes of nibbles
  static constexpr bool kSigned = false;
  WEIR_INLINE B8x64 Codes(const unsigned char* a, const unsigned char* b) {
    return Or(NibblesOf16(a + 6, b + 6), SixteenWhereSet(LoadWord(a + 2), LoadWord(b + 2)));
  }
  WEIR_INLINE float Offset(const unsigned char*, float scale) { return -16.0f * scale; }
};

struct CodesQ5_1 {
  static constexpr int kBytes = 24;  // D, M, 32 fifth bits, 16 bytes of nibbles
  static constexpr bool kSigned = false;
  WEIR_INLINE B8x64 Codes(const unsigned char* a, const unsigned char* b) {
    return Or(NibblesOf16(a + 8, b + 8), SixteenWhereSet(LoadWord(a + 4), LoadWord(b + 4)));
  }
  WEIR_INLINE float Offset(const unsigned char* block, float) { return HalfToFloat(block + 2); }
};

struct CodesQ8_0 {
  static constexpr int kBytes = 34;  // D, 32 signed bytes
  static constexpr bool kSigned = true;
  WEIR_INLINE B8x64 Codes(const unsigned char* a, const unsigned char* b) {
    return LoadBytes(a + 2, b + 2);
  }
  WEIR_INLINE float Offset(const unsigned char*, float) { return 0; }
};

template <class C>
struct Block32Format {
  static constexpr ActivationForm kForm = ActivationForm::kBlock32;

  template <int kTokens>
  struct Sums {
    F32x16 products[kTokens];
    float offsets[kTokens][2];  // of even and odd blocks
  };

  // Blocks `block` and `block` + 1 of the row, which lie at a and b.
  template <int kTokens>
  WEIR_INLINE void AddTwoBlocks(const unsigned char* a, const unsigned char* b, int block,
                                const XRow* x, Sums<kTokens>& sums) {
    const float scale_a = HalfToFloat(a);
    const float scale_b = HalfToFloat(b);
    const float offset_a = C::Offset(a, scale_a);
    const float offset_b = C::Offset(b, scale_b);
    const B8x64 codes = C::Codes(a, b);
    const F32x16 scales = Halves(scale_a, scale_b);
#pragma GCC unroll 4
    for (int i = 0; i < kTokens; ++i) {
      const B8x64 q = LoadBytes(x[i].q + 32 * block);
      const I32x16 dot = C::kSigned ? DotI8I8(codes, q) : DotU8I8(codes, q);
      const F32x16 both = Mul(scales, Halves(x[i].scale[block], x[i].scale[block + 1]));
      sums.products[i] = Fma(ToFloat(dot), both, sums.products[i]);
      if constexpr (!C::kSigned) {
        sums.offsets[i][0] = Fma(offset_a, x[i].scaled_sum[block], sums.offsets[i][0]);
        sums.offsets[i][1] = Fma(offset_b, x[i].scaled_sum[block + 1], sums.offsets[i][1]);
      }
    }
  }

  template <int kTokens>
  WEIR_INLINE void Dot(const unsigned char* w, int n_cols, const XRow* x, float* out) {
    Sums<kTokens> sums;
#pragma GCC unroll 4
    for (int i = 0; i < kTokens; ++i) {
      sums.products[i] = Zero();
      sums.offsets[i][0] = sums.offsets[i][1] = 0;
    }
    const int n_blocks = n_cols / 32;
    int block = 0;
    for (; block + 2 <= n_blocks; block += 2, w += 2 * C::kBytes) {
      AddTwoBlocks<kTokens>(w, w + C::kBytes, block, x, sums);
    }
    if (block < n_blocks) {
      const unsigned char zeros[C::kBytes] = {};
      AddTwoBlocks<kTokens>(w, zeros, block, x, sums);
    }
#pragma GCC unroll 4
    for (int i = 0; i < kTokens; ++i) {
      out[i] = ReduceAdd(sums.products[i]) + (sums.offsets[i][0] + sums.offsets[i][1]);
    }
  }
};
