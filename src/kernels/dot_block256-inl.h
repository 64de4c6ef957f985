// Dot products of Q4_K, Q5_K and Q6_K rows with inputs in form kBlock256.
//
// A super-block has 256 weights in sub-blocks j, each with a small integer scale. An input is d *
// q.
//   Q4_K, Q5_K (8 sub-blocks of 32):  weight = D sc_j code - Dmin mn_j
//   Q6_K (16 sub-blocks of 16):       weight = D S_j (code - 32)
// so   row . x = sum over super-blocks of  d * sum_j (D sc_j) (sum of code * q)  -  (d Dmin) *
// sum_j mn_j (sum of q) where code * q and mn_j * (sum of q) are summed as exact integers; the sums
// of q come with the input. For Q6_K the second part has 32 D for Dmin and S_j for mn_j. Four steps
// of 64 values a super-block.

// What a step needs of one super-block besides the codes.
struct SuperBlock {
  float scales[16];  // D sc_j: 8 for Q4_K and Q5_K, 16 for Q6_K
  short mins[16];    // as many
  float min_scale;
};

// The 12 bytes at p hold eight 6-bit scales and eight 6-bit mins: of the first four of each, the
// low 6 bits of bytes 0-3 and 4-7; of the others, a nibble of bytes 8-11 and, as upper bits, the
// top two of bytes 0-3 and 4-7.
WEIR_INLINE void UnpackScales(const unsigned char* p, SuperBlock& s, float d) {
  unsigned a, b, c;
  __builtin_memcpy(&a, p, 4);
  __builtin_memcpy(&b, p + 4, 4);
  __builtin_memcpy(&c, p + 8, 4);
  const unsigned long long upper_scales = (c & 0x0f0f0f0f) | ((a >> 2) & 0x30303030);
  const unsigned long long upper_mins = ((c >> 4) & 0x0f0f0f0f) | ((b >> 2) & 0x30303030);
  ScaleU8x8((upper_scales << 32) | (a & 0x3f3f3f3f), d, s.scales);
  WidenU8x8((upper_mins << 32) | (b & 0x3f3f3f3f), s.mins);
}

struct CodesQ4_K {
  static constexpr int kBytes = 144;  // D, Dmin, 12 bytes of scales, 128 bytes of nibbles
  static constexpr int kSubBlock = 32;
  WEIR_INLINE void Unpack(const unsigned char* p, SuperBlock& s) {
    UnpackScales(p + 4, s, HalfToFloat(p));
    s.min_scale = HalfToFloat(p + 2);
  }
  WEIR_INLINE B8x64 Codes(const unsigned char* p, int step) {
    return FieldsOf32(p + 16 + 32 * step, 0, 4, 15);
  }
};

struct CodesQ5_K {
  static constexpr int kBytes =
      176;  // D, Dmin, 12 bytes of scales, 32 of fifth bits, 128 of nibbles
  static constexpr int kSubBlock = 32;
  WEIR_INLINE void Unpack(const unsigned char* p, SuperBlock& s) { CodesQ4_K::Unpack(p, s); }
  WEIR_INLINE B8x64 Codes(const unsigned char* p, int step) {
    const B8x64 fifth = FieldsOf32(p + 16, 2 * step, 2 * step + 1, 1);
    return Or(FieldsOf32(p + 48 + 32 * step, 0, 4, 15), Times16(fifth));
  }
};

struct CodesQ6_K {
  static constexpr int kBytes = 210;  // 128 bytes of low nibbles, 64 of high bits, 16 scales, D
  static constexpr int kSubBlock = 16;
  WEIR_INLINE void Unpack(const unsigned char* p, SuperBlock& s) {
    const float d = HalfToFloat(p + 208);
    ScaleI8x16(p + 192, d, s.scales);
    WidenI8x16(p + 192, s.mins);
    s.min_scale = 32.0f * d;
  }
  WEIR_INLINE B8x64 Codes(const unsigned char* p, int step) {
    const int half = step / 2;         // of the super-block
    const int upper = (step % 2) * 4;  // low or high nibbles, and the bits that go with them
    const B8x64 top = FieldsOf32(p + 128 + 32 * half, upper, upper + 2, 3);
    return Or(FieldsOf64(p + 64 * half, upper, 15), Times16(top));
  }
};

template <class C>
struct Block256Format {
  static constexpr ActivationForm kForm = ActivationForm::kBlock256;

  template <int kTokens>
  WEIR_INLINE void Dot(const unsigned char* w, int n_cols, const XRow* x, float* out) {
    F32x16 sums[kTokens];
    float mins[kTokens];
#pragma GCC unroll 4
    for (int i = 0; i < kTokens; ++i) {
      sums[i] = Zero();
      mins[i] = 0;
    }
    for (int block = 0; block < n_cols / 256; ++block, w += C::kBytes) {
      SuperBlock s;
      C::Unpack(w, s);
      F32x16 part[kTokens];
#pragma GCC unroll 4
      for (int i = 0; i < kTokens; ++i) part[i] = Zero();
#pragma GCC unroll 4
      for (int step = 0; step < 4; ++step) {
        const B8x64 codes = C::Codes(w, step);
        const F32x16 scales = C::kSubBlock == 16
                                  ? Quarters(s.scales + 4 * step)
                                  : Halves(s.scales[2 * step], s.scales[2 * step + 1]);
#pragma GCC unroll 4
        for (int i = 0; i < kTokens; ++i) {
          const B8x64 q = LoadBytes(x[i].q + 256 * block + 64 * step);
          part[i] = Fma(ToFloat(DotU8I8(codes, q)), scales, part[i]);
        }
      }
#pragma GCC unroll 4
      for (int i = 0; i < kTokens; ++i) {
        const float d = x[i].scale[block];
        const int min = C::kSubBlock == 16 ? Dot16(s.mins, x[i].sum16 + 16 * block)
                                           : Dot8(s.mins, x[i].sum32 + 8 * block);
        sums[i] = Fma(part[i], Set1(d), sums[i]);
        mins[i] = Fma(static_cast<float>(min), d * s.min_scale, mins[i]);
      }
    }
#pragma GCC unroll 4
    for (int i = 0; i < kTokens; ++i) out[i] = ReduceAdd(sums[i]) - mins[i];
  }
};
