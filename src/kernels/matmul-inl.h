// The loop around the dot products of all quant types: a tile of weight rows against groups of
// tokens.
//
// A group is four tokens, whose dot products share the unpacking of a weight row, or one. For one
// token a group of four performs exactly the operations of a group of one, so the grouping never
// shows in the result.

// One token's row of Activations, as its quant type reads it.
struct XRow {
  const float* f32;
  const signed char* q;
  const float* scale;
  const float* scaled_sum;  // kBlock32
  const short* sum16;       // kBlock256
  const short* sum32;
};

template <ActivationForm kForm>
WEIR_INLINE XRow RowOf(const Activations& x, int64_t row) {
  XRow r = {};
  const int64_t n = x.n_cols;
  if constexpr (kForm == ActivationForm::kF32) {
    r.f32 = x.f32 + row * n;
  } else if constexpr (kForm == ActivationForm::kBlock32) {
    const int64_t padded = (n + 63) / 64 * 64;
    r.q = x.q32 + row * padded;
    r.scale = x.scale32 + row * (padded / 32);
    r.scaled_sum = x.scaled_sum32 + row * (padded / 32);
  } else {
    r.q = x.q256 + row * n;
    r.scale = x.scale256 + row * (n / 256);
    r.sum16 = x.sums256 + row * (n / 16 + n / 32);
    r.sum32 = r.sum16 + n / 16;
  }
  return r;
}

// 16 rows of weights stay in the first-level cache while the tokens pass by.
constexpr int kTileRows = 16;

template <class Format, int kTokens>
WEIR_INLINE void TileTimesTokens(const MatMulArgs& a, int row_begin, int row_end, int first) {
  XRow x[kTokens];
  for (int i = 0; i < kTokens; ++i) {
    const int64_t row = a.x_rows != nullptr ? a.x_rows[first + i] : a.x_first + first + i;
    x[i] = RowOf<Format::kForm>(*a.x, row);
  }
  const unsigned char* weights = reinterpret_cast<const unsigned char*>(a.weights);
  for (int r = row_begin; r < row_end; ++r) {
    float dot[kTokens];
    Format::template Dot<kTokens>(weights + r * a.row_bytes, a.x->n_cols, x, dot);
    for (int i = 0; i < kTokens; ++i) a.out[(first + i) * a.out_stride + r] = dot[i];
  }
}

template <class Format>
void MatMul(const MatMulArgs& a) noexcept {
  for (int row = a.row_begin; row < a.row_end; row += kTileRows) {
    const int row_end = row + kTileRows < a.row_end ? row + kTileRows : a.row_end;
    int i = 0;
    for (; i + 4 <= a.n_tokens; i += 4) TileTimesTokens<Format, 4>(a, row, row_end, i);
    for (; i < a.n_tokens; ++i) TileTimesTokens<Format, 1>(a, row, row_end, i);
  }
}
