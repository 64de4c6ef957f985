// The loop around the dot products of float weights: a tile of weight rows against groups of
// tokens.
//
// A group is four tokens, whose dot products share the reading of a weight row, or one. For one
// token a group of four performs exactly the operations of a group of one, so the grouping never
// shows in the result.

// 16 rows of weights stay in the first-level cache while the tokens pass by.
constexpr int kTileRows = 16;

template <class Format, int kTokens>
WEIR_INLINE void TileTimesTokens(const MatMulArgs& a, int row_begin, int row_end, int first) {
  XRow x[kTokens];
  RowsOf<Format::kForm, kTokens>(a, first, x);
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
