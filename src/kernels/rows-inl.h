// What the matrix kernels of quantised weights share: 16 rows of weights side by side, one a lane.
//
// A vector holds four codes of each of 16 rows. A dot product of a block is then 4 codes x 16 rows
// a step against 4 input values in every lane, all its rows come out together, and no sum across
// lanes is ever needed. A row's result is a chain over its blocks in order,
//   f = fma(integer dot of the block, scale of the weight * scale of the input, f)
// the same whether the codes come straight from the file (few tokens) or from an unpacked panel
// (many tokens), so that neither company nor chunk size shows in the result.

constexpr int kRowsAtOnce = 16;

// One token's row of Activations, as its quant type reads it.
struct XRow {
  const float* f32;
  const signed char* q;
  const float* scale;
  const float* scaled_sum;  // kBlock32: scale * sum
  const int* sum;           // kBlock32: of the q of a block
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
    const int64_t blocks = n / 32;
    r.q = x.q32 + row * n;
    r.scale = x.scale32 + row * blocks;
    r.scaled_sum = x.scaled_sum32 + row * blocks;
    r.sum = x.sum32 + row * blocks;
  } else {
    r.q = x.q256 + row * n;
    r.scale = x.scale256 + row * (n / 256);
    r.sum16 = x.sums256 + row * (n / 16 + n / 32);
    r.sum32 = r.sum16 + n / 16;
  }
  return r;
}

template <ActivationForm kForm, int kTokens>
WEIR_INLINE void RowsOf(const MatMulArgs& a, int first, XRow* x) {
  WEIR_UNROLL
  for (int i = 0; i < kTokens; ++i) {
    const int64_t row = a.x_rows != nullptr ? a.x_rows[first + i] : a.x_first + first + i;
    x[i] = RowOf<kForm>(*a.x, row);
  }
}

// The half-precision number at p of each row.
WEIR_INLINE F32x16 HalfOfEachRow(const unsigned char* p, int64_t stride) {
  unsigned short half[kRowsAtOnce];
  WEIR_UNROLL
  for (int i = 0; i < kRowsAtOnce; ++i) __builtin_memcpy(&half[i], p + i * stride, 2);
  return LoadF16(half);
}

// Columns that a panel holds at once: with two panels of 16 rows their codes fill half of a
// first-level cache of 32 KiB.
constexpr int kPanelCols = 512;
// Up to this many tokens codes go straight from the file into the products.
constexpr int kDirectTokens = 4;

// Rows [row, row + 16) of `a`, or one row in every lane.
struct RowTile {
  const unsigned char* weights;
  int64_t stride;  // bytes from row to row; 0: the same row in every lane
  int row;
  int n_rows;     // 16, or 1
  bool has_next;  // 16 more rows lie behind these
};

WEIR_INLINE RowTile TileAt(const MatMulArgs& a, int row) {
  const unsigned char* weights = reinterpret_cast<const unsigned char*>(a.weights);
  const bool whole = row + kRowsAtOnce <= a.row_end;
  const bool has_next = row + 2 * kRowsAtOnce <= a.row_end;
  return {weights + row * a.row_bytes, whole ? a.row_bytes : 0, row, whole ? kRowsAtOnce : 1,
          has_next};
}

WEIR_INLINE void StoreRows(const MatMulArgs& a, const RowTile& tile, int token, F32x16 f) {
  float* out = a.out + token * a.out_stride + tile.row;
  if (tile.n_rows == kRowsAtOnce) {
    Store(out, f);
  } else {
    StoreFirst(out, 1, f);
  }
}
WEIR_INLINE F32x16 LoadRows(const MatMulArgs& a, const RowTile& tile, int token) {
  const float* out = a.out + token * a.out_stride + tile.row;
  return tile.n_rows == kRowsAtOnce ? Load(out) : LoadFirst(out, 1);
}

// The next 16 rows lie right behind these; their lines come into the second-level cache while these
// are computed. Into the first level they would push out what is in use.
WEIR_INLINE void PrefetchNext(const RowTile& tile, int64_t from, int64_t bytes) {
  const unsigned char* next = tile.weights + kRowsAtOnce * tile.stride + from;
  for (int64_t i = 0; i < bytes; i += 64) __builtin_prefetch(next + i, 0, 2);
}

// A prefetch into a page whose translation is not at hand may be dropped: one plain load a page
// brings the translations of the next 16 rows.
WEIR_INLINE void TouchNext(const RowTile& tile) {
  if (!tile.has_next) return;
  constexpr int64_t kPageBytes = 4096;
  const unsigned char* next = tile.weights + kRowsAtOnce * tile.stride;
  for (int64_t i = 0; i < kRowsAtOnce * tile.stride; i += kPageBytes) {
    static_cast<void>(*static_cast<const volatile unsigned char*>(next + i));
  }
}

template <class Format, int kTokens>
WEIR_INLINE void DirectTile(const MatMulArgs& a, const RowTile& tile, int first) {
  XRow x[kTokens];
  RowsOf<Format::kForm, kTokens>(a, first, x);
  F32x16 f[kTokens];
  Format::template Direct<kTokens>(tile, a.x->n_cols, x, f);
  WEIR_UNROLL
  for (int i = 0; i < kTokens; ++i) StoreRows(a, tile, first + i, f[i]);
}

template <class Format>
WEIR_INLINE void DirectRows(const MatMulArgs& a) {
  for (int row = a.row_begin; row < a.row_end;) {
    const RowTile tile = TileAt(a, row);
    TouchNext(tile);
    if (a.n_tokens == 4) {
      DirectTile<Format, 4>(a, tile, 0);
    } else {
      if (a.n_tokens >= 2) DirectTile<Format, 2>(a, tile, 0);
      if (a.n_tokens % 2 != 0) DirectTile<Format, 1>(a, tile, a.n_tokens - 1);
    }
    row += tile.n_rows;
  }
}

template <class Format, int kPanels, int kTokens>
WEIR_INLINE void PanelsTimesTokens(const MatMulArgs& a, const typename Format::Panel* panels,
                                   const RowTile* tiles, int col_begin, int n_cols, int first) {
  XRow x[kTokens];
  RowsOf<Format::kForm, kTokens>(a, first, x);
  F32x16 f[kPanels][kTokens];
  WEIR_UNROLL
  for (int p = 0; p < kPanels; ++p) {
    WEIR_UNROLL
    for (int i = 0; i < kTokens; ++i) {
      f[p][i] = col_begin == 0 ? Zero() : LoadRows(a, tiles[p], first + i);
    }
  }
  Format::template Accumulate<kPanels, kTokens>(panels, col_begin, n_cols, x, f);
  WEIR_UNROLL
  for (int p = 0; p < kPanels; ++p) {
    WEIR_UNROLL
    for (int i = 0; i < kTokens; ++i) StoreRows(a, tiles[p], first + i, f[p][i]);
  }
}

template <class Format, int kPanels>
WEIR_INLINE void PanelsTimesAll(const MatMulArgs& a, const typename Format::Panel* panels,
                                const RowTile* tiles, int col_begin, int n_cols) {
  int i = 0;
  for (; i + kTileTokens <= a.n_tokens; i += kTileTokens) {
    PanelsTimesTokens<Format, kPanels, kTileTokens>(a, panels, tiles, col_begin, n_cols, i);
  }
  for (; i + 2 <= a.n_tokens; i += 2) {
    PanelsTimesTokens<Format, kPanels, 2>(a, panels, tiles, col_begin, n_cols, i);
  }
  if (i < a.n_tokens) {
    PanelsTimesTokens<Format, kPanels, 1>(a, panels, tiles, col_begin, n_cols, i);
  }
}

// Into the second-level cache: kPanelCols columns from col on of rows [row, row + n_rows), as far
// as there are such.
WEIR_INLINE void PrefetchBlock(const MatMulArgs& a, int row, int n_rows, int col) {
  const int row_end = row + n_rows < a.row_end ? row + n_rows : a.row_end;
  const int col_end = col + kPanelCols < a.x->n_cols ? col + kPanelCols : a.x->n_cols;
  const int64_t begin = a.row_bytes * col / a.x->n_cols;
  const int64_t end = a.row_bytes * col_end / a.x->n_cols;
  for (; row < row_end; ++row) {
    const unsigned char* p = reinterpret_cast<const unsigned char*>(a.weights) + row * a.row_bytes;
    for (int64_t at = begin; at < end; at += 64) __builtin_prefetch(p + at, 0, 2);
  }
}

// All tokens against kPanels tiles of rows, kPanelCols columns at a time. Between the columns the
// sums rest in `out`.
template <class Format, int kPanels>
static void PanelRows(const MatMulArgs& a, int row) {
  typename Format::Panel panels[kPanels];
  RowTile tiles[kPanels];
  WEIR_UNROLL
  for (int p = 0; p < kPanels; ++p) tiles[p] = TileAt(a, row + p * kRowsAtOnce);
  for (int col = 0; col < a.x->n_cols; col += kPanelCols) {
    const int left = a.x->n_cols - col;
    const int n_cols = left < kPanelCols ? left : kPanelCols;
    for (int p = 0; p < kPanels; ++p) Format::Unpack(tiles[p], col, n_cols, panels[p]);
    // What is unpacked next: the columns behind these, or the first ones of the rows behind.
    constexpr int kRows = kPanels * kRowsAtOnce;
    if (left > kPanelCols) {
      PrefetchBlock(a, row, kRows, col + kPanelCols);
    } else {
      PrefetchBlock(a, row + kRows, kRows, 0);
    }
    PanelsTimesAll<Format, kPanels>(a, panels, tiles, col, n_cols);
  }
}

template <class Format>
void MatMulOfRows(const MatMulArgs& a) noexcept {
  if (a.n_tokens <= kDirectTokens) return DirectRows<Format>(a);
  for (int row = a.row_begin; row < a.row_end;) {
    if (row + kTilePanels * kRowsAtOnce <= a.row_end) {
      PanelRows<Format, kTilePanels>(a, row);
      row += kTilePanels * kRowsAtOnce;
    } else {
      PanelRows<Format, 1>(a, row);
      row += TileAt(a, row).n_rows;
    }
  }
}
