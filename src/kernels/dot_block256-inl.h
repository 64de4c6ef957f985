// Products of Q4_K, Q5_K and Q6_K rows with inputs in form kBlock256.
//
// A super-block has 256 weights in sub-blocks j, each with a small integer scale. An input is d *
// q.
//   Q4_K, Q5_K (8 sub-blocks of 32):  weight = D sc_j code - Dmin mn_j
//   Q6_K (16 sub-blocks of 16):       weight = D S_j (code - 32)
// so   row . x = sum over super-blocks of  (D d) sum_j sc_j (sum of code * q)  -  (Dmin d) sum_j
// mn_j (sum of q), where code * q and mn_j * (sum of q) are summed as exact integers; the sums of q
// come with the input. For Q6_K the second part has 32 D for Dmin and S_j for mn_j.
//
// A code vector k of a sub-block holds the codes of its values 4k..4k+3.

// What a super-block of 16 rows needs besides its codes. kSubBlocks is 8 or 16.
template <int kSubBlocks>
struct ScalesOf256 {
  F32x16 scales[kSubBlocks];   // sc_j or S_j
  B8x64 mins[kSubBlocks / 2];  // mn_2i and mn_2i+1 as 16-bit pairs
  F32x16 d;                    // D
  F32x16 d_min;                // Dmin, or 32 D
};

// Byte i of each row's word as a number.
WEIR_INLINE I32x16 ByteOf(B8x64 words, int i) {
  return AsInts(And(ShiftRight(words, 8 * i), EveryWordOf(0xffU)));
}
WEIR_INLINE I32x16 SignedByteOf(B8x64 words, int i) {
  return ShiftRightSigned(ShiftLeft(words, 24 - 8 * i), 24);
}

struct SuperQ4_K {
  static constexpr int kBytes = 144;  // D, Dmin, 12 bytes of scales, 128 bytes of nibbles
  static constexpr int kSubBlocks = 8;
  // The 12 bytes hold eight 6-bit scales and eight 6-bit mins: of the first four of each, the low 6
  // bits of bytes 0-3 and 4-7; of the others, a nibble of bytes 8-11 and, as upper bits, the top
  // two of bytes 0-3 and 4-7.
  WEIR_INLINE void Scales(const unsigned char* p, int64_t stride, ScalesOf256<8>& s) {
    B8x64 head[4];
    LoadColumns(p, stride, head);
    const B8x64 low6 = EveryWordOf(0x3f3f3f3fU);
    const B8x64 low4 = EveryWordOf(0x0f0f0f0fU);
    const B8x64 top2 = EveryWordOf(0x30303030U);
    const B8x64 scales[2] = {And(head[1], low6),
                             Or(And(head[3], low4), And(ShiftRight(head[1], 2), top2))};
    const B8x64 mins[2] = {And(head[2], low6), Or(And(ShiftRight(head[3], 4), low4),
                                                  And(ShiftRight(head[2], 2), top2))};
    WEIR_UNROLL
    for (int j = 0; j < 8; ++j) s.scales[j] = ToFloat(ByteOf(scales[j / 4], j % 4));
    WEIR_UNROLL
    for (int i = 0; i < 4; ++i) {
      const B8x64 first = AsBytes(ByteOf(mins[i / 2], i % 2 * 2));
      const B8x64 second = AsBytes(ByteOf(mins[i / 2], i % 2 * 2 + 1));
      s.mins[i] = Or(first, ShiftLeft(second, 16));
    }
    s.d = HalfOfWords(head[0]);
    s.d_min = HalfOfWords(ShiftRight(head[0], 16));
  }
  // Codes of 64 values: of sub-blocks 2 * step and 2 * step + 1.
  WEIR_INLINE void Codes(const unsigned char* p, int64_t stride, int step, B8x64* codes) {
    const B8x64 mask = EveryWordOf(0x0f0f0f0fU);
    WEIR_UNROLL
    for (int half = 0; half < 2; ++half) {
      B8x64 nibbles[4];
      LoadColumns(p + 16 + 32 * step + 16 * half, stride, nibbles);
      WEIR_UNROLL
      for (int k = 0; k < 4; ++k) {
        codes[4 * half + k] = And(nibbles[k], mask);
        codes[8 + 4 * half + k] = And(ShiftRight(nibbles[k], 4), mask);
      }
    }
  }
};

struct SuperQ5_K {
  static constexpr int kBytes =
      176;  // D, Dmin, 12 bytes of scales, 32 of fifth bits, 128 of nibbles
  static constexpr int kSubBlocks = 8;
  WEIR_INLINE void Scales(const unsigned char* p, int64_t stride, ScalesOf256<8>& s) {
    SuperQ4_K::Scales(p, stride, s);
  }
  // Bit j of byte i is the fifth bit of value i of sub-block j.
  WEIR_INLINE void Codes(const unsigned char* p, int64_t stride, int step, B8x64* codes) {
    SuperQ4_K::Codes(p + 32, stride, step, codes);
    const B8x64 one = EveryWordOf(0x01010101U);
    WEIR_UNROLL
    for (int half = 0; half < 2; ++half) {
      B8x64 bits[4];
      LoadColumns(p + 16 + 16 * half, stride, bits);
      WEIR_UNROLL
      for (int k = 0; k < 4; ++k) {
        const B8x64 first = And(ShiftRight(bits[k], 2 * step), one);
        const B8x64 second = And(ShiftRight(bits[k], 2 * step + 1), one);
        codes[4 * half + k] = Or(codes[4 * half + k], Times16(first));
        codes[8 + 4 * half + k] = Or(codes[8 + 4 * half + k], Times16(second));
      }
    }
  }
};

struct SuperQ6_K {
  static constexpr int kBytes = 210;  // 128 bytes of low nibbles, 64 of high bits, 16 scales, D
  static constexpr int kSubBlocks = 16;
  WEIR_INLINE void Scales(const unsigned char* p, int64_t stride, ScalesOf256<16>& s) {
    B8x64 bytes[4];
    LoadColumns(p + 192, stride, bytes);
    WEIR_UNROLL
    for (int j = 0; j < 16; ++j) s.scales[j] = ToFloat(SignedByteOf(bytes[j / 4], j % 4));
    WEIR_UNROLL
    for (int i = 0; i < 8; ++i) {
      const B8x64 first = AsBytes(SignedByteOf(bytes[i / 2], i % 2 * 2));
      const B8x64 second = AsBytes(SignedByteOf(bytes[i / 2], i % 2 * 2 + 1));
      s.mins[i] = Or(And(first, EveryWordOf(0xffffU)), ShiftLeft(second, 16));
    }
    LoadColumns(p + 194, stride, bytes);
    s.d = HalfOfWords(ShiftRight(bytes[3], 16));
    s.d_min = Mul(s.d, Set1(32));
  }
  // Values 64 * step and on: low or high nibbles of 64 bytes, and the bits that go with them.
  WEIR_INLINE void Codes(const unsigned char* p, int64_t stride, int step, B8x64* codes) {
    const int half = step / 2;
    const int upper = step % 2 * 4;
    const B8x64 low4 = EveryWordOf(0x0f0f0f0fU);
    const B8x64 low2 = EveryWordOf(0x03030303U);
    WEIR_UNROLL
    for (int quarter = 0; quarter < 2; ++quarter) {
      B8x64 first[4], second[4], top[4];
      LoadColumns(p + 64 * half + 16 * quarter, stride, first);
      LoadColumns(p + 64 * half + 32 + 16 * quarter, stride, second);
      LoadColumns(p + 128 + 32 * half + 16 * quarter, stride, top);
      WEIR_UNROLL
      for (int k = 0; k < 4; ++k) {
        codes[4 * quarter + k] = Or(And(ShiftRight(first[k], upper), low4),
                                    Times16(And(ShiftRight(top[k], upper), low2)));
        codes[8 + 4 * quarter + k] = Or(And(ShiftRight(second[k], upper), low4),
                                        Times16(And(ShiftRight(top[k], upper + 2), low2)));
      }
    }
  }
};

template <class Super>
struct Block256Format {
  static constexpr ActivationForm kForm = ActivationForm::kBlock256;
  static constexpr int kSubBlocks = Super::kSubBlocks;
  static constexpr int kVectors = 64 / kSubBlocks;       // code vectors of a sub-block: 8 or 4
  static constexpr int kStepSubBlocks = kSubBlocks / 4;  // sub-blocks of 64 values

  // sum_j mn_j (sum of q)
  WEIR_INLINE I32x16 MinSum(const B8x64* mins, const XRow& x, int block) {
    const short* sums = kSubBlocks == 16 ? x.sum16 : x.sum32;
    I32x16 total = SetInts(0);
    WEIR_UNROLL
    for (int i = 0; i < kSubBlocks / 2; ++i) {
      total = DotPairsAdd(total, mins[i], EveryWord(sums + kSubBlocks * block + 2 * i));
    }
    return total;
  }

  // f += the super-block's share.
  WEIR_INLINE F32x16 AddBlock(F32x16 part, I32x16 min_sum, F32x16 d, F32x16 d_min, float x_scale,
                              F32x16 f) {
    const F32x16 scale = Set1(x_scale);
    f = Fma(part, Mul(d, scale), f);
    return Sub(f, Mul(ToFloat(min_sum), Mul(d_min, scale)));
  }

  template <int kTokens>
  WEIR_INLINE void Direct(const RowTile& tile, int n_cols, const XRow* x, F32x16* f) {
    WEIR_UNROLL
    for (int i = 0; i < kTokens; ++i) f[i] = Zero();
    for (int block = 0; block < n_cols / 256; ++block) {
      PrefetchNext(tile, int64_t{block} * kRowsAtOnce * Super::kBytes, kRowsAtOnce * Super::kBytes);
      const unsigned char* p = tile.weights + int64_t{block} * Super::kBytes;
      ScalesOf256<kSubBlocks> s;
      Super::Scales(p, tile.stride, s);
      F32x16 part[kTokens];
      WEIR_UNROLL
      for (int i = 0; i < kTokens; ++i) part[i] = Zero();
      WEIR_UNROLL
      for (int step = 0; step < 4; ++step) {
        B8x64 codes[16];
        Super::Codes(p, tile.stride, step, codes);
        DirectStep<kTokens>(codes, s.scales + kStepSubBlocks * step, x, 256 * block + 64 * step,
                            part);
      }
      WEIR_UNROLL
      for (int i = 0; i < kTokens; ++i) {
        f[i] =
            AddBlock(part[i], MinSum(s.mins, x[i], block), s.d, s.d_min, x[i].scale[block], f[i]);
      }
    }
  }

  template <int kTokens>
  WEIR_INLINE void DirectStep(const B8x64* codes, const F32x16* scales, const XRow* x, int at,
                              F32x16* part) {
    WEIR_UNROLL
    for (int j = 0; j < kStepSubBlocks; ++j) {
      WEIR_UNROLL
      for (int i = 0; i < kTokens; ++i) {
        I32x16 sum = SetInts(0);
        WEIR_UNROLL
        for (int k = 0; k < kVectors; ++k) {
          const int vector = kVectors * j + k;
          sum = DotAdd(sum, codes[vector], EveryWord(x[i].q + at + 4 * vector));
        }
        part[i] = Fma(ToFloat(sum), scales[j], part[i]);
      }
    }
  }

  struct Panel {
    alignas(64) unsigned char codes[kPanelCols / 4][64];
    alignas(64) float scales[kPanelCols / 256][kSubBlocks][kRowsAtOnce];
    alignas(64) unsigned char mins[kPanelCols / 256][kSubBlocks / 2][64];
    alignas(64) float d[kPanelCols / 256][kRowsAtOnce];
    alignas(64) float d_min[kPanelCols / 256][kRowsAtOnce];
  };

  static void Unpack(const RowTile& tile, int col, int n_cols, Panel& panel) {
    for (int b = 0; b < n_cols / 256; ++b) {
      const unsigned char* p = tile.weights + int64_t{col / 256 + b} * Super::kBytes;
      ScalesOf256<kSubBlocks> s;
      Super::Scales(p, tile.stride, s);
      WEIR_UNROLL
      for (int j = 0; j < kSubBlocks; ++j) Store(panel.scales[b][j], s.scales[j]);
      WEIR_UNROLL
      for (int i = 0; i < kSubBlocks / 2; ++i) StoreBytes(panel.mins[b][i], s.mins[i]);
      Store(panel.d[b], s.d);
      Store(panel.d_min[b], s.d_min);
      WEIR_UNROLL
      for (int step = 0; step < 4; ++step) {
        B8x64 codes[16];
        Super::Codes(p, tile.stride, step, codes);
        WEIR_UNROLL
        for (int k = 0; k < 16; ++k) StoreBytes(panel.codes[64 * b + 16 * step + k], codes[k]);
      }
    }
  }

  template <int kPanels, int kTokens>
  WEIR_INLINE void Accumulate(const Panel* panels, int col, int n_cols, const XRow* x,
                              F32x16 (&f)[kPanels][kTokens]) {
    for (int b = 0; b < n_cols / 256; ++b) {
      const int block = col / 256 + b;
      F32x16 part[kPanels][kTokens];
      WEIR_UNROLL
      for (int p = 0; p < kPanels; ++p) {
        WEIR_UNROLL
        for (int i = 0; i < kTokens; ++i) part[p][i] = Zero();
      }
      for (int j = 0; j < kSubBlocks; ++j) {
        AccumulateSubBlock<kPanels, kTokens>(panels, b, j, x, 256 * block, part);
      }
      WEIR_UNROLL
      for (int p = 0; p < kPanels; ++p) {
        B8x64 mins[kSubBlocks / 2];
        WEIR_UNROLL
        for (int i = 0; i < kSubBlocks / 2; ++i) mins[i] = LoadBytes(panels[p].mins[b][i]);
        const F32x16 d = Load(panels[p].d[b]);
        const F32x16 d_min = Load(panels[p].d_min[b]);
        WEIR_UNROLL
        for (int i = 0; i < kTokens; ++i) {
          f[p][i] =
              AddBlock(part[p][i], MinSum(mins, x[i], block), d, d_min, x[i].scale[block], f[p][i]);
        }
      }
    }
  }

  template <int kPanels, int kTokens>
  WEIR_INLINE void AccumulateSubBlock(const Panel* panels, int b, int j, const XRow* x, int at,
                                      F32x16 (&part)[kPanels][kTokens]) {
    I32x16 sums[kPanels][kTokens];
    WEIR_UNROLL
    for (int p = 0; p < kPanels; ++p) {
      WEIR_UNROLL
      for (int i = 0; i < kTokens; ++i) sums[p][i] = SetInts(0);
    }
    WEIR_UNROLL
    for (int k = 0; k < kVectors; ++k) {
      const int vector = kVectors * j + k;
      B8x64 codes[kPanels];
      WEIR_UNROLL
      for (int p = 0; p < kPanels; ++p) codes[p] = LoadBytes(panels[p].codes[64 * b + vector]);
      WEIR_UNROLL
      for (int i = 0; i < kTokens; ++i) {
        const B8x64 q = EveryWord(x[i].q + at + 4 * vector);
        WEIR_UNROLL
        for (int p = 0; p < kPanels; ++p) sums[p][i] = DotAdd(sums[p][i], codes[p], q);
      }
    }
    WEIR_UNROLL
    for (int p = 0; p < kPanels; ++p) {
      const F32x16 scale = Load(panels[p].scales[b][j]);
      WEIR_UNROLL
      for (int i = 0; i < kTokens; ++i) part[p][i] = Fma(ToFloat(sums[p][i]), scale, part[p][i]);
    }
  }
};
