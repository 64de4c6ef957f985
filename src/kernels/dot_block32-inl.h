// Products of Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0 rows with inputs in form kBlock32.
//
// A weight is D * (code + c) or D * code + M per block of 32, an input is d * q:
//   row . x = sum over blocks of  (D d) (sum of code * q + c * sum of q)  +  M (d * sum of q)
// where the inner sums are exact integers.
//
// A code vector k of a block holds the codes of values 4k..4k+3.

// A block of 16 rows, unpacked.
struct CodesOf32 {
  B8x64 codes[8];
  F32x16 scale;
  F32x16 min;  // only where the type has one
};

// Blocks of two types are also read several at a time, as the 32-bit words of each row: scales then
// come out of the words that hold them, where reading them one by one would take longer than the
// dot products. Some codes share a word with a scale; a mask removes what does not belong.

// As EveryWord(q - 2), without reading before q: for words whose lower half is masked out.
WEIR_INLINE B8x64 EveryWordTwoBefore(const signed char* q) {
  unsigned word;
  __builtin_memcpy(&word, q, 4);
  return EveryWordOf(word << 16);
}

struct BlockQ4_0 {
  static constexpr int kBytes = 18;  // D, 16 bytes: values i and i + 16 in low and high nibble
  static constexpr int kGroup = 4;   // blocks in 18 words
  static constexpr int kOffset = -8;
  static constexpr bool kHasMin = false;
  static constexpr bool kSignedCodes = false;
  WEIR_INLINE void Unpack(const unsigned char* p, int64_t stride, CodesOf32& out) {
    B8x64 nibbles[4];
    LoadColumns(p + 2, stride, nibbles);
    SplitNibbles(nibbles, out.codes);
    out.scale = HalfOfEachRow(p, stride);
  }
  WEIR_INLINE void SplitNibbles(const B8x64* nibbles, B8x64* codes) {
    const B8x64 mask = EveryWordOf(0x0f0f0f0fU);
    WEIR_UNROLL
    for (int k = 0; k < 4; ++k) {
      codes[k] = And(nibbles[k], mask);
      codes[4 + k] = And(ShiftRight(nibbles[k], 4), mask);
    }
  }
};

struct BlockQ4_1 {
  static constexpr int kBytes = 20;  // D, M, 16 bytes of nibbles
  static constexpr int kGroup = 1;
  static constexpr int kOffset = 0;
  static constexpr bool kHasMin = true;
  static constexpr bool kSignedCodes = false;
  WEIR_INLINE void Unpack(const unsigned char* p, int64_t stride, CodesOf32& out) {
    B8x64 nibbles[4];
    LoadColumns(p + 4, stride, nibbles);
    BlockQ4_0::SplitNibbles(nibbles, out.codes);
    out.scale = HalfOfEachRow(p, stride);
    out.min = HalfOfEachRow(p + 2, stride);
  }
};

// Bits 4k..4k+3 of each row's word, as 16 in the bytes of vector k.
WEIR_INLINE void AddFifthBits(B8x64 words, B8x64* codes) {
  WEIR_UNROLL
  for (int k = 0; k < 8; ++k) {
    codes[k] = Or(codes[k], Times16(SpreadFourBits(ShiftRight(words, 4 * k))));
  }
}

struct BlockQ5_0 {
  static constexpr int kBytes = 22;  // D, 32 fifth bits, 16 bytes of nibbles
  static constexpr int kGroup = 1;
  static constexpr int kOffset = -16;
  static constexpr bool kHasMin = false;
  static constexpr bool kSignedCodes = false;
  WEIR_INLINE void Unpack(const unsigned char* p, int64_t stride, CodesOf32& out) {
    B8x64 nibbles[4];
    LoadColumns(p + 6, stride, nibbles);
    BlockQ4_0::SplitNibbles(nibbles, out.codes);
    LoadColumns(p + 2, stride, nibbles);
    AddFifthBits(nibbles[0], out.codes);
    out.scale = HalfOfEachRow(p, stride);
  }
};

struct BlockQ5_1 {
  static constexpr int kBytes = 24;  // D, M, 32 fifth bits, 16 bytes of nibbles
  static constexpr int kGroup = 1;
  static constexpr int kOffset = 0;
  static constexpr bool kHasMin = true;
  static constexpr bool kSignedCodes = false;
  WEIR_INLINE void Unpack(const unsigned char* p, int64_t stride, CodesOf32& out) {
    B8x64 nibbles[4];
    LoadColumns(p + 8, stride, nibbles);
    BlockQ4_0::SplitNibbles(nibbles, out.codes);
    LoadColumns(p + 4, stride, nibbles);
    AddFifthBits(nibbles[0], out.codes);
    out.scale = HalfOfEachRow(p, stride);
    out.min = HalfOfEachRow(p + 2, stride);
  }
};

struct BlockQ8_0 {
  static constexpr int kBytes = 34;  // D, 32 signed bytes
  static constexpr int kGroup = 2;   // blocks in 17 words
  static constexpr int kOffset = kSignedCodeOffset;
  static constexpr bool kHasMin = false;
  static constexpr bool kSignedCodes = true;
  WEIR_INLINE void Unpack(const unsigned char* p, int64_t stride, CodesOf32& out) {
    B8x64 bytes[4];
    WEIR_UNROLL
    for (int half = 0; half < 2; ++half) {
      LoadColumns(p + 2 + 16 * half, stride, bytes);
      WEIR_UNROLL
      for (int k = 0; k < 4; ++k) out.codes[4 * half + k] = CodesOfSigned(bytes[k]);
    }
    out.scale = HalfOfEachRow(p, stride);
  }
};

// acc + codes . q, where the codes of Q8_0 are signed.
template <class Block>
WEIR_INLINE I32x16 DotCodes(I32x16 acc, B8x64 codes, B8x64 q) {
  if constexpr (Block::kSignedCodes) {
    return DotSignedAdd(acc, codes, q);
  } else {
    return DotAdd(acc, codes, q);
  }
}

// sums[i] += codes of one word of each row, against the values from `at` on of token i.
template <int kTokens>
WEIR_INLINE void AddNibbles(B8x64 words, unsigned mask, const XRow* x, int at, I32x16* sums) {
  const B8x64 low = And(words, EveryWordOf(mask));
  const B8x64 high = And(ShiftRight(words, 4), EveryWordOf(mask));
  WEIR_UNROLL
  for (int i = 0; i < kTokens; ++i) {
    const signed char* q = x[i].q + at;
    const bool shared = mask == 0x0f0f0000U;  // the word begins with a scale, two values early
    sums[i] = DotAdd(sums[i], low, shared ? EveryWordTwoBefore(q) : EveryWord(q));
    sums[i] = DotAdd(sums[i], high, EveryWord(q + (shared ? 14 : 16)));
  }
}
template <int kTokens>
WEIR_INLINE void AddBytes(B8x64 words, unsigned mask, const XRow* x, int at, I32x16* sums) {
  const B8x64 codes = And(CodesOfSigned(words), EveryWordOf(mask));
  WEIR_UNROLL
  for (int i = 0; i < kTokens; ++i) {
    const signed char* q = x[i].q + at;
    const bool shared = mask == 0xffff0000U;
    sums[i] = DotSignedAdd(sums[i], codes, shared ? EveryWordTwoBefore(q) : EveryWord(q));
  }
}

template <int kTokens>
WEIR_INLINE void StartSums(int offset, const XRow* x, int block, I32x16* sums) {
  WEIR_UNROLL
  for (int i = 0; i < kTokens; ++i) sums[i] = SetInts(offset * x[i].sum[block]);
}

// The first 16 words at p of each row.
WEIR_INLINE void LoadSixteenWords(const unsigned char* p, int64_t stride, B8x64* words) {
  WEIR_UNROLL
  for (int i = 0; i < 4; ++i) LoadColumns(p + 16 * i, stride, words + 4 * i);
}

template <class Block>
struct Block32Format {
  static constexpr ActivationForm kForm = ActivationForm::kBlock32;

  // f += the block's share, its integer sum being known.
  WEIR_INLINE F32x16 AddBlock(I32x16 sum, F32x16 scale, F32x16 min, const XRow& x, int block,
                              F32x16 f) {
    f = Fma(ToFloat(sum), Mul(scale, Set1(x.scale[block])), f);
    if constexpr (Block::kHasMin) f = Fma(min, Set1(x.scaled_sum[block]), f);
    return f;
  }

  template <int kTokens>
  WEIR_INLINE void DirectBlock(const unsigned char* p, int64_t stride, int block, const XRow* x,
                               F32x16* f) {
    CodesOf32 unpacked;
    Block::Unpack(p, stride, unpacked);
    WEIR_UNROLL
    for (int i = 0; i < kTokens; ++i) {
      I32x16 sum = SetInts(Block::kOffset * x[i].sum[block]);
      WEIR_UNROLL
      for (int k = 0; k < 8; ++k) {
        sum = DotCodes<Block>(sum, unpacked.codes[k], EveryWord(x[i].q + 32 * block + 4 * k));
      }
      f[i] = AddBlock(sum, unpacked.scale, unpacked.min, x[i], block, f[i]);
    }
  }

  template <int kTokens>
  WEIR_INLINE void AddBlocks(const I32x16* sums, F32x16 scale, const XRow* x, int block,
                             F32x16* f) {
    WEIR_UNROLL
    for (int i = 0; i < kTokens; ++i) f[i] = AddBlock(sums[i], scale, scale, x[i], block, f[i]);
  }

  // Four blocks of Q4_0: 18 words. Blocks 0 and 2 begin with a word's lower half, 1 and 3 with its
  // upper.
  template <int kTokens>
  WEIR_INLINE void DirectQ4_0(const unsigned char* p, int64_t stride, int block, const XRow* x,
                              F32x16* f) {
    constexpr unsigned kAll = 0x0f0f0f0fU;
    B8x64 w[18];
    LoadSixteenWords(p, stride, w);
    B8x64 last[4];
    LoadColumns(p + 56, stride, last);
    w[16] = last[2];
    w[17] = last[3];
    WEIR_UNROLL
    for (int pair = 0; pair < 2; ++pair) {
      const B8x64* v = w + 9 * pair;
      const int even = block + 2 * pair;
      I32x16 sums[kTokens];
      StartSums<kTokens>(Block::kOffset, x, even, sums);
      AddNibbles<kTokens>(v[0], 0x0f0f0000U, x, 32 * even, sums);
      AddNibbles<kTokens>(v[1], kAll, x, 32 * even + 2, sums);
      AddNibbles<kTokens>(v[2], kAll, x, 32 * even + 6, sums);
      AddNibbles<kTokens>(v[3], kAll, x, 32 * even + 10, sums);
      AddNibbles<kTokens>(v[4], 0x00000f0fU, x, 32 * even + 14, sums);
      AddBlocks<kTokens>(sums, HalfOfWords(v[0]), x, even, f);
      StartSums<kTokens>(Block::kOffset, x, even + 1, sums);
      AddNibbles<kTokens>(v[5], kAll, x, 32 * even + 32, sums);
      AddNibbles<kTokens>(v[6], kAll, x, 32 * even + 36, sums);
      AddNibbles<kTokens>(v[7], kAll, x, 32 * even + 40, sums);
      AddNibbles<kTokens>(v[8], kAll, x, 32 * even + 44, sums);
      AddBlocks<kTokens>(sums, HalfOfWords(ShiftRight(v[4], 16)), x, even + 1, f);
    }
  }

  // Two blocks of Q8_0: 17 words.
  template <int kTokens>
  WEIR_INLINE void DirectQ8_0(const unsigned char* p, int64_t stride, int block, const XRow* x,
                              F32x16* f) {
    constexpr unsigned kAll = 0xffffffffU;
    B8x64 w[17];
    LoadSixteenWords(p, stride, w);
    B8x64 last[4];
    LoadColumns(p + 52, stride, last);
    w[16] = last[3];
    I32x16 sums[kTokens];
    StartSums<kTokens>(Block::kOffset, x, block, sums);
    AddBytes<kTokens>(w[0], 0xffff0000U, x, 32 * block, sums);
    WEIR_UNROLL
    for (int k = 1; k < 8; ++k) AddBytes<kTokens>(w[k], kAll, x, 32 * block + 4 * k - 2, sums);
    AddBytes<kTokens>(w[8], 0x0000ffffU, x, 32 * block + 30, sums);
    AddBlocks<kTokens>(sums, HalfOfWords(w[0]), x, block, f);
    StartSums<kTokens>(Block::kOffset, x, block + 1, sums);
    WEIR_UNROLL
    for (int k = 0; k < 8; ++k) AddBytes<kTokens>(w[9 + k], kAll, x, 32 * block + 32 + 4 * k, sums);
    AddBlocks<kTokens>(sums, HalfOfWords(ShiftRight(w[8], 16)), x, block + 1, f);
  }

  template <int kTokens>
  WEIR_INLINE void Direct(const RowTile& tile, int n_cols, const XRow* x, F32x16* f) {
    WEIR_UNROLL
    for (int i = 0; i < kTokens; ++i) f[i] = Zero();
    const int n_blocks = n_cols / 32;
    int block = 0;
    for (; Block::kGroup > 1 && block + Block::kGroup <= n_blocks; block += Block::kGroup) {
      PrefetchNext(tile, int64_t{block} * kRowsAtOnce * Block::kBytes,
                   Block::kGroup * kRowsAtOnce * Block::kBytes);
      const unsigned char* p = tile.weights + int64_t{block} * Block::kBytes;
      if constexpr (Block::kGroup == 4) DirectQ4_0<kTokens>(p, tile.stride, block, x, f);
      if constexpr (Block::kGroup == 2) DirectQ8_0<kTokens>(p, tile.stride, block, x, f);
    }
    for (; block < n_blocks; ++block) {
      PrefetchNext(tile, int64_t{block} * kRowsAtOnce * Block::kBytes, kRowsAtOnce * Block::kBytes);
      DirectBlock<kTokens>(tile.weights + int64_t{block} * Block::kBytes, tile.stride, block, x, f);
    }
  }

  struct Panel {
    alignas(64) unsigned char codes[kPanelCols / 4][64];
    alignas(64) float scales[kPanelCols / 32][kRowsAtOnce];
    alignas(64) float mins[Block::kHasMin ? kPanelCols / 32 : 1][kRowsAtOnce];
  };

  static void Unpack(const RowTile& tile, int col, int n_cols, Panel& panel) {
    for (int block = 0; block < n_cols / 32; ++block) {
      CodesOf32 unpacked;
      Block::Unpack(tile.weights + int64_t{col / 32 + block} * Block::kBytes, tile.stride,
                    unpacked);
      WEIR_UNROLL
      for (int k = 0; k < 8; ++k) StoreBytes(panel.codes[8 * block + k], unpacked.codes[k]);
      Store(panel.scales[block], unpacked.scale);
      if constexpr (Block::kHasMin) Store(panel.mins[block], unpacked.min);
    }
  }

  template <int kPanels, int kTokens>
  WEIR_INLINE void Accumulate(const Panel* panels, int col, int n_cols, const XRow* x,
                              F32x16 (&f)[kPanels][kTokens]) {
    for (int b = 0; b < n_cols / 32; ++b) {
      const int block = col / 32 + b;
      I32x16 sums[kPanels][kTokens];
      WEIR_UNROLL
      for (int i = 0; i < kTokens; ++i) {
        const I32x16 start = SetInts(Block::kOffset * x[i].sum[block]);
        WEIR_UNROLL
        for (int p = 0; p < kPanels; ++p) sums[p][i] = start;
      }
      WEIR_UNROLL
      for (int k = 0; k < 8; ++k) {
        B8x64 codes[kPanels];
        WEIR_UNROLL
        for (int p = 0; p < kPanels; ++p) codes[p] = LoadBytes(panels[p].codes[8 * b + k]);
        WEIR_UNROLL
        for (int i = 0; i < kTokens; ++i) {
          const B8x64 q = EveryWord(x[i].q + 32 * block + 4 * k);
          WEIR_UNROLL
          for (int p = 0; p < kPanels; ++p) sums[p][i] = DotCodes<Block>(sums[p][i], codes[p], q);
        }
      }
      WEIR_UNROLL
      for (int p = 0; p < kPanels; ++p) {
        const F32x16 scale = Load(panels[p].scales[b]);
        const F32x16 min = Block::kHasMin ? Load(panels[p].mins[b]) : Zero();
        WEIR_UNROLL
        for (int i = 0; i < kTokens; ++i)
          f[p][i] = AddBlock(sums[p][i], scale, min, x[i], block, f[p][i]);
      }
    }
  }
};
