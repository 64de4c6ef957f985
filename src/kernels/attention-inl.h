// Softmax attention of some tokens over the keys held so far, for the query heads that share one KV
// head.
//
//   score_i = (q . k_i) / sqrt(head_dim);   p_i = exp(score_i) / sum;   out = sum_i p_i v_i
// Online softmax (Milakov and Gimelshein 2018): keys pass in blocks of kBlockKeys, counted from
// position 0; the largest score m, the sum l of the exp(score - m) and the weighted values so far
// are rescaled when a block raises m. A row's result depends on its own keys alone: blocks begin at
// fixed positions, and inside them every row goes through the same steps whatever rows are beside.

// A score that gives no weight.
constexpr float kNoScore = -1e30f;

struct AttentionScratch {
  Queries q;
  float* keys;     // [head_dim, kBlockKeys]
  float* values;   // [kBlockKeys, head_dim]
  float* weights;  // [kAttentionRows, kBlockKeys]
  float* largest;  // [rows]
  float* sum;      // [rows]
};

// Cuts the caller's memory into arrays; AttentionScratchFloats() is their sum.
WEIR_INLINE AttentionScratch CutScratch(float* p, int head_dim, int rows) {
  const int64_t values = int64_t{rows} * head_dim;
  AttentionScratch s;
  s.keys = p;
  s.values = s.keys + int64_t{kBlockKeys} * head_dim;
  s.weights = s.values + int64_t{kBlockKeys} * head_dim;
  s.largest = s.weights + int64_t{kMaxAttentionRows} * kBlockKeys;
  s.sum = s.largest + rows;
  s.q.f32 = s.sum + rows;
  s.q.scale = s.q.f32 + values;
  s.q.sum = reinterpret_cast<int*>(s.q.scale + values / 16);
  s.q.codes = reinterpret_cast<signed char*>(s.q.sum + values / 16);
  return s;
}

template <class Kv>
WEIR_INLINE void PrepareQueries(const AttentionArgs& a, const Queries& q) {
  const int64_t width = int64_t{a.group} * a.head_dim;
  for (int64_t t = 0; t < a.n_tokens; ++t) {
    for (int64_t i = 0; i < width; i += 16) {
      Store(q.f32 + t * width + i, Mul(Load(a.q + t * a.q_stride + i), Set1(a.scale)));
    }
  }
  if constexpr (Kv::kReadsCodes) {
    for (int64_t b = 0; b < a.n_tokens * width / 32; ++b) {
      q.scale[b] = QuantiseBlock(q.f32 + 32 * b, 32, q.codes + 32 * b);
      q.sum[b] = SumOf16(q.codes + 32 * b) + SumOf16(q.codes + 32 * b + 16);
    }
  }
}

// Scores to weights exp(score - m) in `weights` [kRows, kBlockKeys]; the first n_keys count. What
// was summed under the old m has to shrink by `shrink`.
template <int kRows>
WEIR_INLINE void WeightsOf(const F32x16 (&s)[kRows][kBlockTiles], int n_keys, float* weights,
                           float* largest, float* sum, float* shrink) {
  WEIR_UNROLL
  for (int r = 0; r < kRows; ++r) {
    float* w = weights + r * kBlockKeys;
    WEIR_UNROLL
    for (int j = 0; j < kBlockTiles; ++j) Store(w + j * kTileKeys, s[r][j]);
    for (int i = n_keys; i < kBlockKeys; ++i) w[i] = kNoScore;
    F32x16 most = Load(w);
    WEIR_UNROLL
    for (int j = 1; j < kBlockTiles; ++j) most = Max(most, Load(w + j * kTileKeys));
    const float block_most = ReduceMax(most);
    const float m = block_most > largest[r] ? block_most : largest[r];
    float shrinks[16];
    Store(shrinks, Exp(Set1(largest[r] - m)));
    shrink[r] = shrinks[0];
    largest[r] = m;
    F32x16 total = Zero();
    WEIR_UNROLL
    for (int j = 0; j < kBlockTiles; ++j) {
      const F32x16 e = Exp(Sub(Load(w + j * kTileKeys), Set1(m)));
      Store(w + j * kTileKeys, e);
      total = Add(total, e);
    }
    sum[r] = Fma(sum[r], shrink[r], ReduceAdd(total));
  }
}

// out[r] = shrink[r] * out[r] + sum over keys of weights[r] * values, kVectors vectors from column
// d.
template <int kRows, int kVectors>
WEIR_INLINE void AddValues(const float* values, int head_dim, int n_keys, const float* weights,
                           const float* shrink, float* out) {
  F32x16 f[kRows][kVectors];
  WEIR_UNROLL
  for (int r = 0; r < kRows; ++r) {
    WEIR_UNROLL
    for (int j = 0; j < kVectors; ++j) {
      f[r][j] = Mul(Load(out + r * head_dim + 16 * j), Set1(shrink[r]));
    }
  }
  for (int i = 0; i < n_keys; ++i) {
    const float* row = values + int64_t{i} * head_dim;
    F32x16 v[kVectors];
    WEIR_UNROLL
    for (int j = 0; j < kVectors; ++j) v[j] = Load(row + 16 * j);
    WEIR_UNROLL
    for (int r = 0; r < kRows; ++r) {
      const F32x16 w = Set1(weights[r * kBlockKeys + i]);
      WEIR_UNROLL
      for (int j = 0; j < kVectors; ++j) f[r][j] = Fma(w, v[j], f[r][j]);
    }
  }
  WEIR_UNROLL
  for (int r = 0; r < kRows; ++r) {
    WEIR_UNROLL
    for (int j = 0; j < kVectors; ++j) Store(out + r * head_dim + 16 * j, f[r][j]);
  }
}

// One block of keys for query rows [first, first + kRows), whose results are at `out`.
template <class Kv, int kRows>
WEIR_INLINE void AttendBlock(const AttentionScratch& s, int first, int head_dim,
                             const unsigned char* key_tiles, int n_keys, float* out) {
  F32x16 scores[kRows][kBlockTiles];
  WEIR_UNROLL
  for (int r = 0; r < kRows; ++r) {
    WEIR_UNROLL
    for (int j = 0; j < kBlockTiles; ++j) scores[r][j] = Zero();
  }
  Kv::template Scores<kRows>(s.q, first, head_dim, key_tiles, s.keys, scores);
  float shrink[kRows];
  WeightsOf<kRows>(scores, n_keys, s.weights, s.largest + first, s.sum + first, shrink);
  int d = 0;
  for (; d + 64 <= head_dim; d += 64) {
    AddValues<kRows, 4>(s.values + d, head_dim, n_keys, s.weights, shrink, out + d);
  }
  for (; d < head_dim; d += 16) {
    AddValues<kRows, 1>(s.values + d, head_dim, n_keys, s.weights, shrink, out + d);
  }
}

template <class Kv>
static void Attention(const AttentionArgs& a) noexcept {
  const int hd = a.head_dim;
  const int rows = a.n_tokens * a.group;
  const AttentionScratch s = CutScratch(a.scratch, hd, rows);
  PrepareQueries<Kv>(a, s.q);
  for (int r = 0; r < rows; ++r) {
    s.largest[r] = kNoScore;
    s.sum[r] = 0;
  }
  for (int64_t t = 0; t < a.n_tokens; ++t) {
    for (int i = 0; i < a.group * hd; i += 16) Store(a.out + t * a.out_stride + i, Zero());
  }

  const int64_t tile_bytes = Kv::TileBytes(hd);
  const int n_keys = a.first_pos + a.n_tokens;
  for (int begin = 0; begin < n_keys; begin += kBlockKeys) {
    const unsigned char* keys =
        static_cast<const unsigned char*>(a.k) + begin / kTileKeys * tile_bytes;
    Kv::UnpackKeys(keys, hd, s.keys);
    Kv::UnpackValues(static_cast<const unsigned char*>(a.v) + begin / kTileKeys * tile_bytes, hd,
                     s.values);
    for (int t = 0; t < a.n_tokens; ++t) {
      const int seen = a.first_pos + t + 1 - begin;
      if (seen <= 0) continue;
      const int n = seen < kBlockKeys ? seen : kBlockKeys;
      float* out = a.out + t * a.out_stride;
      int h = 0;
      for (; h + kAttentionRows <= a.group; h += kAttentionRows) {
        AttendBlock<Kv, kAttentionRows>(s, t * a.group + h, hd, keys, n, out + int64_t{h} * hd);
      }
      for (; h < a.group; ++h) {
        AttendBlock<Kv, 1>(s, t * a.group + h, hd, keys, n, out + int64_t{h} * hd);
      }
    }
  }
  for (int t = 0; t < a.n_tokens; ++t) {
    for (int h = 0; h < a.group; ++h) {
      const F32x16 inverse = Set1(1.0f / s.sum[t * a.group + h]);
      float* out = a.out + t * a.out_stride + int64_t{h} * hd;
      for (int d = 0; d < hd; d += 16) Store(out + d, Mul(Load(out + d), inverse));
    }
  }
}
