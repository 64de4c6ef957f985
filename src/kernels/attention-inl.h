// Softmax attention of one token over the keys held so far, for the query heads that share one KV
// head.
//
//   score_i = scale * (q . k_i);   p_i = exp(score_i - max) / sum;   out = sum_i p_i v_i
// The scores of all keys are kept, so the result has one order of summation whatever the history of
// the cache.

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

// n is a multiple of 16.
static void StoreKv(const float* x, int n, void* kv) noexcept {
  unsigned char* p = static_cast<unsigned char*>(kv);
  for (int i = 0; i < n; i += 16) StoreKv16(p + i * kKvBytes, Load(x + i));
}

// scores[i] = exp(scores[i] - max); returns 1 / their sum.
WEIR_INLINE float SoftmaxWeights(float* scores, int n) {
  F32x16 largest = Set1(scores[0]);
  int i = 0;
  for (; i + 16 <= n; i += 16) largest = Max(largest, Load(scores + i));
  float max = ReduceMax(largest);
  for (; i < n; ++i) max = scores[i] > max ? scores[i] : max;

  const F32x16 shift = Set1(max);
  F32x16 sum = Zero();
  for (i = 0; i + 16 <= n; i += 16) {
    const F32x16 e = Exp(Sub(Load(scores + i), shift));
    Store(scores + i, e);
    sum = Add(sum, e);
  }
  if (i < n) {
    StoreFirst(scores + i, n - i, Exp(Sub(LoadFirst(scores + i, n - i), shift)));
    sum = Add(sum, LoadFirst(scores + i, n - i));
  }
  return 1.0f / ReduceAdd(sum);
}

static void AttendHead(const AttentionArgs& a, const float* q, float* out) noexcept {
  const unsigned char* k = static_cast<const unsigned char*>(a.k);
  const unsigned char* v = static_cast<const unsigned char*>(a.v);
  const int64_t row_bytes = int64_t{a.head_dim} * kKvBytes;
  for (int64_t i = 0; i < a.n_keys; ++i) {
    F32x16 dot = Zero();
    for (int j = 0; j < a.head_dim; j += 16) {
      dot = Fma(Load(q + j), LoadKv(k + i * row_bytes + j * kKvBytes), dot);
    }
    a.scores[i] = ReduceAdd(dot) * a.scale;
  }
  const float inverse_sum = SoftmaxWeights(a.scores, a.n_keys);
  for (int j = 0; j < a.head_dim; j += 16) {
    F32x16 sum = Zero();
    const unsigned char* column = v + j * kKvBytes;
    for (int64_t i = 0; i < a.n_keys; ++i) {
      sum = Fma(Set1(a.scores[i]), LoadKv(column + i * row_bytes), sum);
    }
    Store(out + j, Mul(sum, Set1(inverse_sum)));
  }
}

static void Attention(const AttentionArgs& a) noexcept {
  for (int h = 0; h < a.group; ++h) AttendHead(a, a.q + h * a.head_dim, a.out + h * a.head_dim);
}
