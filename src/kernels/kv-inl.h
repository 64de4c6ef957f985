// The KV cache of one head: keys and values in tiles of 16 positions, plain or in 8 bits.
//
// Keys lie transposed in their tile, so that the scores of 16 positions come out side by side;
// values lie row by row. For a block of kBlockKeys positions a format gives
//   UnpackKeys, Scores   scores of query rows, [rows, kBlockKeys]
//   UnpackValues         the values as floats, [kBlockKeys, head_dim]
// and unpacking is shared by all query rows that see the block.

constexpr int kBlockTiles = kBlockKeys / kTileKeys;

#if WEIR_KV_IS_HALF
constexpr int kKvBytes = 2;
WEIR_INLINE F32x16 LoadKv(const unsigned char* p) { return LoadF16(p); }
WEIR_INLINE void StoreKv16(unsigned char* p, F32x16 a) { StoreF16(p, a); }
#else
constexpr int kKvBytes = 4;
WEIR_INLINE F32x16 LoadKv(const unsigned char* p) {
  return Load(reinterpret_cast<const float*>(p));
}
WEIR_INLINE void StoreKv16(unsigned char* p, F32x16 a) { Store(reinterpret_cast<float*>(p), a); }
#endif

// Query rows of one KV head, scaled by 1 / sqrt(head_dim), in the forms that formats read.
struct Queries {
  float* f32;          // [rows, head_dim]
  signed char* codes;  // [rows, head_dim], with the next two in form kBlock32
  float* scale;        // [rows, head_dim / 32]
  int* sum;            // [rows, head_dim / 32]
};

// Values as they are: halves, or floats where conversion is slow.
// Key tile: [head_dim, 16]. Value tile: [16, head_dim].
struct PlainKv {
  static constexpr bool kReadsCodes = false;

  static int64_t TileBytes(int head_dim) noexcept {
    return int64_t{kTileKeys} * head_dim * kKvBytes;
  }

  static void StoreK(const float* k, int head_dim, int64_t pos, void* keys) noexcept {
    unsigned char* tile = static_cast<unsigned char*>(keys) + pos / kTileKeys * TileBytes(head_dim);
    tile += pos % kTileKeys * kKvBytes;
    unsigned char packed[16 * kKvBytes];
    for (int64_t d = 0; d < head_dim; d += 16) {
      StoreKv16(packed, Load(k + d));
      for (int64_t j = 0; j < 16; ++j) {
        __builtin_memcpy(tile + (d + j) * kTileKeys * kKvBytes, packed + j * kKvBytes, kKvBytes);
      }
    }
  }

  static void StoreV(const float* v, int head_dim, int64_t pos, void* values) noexcept {
    unsigned char* row = static_cast<unsigned char*>(values) + pos * head_dim * kKvBytes;
    for (int d = 0; d < head_dim; d += 16) StoreKv16(row + d * kKvBytes, Load(v + d));
  }

  // To floats, [head_dim, kBlockKeys].
  WEIR_INLINE void UnpackKeys(const unsigned char* tiles, int head_dim, float* out) {
    for (int j = 0; j < kBlockTiles; ++j) {
      const unsigned char* tile = tiles + j * TileBytes(head_dim);
      for (int d = 0; d < head_dim; ++d) {
        Store(out + d * kBlockKeys + j * kTileKeys, LoadKv(tile + d * kTileKeys * kKvBytes));
      }
    }
  }

  WEIR_INLINE void UnpackValues(const unsigned char* tiles, int head_dim, float* out) {
    for (int i = 0; i < kBlockKeys * head_dim; i += 16) {
      Store(out + i, LoadKv(tiles + int64_t{i} * kKvBytes));
    }
  }

  template <int kRows>
  WEIR_INLINE void Scores(const Queries& q, int first, int head_dim, const unsigned char* /*tiles*/,
                          const float* keys, F32x16 (&s)[kRows][kBlockTiles]) {
    for (int d = 0; d < head_dim; ++d) {
      F32x16 k[kBlockTiles];
      WEIR_UNROLL
      for (int j = 0; j < kBlockTiles; ++j) k[j] = Load(keys + d * kBlockKeys + j * kTileKeys);
      WEIR_UNROLL
      for (int r = 0; r < kRows; ++r) {
        const F32x16 x = Set1(q.f32[int64_t{first + r} * head_dim + d]);
        WEIR_UNROLL
        for (int j = 0; j < kBlockTiles; ++j) s[r][j] = Fma(x, k[j], s[r][j]);
      }
    }
  }
};

// Blocks of Q8_0: 8 bits, one scale in half precision for 32 values of a position.
// Key tile: codes [head_dim / 4, 16, 4], scales [head_dim / 32, 16].
// Value tile: codes [16, head_dim], scales [head_dim / 32, 16].
struct Q8Kv {
  static constexpr bool kReadsCodes = true;

  static int64_t TileBytes(int head_dim) noexcept {
    return int64_t{kTileKeys} * (head_dim + head_dim / 32 * 2);
  }

  // Quantises and stores the scales; the codes of the position are left in `codes`.
  WEIR_INLINE unsigned char* StoreScales(const float* x, int head_dim, int64_t pos, void* tiles,
                                         signed char* codes, int block) {
    unsigned char* tile =
        static_cast<unsigned char*>(tiles) + pos / kTileKeys * TileBytes(head_dim);
    const float scale = RoundToHalf(QuantiseBlock(x + 32 * block, 32, codes));
    unsigned short halves[16];
    StoreF16(halves, Set1(scale));
    const int64_t at = int64_t{kTileKeys} * (head_dim + 2 * block) + pos % kTileKeys * 2;
    __builtin_memcpy(tile + at, halves, 2);
    return tile;
  }

  static void StoreK(const float* k, int head_dim, int64_t pos, void* keys) noexcept {
    signed char codes[32];
    for (int block = 0; block < head_dim / 32; ++block) {
      unsigned char* tile = StoreScales(k, head_dim, pos, keys, codes, block);
      for (int64_t g = 0; g < 8; ++g) {
        const int64_t at = ((8 * block + g) * kTileKeys + pos % kTileKeys) * 4;
        __builtin_memcpy(tile + at, codes + 4 * g, 4);
      }
    }
  }

  static void StoreV(const float* v, int head_dim, int64_t pos, void* values) noexcept {
    signed char codes[32];
    for (int block = 0; block < head_dim / 32; ++block) {
      unsigned char* tile = StoreScales(v, head_dim, pos, values, codes, block);
      __builtin_memcpy(tile + pos % kTileKeys * head_dim + 32 * block, codes, 32);
    }
  }

  // Scores come from the codes themselves.
  WEIR_INLINE void UnpackKeys(const unsigned char* /*tiles*/, int /*head_dim*/, float* /*out*/) {}

  WEIR_INLINE void UnpackValues(const unsigned char* tiles, int head_dim, float* out) {
    for (int j = 0; j < kBlockTiles; ++j) {
      const unsigned char* tile = tiles + j * TileBytes(head_dim);
      for (int block = 0; block < head_dim / 32; ++block) {
        float scales[kTileKeys];
        Store(scales, LoadF16(tile + int64_t{kTileKeys} * (head_dim + 2 * block)));
        for (int64_t i = 0; i < kTileKeys; ++i) {
          const signed char* codes =
              reinterpret_cast<const signed char*>(tile + i * head_dim + 32 * block);
          float* row = out + (j * kTileKeys + i) * head_dim + 32 * block;
          const F32x16 scale = Set1(scales[i]);
          Store(row, Mul(ToFloat(LoadI8(codes)), scale));
          Store(row + 16, Mul(ToFloat(LoadI8(codes + 16)), scale));
        }
      }
    }
  }

  // What 32 values of the head give to the scores of one tile.
  template <int kRows>
  WEIR_INLINE void AddTileScores(const Queries& q, int first, int head_dim, int block,
                                 const unsigned char* tile, F32x16 (&s)[kRows]) {
    const int n_blocks = head_dim / 32;
    I32x16 sums[kRows];
    WEIR_UNROLL
    for (int r = 0; r < kRows; ++r) {
      sums[r] = SetInts(kSignedCodeOffset * q.sum[(first + r) * n_blocks + block]);
    }
    WEIR_UNROLL
    for (int g = 0; g < 8; ++g) {
      const B8x64 codes = CodesOfSigned(LoadBytes(tile + (8 * block + g) * kTileKeys * 4));
      WEIR_UNROLL
      for (int r = 0; r < kRows; ++r) {
        const int64_t at = int64_t{first + r} * head_dim + 32 * block + 4 * g;
        sums[r] = DotSignedAdd(sums[r], codes, EveryWord(q.codes + at));
      }
    }
    const F32x16 scale = LoadF16(tile + int64_t{kTileKeys} * (head_dim + 2 * block));
    WEIR_UNROLL
    for (int r = 0; r < kRows; ++r) {
      const F32x16 both = Mul(scale, Set1(q.scale[(first + r) * n_blocks + block]));
      s[r] = Fma(ToFloat(sums[r]), both, s[r]);
    }
  }

  template <int kRows>
  WEIR_INLINE void Scores(const Queries& q, int first, int head_dim, const unsigned char* tiles,
                          const float* /*keys*/, F32x16 (&s)[kRows][kBlockTiles]) {
    WEIR_UNROLL
    for (int j = 0; j < kBlockTiles; ++j) {
      F32x16 of_tile[kRows];
      WEIR_UNROLL
      for (int r = 0; r < kRows; ++r) of_tile[r] = Zero();
      for (int block = 0; block < head_dim / 32; ++block) {
        AddTileScores<kRows>(q, first, head_dim, block, tiles + j * TileBytes(head_dim), of_tile);
      }
      WEIR_UNROLL
      for (int r = 0; r < kRows; ++r) s[r][j] = of_tile[r];
    }
  }
};
