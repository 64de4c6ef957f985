#include "model/scratch.h"

#include <algorithm>
#include <cmath>

namespace weir::model {
namespace {

// Places arrays one after the other; run once without memory to learn the size, once with it.
class Arena {
 public:
  explicit Arena(std::byte* base) : base_(base) {}

  template <class T>
  T* Take(int64_t n) {
    const size_t offset = used_;
    used_ += (static_cast<size_t>(n) * sizeof(T) + 63) / 64 * 64;
    return base_ == nullptr ? nullptr : reinterpret_cast<T*>(base_ + offset);
  }
  Rows TakeRows(int n, int width) { return {Take<float>(int64_t{n} * width), n, width}; }
  size_t used() const { return used_; }

 private:
  std::byte* base_;
  size_t used_ = 0;
};

void Place(Scratch& s, const Lfm2Dims& d, int n, int n_threads, Arena& arena) {
  const int n_pairs = n * d.n_experts_used;
  s.x = arena.TakeRows(n, d.d_model);
  s.h = arena.TakeRows(n, d.d_model);
  s.r = arena.TakeRows(n, d.d_model);
  s.bcx = arena.TakeRows(n, 3 * d.d_model);
  s.conv = arena.TakeRows(n, d.d_model);
  s.q = arena.TakeRows(n, d.d_q());
  s.k = arena.TakeRows(n, d.d_kv());
  s.v = arena.TakeRows(n, d.d_kv());
  s.attended = arena.TakeRows(n, d.d_q());
  s.gate = arena.TakeRows(n, d.d_ff);
  s.up = arena.TakeRows(n, d.d_ff);
  s.router = arena.TakeRows(n, d.n_experts);
  s.expert_gate = arena.TakeRows(n_pairs, d.d_ff_expert);
  s.expert_up = arena.TakeRows(n_pairs, d.d_ff_expert);
  s.expert_down = arena.TakeRows(n_pairs, d.d_model);
  s.cosine = arena.TakeRows(n, d.head_dim / 2);
  s.sine = arena.TakeRows(n, d.head_dim / 2);
  s.ops.attention = arena.TakeRows(
      n_threads, static_cast<int>(kernels::AttentionScratchFloats(
                     d.head_dim, d.n_heads / d.n_kv_heads, std::min(n, kAttentionTokens))));

  // The 8-bit forms of the largest input of any matrix.
  const int64_t values = std::max(int64_t{n} * std::max({d.d_model, d.d_q(), d.d_ff}),
                                  int64_t{n_pairs} * d.d_ff_expert);
  s.ops.input.q32 = arena.Take<int8_t>(values);
  s.ops.input.scale32 = arena.Take<float>(values / 32);
  s.ops.input.scaled_sum32 = arena.Take<float>(values / 32);
  s.ops.input.sum32 = arena.Take<int32_t>(values / 32);
  s.ops.input.q256 = arena.Take<int8_t>(values);
  s.ops.input.scale256 = arena.Take<float>(values / 256 + n);
  s.ops.input.sums256 = arena.Take<int16_t>(values / 16 + values / 32);
}

}  // namespace

uint64_t Scratch::BytesFor(const Lfm2Dims& d, int max_tokens, int n_threads) {
  Scratch unplaced;
  Arena measure(nullptr);
  Place(unplaced, d, std::min(kMaxBatch, max_tokens), n_threads, measure);
  return measure.used();
}

Scratch::Scratch(const Lfm2Dims& d, int max_tokens, int n_threads) {
  const int n = std::min(kMaxBatch, max_tokens);
  memory = kernels::AlignedBuffer(BytesFor(d, max_tokens, n_threads));
  Arena place(memory.data());
  Place(*this, d, n, n_threads, place);
  // The longest list: gate and up of every expert; without experts: q, k, v.
  ops.tasks.resize(static_cast<size_t>(std::max(3, 2 * d.n_experts)));
  routing = MoeRouting(n, d.n_experts, d.n_experts_used);
  for (int j = 0; j < d.head_dim / 2; ++j) {
    rope_frequency.push_back(std::pow(d.rope_theta, -2.0 * j / d.head_dim));
  }
}

}  // namespace weir::model
