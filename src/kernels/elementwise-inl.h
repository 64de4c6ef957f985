// Norms, activations, rotations and the short convolution: everything that works value by value or
// row by row.

// The first n < 16 values of p, then zeros.
WEIR_INLINE F32x16 LoadFirst(const float* p, int n) {
  float lanes[16] = {};
  __builtin_memcpy(lanes, p, static_cast<size_t>(n) * sizeof(float));
  return Load(lanes);
}
WEIR_INLINE void StoreFirst(float* p, int n, F32x16 a) {
  float lanes[16];
  Store(lanes, a);
  __builtin_memcpy(p, lanes, static_cast<size_t>(n) * sizeof(float));
}

// e^x for x in [-87, 88], to which x is clamped; relative error below 2e-7.
// x = n ln2 + r with |r| <= ln2 / 2; ln2 in two parts so that r is exact; e^r by its series to r^7.
WEIR_INLINE F32x16 Exp(F32x16 x) {
  x = Max(Min(x, Set1(88.0f)), Set1(-87.0f));
  const I32x16 n = RoundToInt(Mul(x, Set1(1.44269504f)));
  const F32x16 n_float = ToFloat(n);
  F32x16 r = Fma(n_float, Set1(-0.693359375f), x);
  r = Fma(n_float, Set1(2.12194440e-4f), r);
  F32x16 p = Set1(1.0f / 5040);
  p = Fma(p, r, Set1(1.0f / 720));
  p = Fma(p, r, Set1(1.0f / 120));
  p = Fma(p, r, Set1(1.0f / 24));
  p = Fma(p, r, Set1(1.0f / 6));
  p = Fma(p, r, Set1(0.5f));
  p = Fma(p, r, Set1(1.0f));
  p = Fma(p, r, Set1(1.0f));
  return Mul(p, PowerOfTwo(n));
}

WEIR_INLINE F32x16 Sigmoid(F32x16 x) {
  return Div(Set1(1.0f), Add(Set1(1.0f), Exp(Sub(Zero(), x))));
}

static void RmsNorm(const float* x, const float* w, int n, float eps, float* y) noexcept {
  F32x16 sum = Zero();
  int i = 0;
  for (; i + 16 <= n; i += 16) sum = Fma(Load(x + i), Load(x + i), sum);
  if (i < n) {
    const F32x16 tail = LoadFirst(x + i, n - i);
    sum = Fma(tail, tail, sum);
  }
  const float mean = ReduceAdd(sum) / static_cast<float>(n);
  const F32x16 factor = Set1(1.0f / Sqrt(mean + eps));
  for (i = 0; i + 16 <= n; i += 16) Store(y + i, Mul(Mul(Load(x + i), factor), Load(w + i)));
  if (i < n) {
    StoreFirst(y + i, n - i, Mul(Mul(LoadFirst(x + i, n - i), factor), LoadFirst(w + i, n - i)));
  }
}

static void Rope(float* x, const float* cosine, const float* sine, int half) noexcept {
  int j = 0;
  for (; j + 16 <= half; j += 16) {
    const F32x16 a = Load(x + j);
    const F32x16 b = Load(x + j + half);
    const F32x16 c = Load(cosine + j);
    const F32x16 s = Load(sine + j);
    Store(x + j, Sub(Mul(a, c), Mul(b, s)));
    Store(x + j + half, Add(Mul(b, c), Mul(a, s)));
  }
  for (; j < half; ++j) {
    const float a = x[j];
    const float b = x[j + half];
    x[j] = a * cosine[j] - b * sine[j];
    x[j + half] = b * cosine[j] + a * sine[j];
  }
}

static void AddTo(float* x, const float* y, int n) noexcept {
  int i = 0;
  for (; i + 16 <= n; i += 16) Store(x + i, Add(Load(x + i), Load(y + i)));
  for (; i < n; ++i) x[i] += y[i];
}

static void AddScaled(float* x, const float* y, float w, int n) noexcept {
  int i = 0;
  for (; i + 16 <= n; i += 16) Store(x + i, Fma(Load(y + i), Set1(w), Load(x + i)));
  for (; i < n; ++i) x[i] = Fma(y[i], w, x[i]);
}

static void SiluMul(float* gate, const float* up, int n) noexcept {
  int i = 0;
  for (; i + 16 <= n; i += 16) {
    const F32x16 z = Load(gate + i);
    Store(gate + i, Mul(Mul(z, Sigmoid(z)), Load(up + i)));
  }
  if (i < n) {
    const F32x16 z = LoadFirst(gate + i, n - i);
    StoreFirst(gate + i, n - i, Mul(Mul(z, Sigmoid(z)), LoadFirst(up + i, n - i)));
  }
}

static void SigmoidInPlace(float* x, int n) noexcept {
  int i = 0;
  for (; i + 16 <= n; i += 16) Store(x + i, Sigmoid(Load(x + i)));
  if (i < n) StoreFirst(x + i, n - i, Sigmoid(LoadFirst(x + i, n - i)));
}

// u_t = B_t * X_t;  y_t = C_t * (w0 u_{t-2} + w1 u_{t-1} + w2 u_t), channel by channel.
static void ShortConv(const ShortConvArgs& a) noexcept {
  const int64_t d = a.d;
  int c = a.channel_begin;
  for (; c + 16 <= a.channel_end; c += 16) {
    const F32x16 w0 = Load(a.taps + c);
    const F32x16 w1 = Load(a.taps + d + c);
    const F32x16 w2 = Load(a.taps + 2 * d + c);
    F32x16 before_last = Load(a.state + c);
    F32x16 last = Load(a.state + d + c);
    for (int64_t t = 0; t < a.n_tokens; ++t) {
      const float* bcx = a.bcx + 3 * d * t + c;
      const F32x16 u = Mul(Load(bcx), Load(bcx + 2 * d));
      const F32x16 conv = Fma(w2, u, Fma(w1, last, Mul(w0, before_last)));
      Store(a.y + d * t + c, Mul(Load(bcx + d), conv));
      before_last = last;
      last = u;
    }
    Store(a.state + c, before_last);
    Store(a.state + d + c, last);
  }
  for (; c < a.channel_end; ++c) {
    float* state = a.state + c;
    for (int64_t t = 0; t < a.n_tokens; ++t) {
      const float* bcx = a.bcx + 3 * d * t + c;
      const float u = bcx[0] * bcx[2 * d];
      const float older = Fma(a.taps[d + c], state[d], a.taps[c] * state[0]);
      a.y[d * t + c] = bcx[d] * Fma(a.taps[2 * d + c], u, older);
      state[0] = state[d];
      state[d] = u;
    }
  }
}
