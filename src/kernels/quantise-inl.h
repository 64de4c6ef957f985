// Inputs of matrix multiplications to 8 bits: q = nearest(x * 127 / max|x|), scale = max|x| / 127,
// per block.
//
// In form kBlock32 the scale is rounded to half precision, so that a block is exactly a Q8_0 block
// of GGUF. The rounding is small next to that of q, and accuracy can be compared like with like
// with engines that do the same.

// n_values (a multiple of 32) of x to q. Returns the scale.
WEIR_INLINE float QuantiseBlock(const float* x, int n_values, signed char* q) {
  F32x16 largest = Zero();
  for (int i = 0; i < n_values; i += 16) largest = Max(largest, Abs(Load(x + i)));
  const float max = ReduceMax(largest);
  const F32x16 inverse = Set1(max > 0 ? 127.0f / max : 0.0f);
  for (int i = 0; i < n_values; i += 16) StoreI8(q + i, RoundToInt(Mul(Load(x + i), inverse)));
  return max / 127.0f;
}

WEIR_INLINE int SumOf16(const signed char* q) {
  int sum = 0;
  for (int i = 0; i < 16; ++i) sum += q[i];
  return sum;
}

static void Quantise32(const float* x, int n_cols, int8_t* q, float* scale, float* scaled_sum,
                       int32_t* sum) noexcept {
  const int n_blocks = n_cols / 32;
  for (int b = 0; b < n_blocks; ++b) {
    scale[b] = RoundToHalf(QuantiseBlock(x + 32 * b, 32, q + 32 * b));
    sum[b] = SumOf16(q + 32 * b) + SumOf16(q + 32 * b + 16);
    scaled_sum[b] = scale[b] * static_cast<float>(sum[b]);
  }
}

static void Quantise256(const float* x, int n_cols, int8_t* q, float* scale,
                        int16_t* sums) noexcept {
  for (int b = 0; b < n_cols / 256; ++b) {
    scale[b] = QuantiseBlock(x + 256 * b, 256, q + 256 * b);
  }
  int16_t* sum32 = sums + n_cols / 16;
  for (int i = 0; i < n_cols / 16; ++i) sums[i] = static_cast<int16_t>(SumOf16(q + 16 * i));
  for (int i = 0; i < n_cols / 32; ++i) {
    sum32[i] = static_cast<int16_t>(sums[2 * i] + sums[2 * i + 1]);
  }
}
