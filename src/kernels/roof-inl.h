// The rate of integer dot products out of registers: the roof that matrix products are measured
// against.

// 2 * 64 operations a step and sum, enough sums to hide the instruction's latency. Returns the
// number of operations; *sink takes what keeps the compiler from leaving them out.
static int64_t DotLoop(int n_steps, int32_t* sink) noexcept {
  constexpr int kSums = 12;
  I32x16 sums[kSums];
  WEIR_UNROLL
  for (int i = 0; i < kSums; ++i) sums[i] = SetInts(i);
  const B8x64 codes = EveryWordOf(0x01020304U);
  B8x64 x = EveryWordOf(0x04030201U);
  for (int step = 0; step < n_steps; ++step) {
    WEIR_UNROLL
    for (int i = 0; i < kSums; ++i) sums[i] = DotAdd(sums[i], codes, x);
  }
  F32x16 total = Zero();
  WEIR_UNROLL
  for (int i = 0; i < kSums; ++i) total = Add(total, ToFloat(sums[i]));
  *sink = ReduceAdd(total) > 0 ? 1 : 0;
  return int64_t{n_steps} * kSums * 128;
}
