// Dot products of F32, F16 and BF16 rows with inputs in form kF32.

struct ReadF32 {
  static constexpr int kBytes = 4;
  WEIR_INLINE F32x16 Read(const unsigned char* p) {
    return Load(reinterpret_cast<const float*>(p));
  }
};
struct ReadF16 {
  static constexpr int kBytes = 2;
  WEIR_INLINE F32x16 Read(const unsigned char* p) { return LoadF16(p); }
};
struct ReadBf16 {
  static constexpr int kBytes = 2;
  WEIR_INLINE F32x16 Read(const unsigned char* p) { return LoadBf16(p); }
};

template <class R>
struct FloatFormat {
  static constexpr ActivationForm kForm = ActivationForm::kF32;

  template <int kTokens>
  WEIR_INLINE void Dot(const unsigned char* w, int n_cols, const XRow* x, float* out) {
    F32x16 sums[kTokens];
    WEIR_UNROLL
    for (int i = 0; i < kTokens; ++i) sums[i] = Zero();
    int c = 0;
    for (; c + 16 <= n_cols; c += 16) {
      const F32x16 weights = R::Read(w + c * R::kBytes);
      WEIR_UNROLL
      for (int i = 0; i < kTokens; ++i) sums[i] = Fma(weights, Load(x[i].f32 + c), sums[i]);
    }
    if (c < n_cols) {
      unsigned char tail[16 * R::kBytes] = {};
      __builtin_memcpy(tail, w + c * R::kBytes, static_cast<size_t>(n_cols - c) * R::kBytes);
      const F32x16 weights = R::Read(tail);
      WEIR_UNROLL
      for (int i = 0; i < kTokens; ++i) {
        sums[i] = Fma(weights, LoadFirst(x[i].f32 + c, n_cols - c), sums[i]);
      }
    }
    WEIR_UNROLL
    for (int i = 0; i < kTokens; ++i) out[i] = ReduceAdd(sums[i]);
  }
};
