// The forward pass of LFM2 and LFM2-MoE, in order of computation.
//
//   x <- Embed(tokens);   for each layer:  x <- x + Op(Norm(x));  x <- x + Ffn(Norm(x));   logits
//   <- E Norm(x)
// Op is a gated short convolution or grouped-query attention; Ffn is dense in the first layers, MoE
// after. Prefill and decode are the same code with n_tokens > 1 and = 1.
//
// Shapes: matrices of activations are [n_tokens, width], weights [out, in]. Letters: d = d_model, H
// and G = query and KV heads of width hd, F = FFN width, E = experts, K = experts per token, T =
// tokens held before this pass.

#include <algorithm>

#include "model/lfm2_model.h"
#include "model/ops.h"

namespace weir::model {

// One pass over at most kMaxBatch tokens.
struct ForwardPass {
  ForwardPass(const Model& model, SequenceState& sequence)
      : d(model.dims()),
        w(model.weights()),
        kv_format(model.kv_format()),
        seq(sequence),
        s(sequence.scratch_),
        ops(model.kernels(), model.pool(), sequence.scratch_.ops) {}

  // False: stopped, and the sequence is as it was.
  bool Run(std::span<const TokenId> tokens, float* logits, LogitsWanted wanted,
           const std::stop_token& stop);
  void ShortConv(const LayerWeights& layer, Rows a, Rows out) const;
  void Attention(const LayerWeights& layer, Rows a, Rows out) const;
  void DenseFfn(const LayerWeights& layer, Rows b, Rows out) const;
  void MoeFfn(const LayerWeights& layer, Rows b, Rows out) const;
  KvView KvOf(const LayerWeights& layer) const;
  void KeepState() const;
  void Commit(std::span<const TokenId> tokens) const;
  void Undo() const;

  const Lfm2Dims& d;
  const Lfm2Weights& w;
  const kernels::KvFormat kv_format;
  SequenceState& seq;
  Scratch& s;
  Ops ops;
};

// tokens [n] -> logits [n or 1, n_vocab], and the state of the sequence n tokens on.
bool ForwardPass::Run(std::span<const TokenId> tokens, float* logits, LogitsWanted wanted,
                      const std::stop_token& stop) {
  const int n = static_cast<int>(tokens.size());
  Rows x = s.x.First(n);  // residual stream [n, d]
  Rows h = s.h.First(n);  // its norm, input of the next operator [n, d]
  Rows r = s.r.First(n);  // the operator's result [n, d]

  if (stop.stop_possible()) KeepState();
  ops.Embed(w.embedding, tokens, x);
  Ops::RopeAngles(s.rope_frequency, seq.pos_, s.cosine.First(n), s.sine.First(n));
  for (const LayerWeights& layer : w.layers) {
    if (stop.stop_requested()) {
      Undo();
      return false;
    }
    ops.RmsNorm(x, layer.operator_norm, d.norm_eps, h);
    if (layer.is_attention) {
      Attention(layer, h, r);
    } else {
      ShortConv(layer, h, r);
    }
    ops.Add(x, r);

    // The caches are now complete for this layer; after the last one, only rows with wanted logits
    // go on.
    if (&layer == &w.layers.back() && wanted != LogitsWanted::kAll) {
      const int n_wanted = wanted == LogitsWanted::kLast ? 1 : 0;
      x = x.Last(n_wanted);
      h = h.First(n_wanted);
      r = r.First(n_wanted);
      if (n_wanted == 0) break;
    }

    ops.RmsNorm(x, layer.ffn_norm, d.norm_eps, h);
    if (layer.is_moe) {
      MoeFfn(layer, h, r);
    } else {
      DenseFfn(layer, h, r);
    }
    ops.Add(x, r);
  }
  if (wanted != LogitsWanted::kNone) {
    ops.RmsNorm(x, w.output_norm, d.norm_eps, h);
    ops.MatMul(
        h, {{w.output,
             {logits, h.n, d.n_vocab}}});  // tied to the embedding unless the file says otherwise
  }
  Commit(tokens);
  return true;
}

// Gated short convolution, no activation function:
//   [B C X] = W_in a;   u_t = B_t * X_t;   y_t = C_t * (w0 u_{t-2} + w1 u_{t-1} + w2 u_t);   out =
//   W_out y
// u before the sequence is 0; the last two u of each channel are the layer's state.
void ForwardPass::ShortConv(const LayerWeights& layer, Rows a, Rows out) const {
  const Rows bcx = s.bcx.First(a.n);                                             // [n, 3d]
  const Rows y = s.conv.First(a.n);                                              // [n, d]
  float* state = seq.conv_.data() + int64_t{layer.state_index} * 2 * d.d_model;  // u [2, d]

  ops.MatMul(a, {{layer.conv_in, bcx}});
  ops.ShortConv(bcx, layer.conv_taps, state, y);
  ops.MatMul(y, {{layer.conv_out, out}});
}

// Grouped-query attention over positions 0..t:
//   q = rope(norm(W_q a)), k = rope(norm(W_k a)) per head, v = W_v a;   out = W_o softmax(q k^T /
//   sqrt(hd)) v
// The norm comes before the rotation; query head i reads KV head i / (H / G).
void ForwardPass::Attention(const LayerWeights& layer, Rows a, Rows out) const {
  const Rows q = s.q.First(a.n);                // [n, H hd]
  const Rows k = s.k.First(a.n);                // [n, G hd]
  const Rows v = s.v.First(a.n);                // [n, G hd]
  const Rows attended = s.attended.First(a.n);  // [n, H hd]
  const Rows cosine = s.cosine.First(a.n);      // [n, hd / 2]
  const Rows sine = s.sine.First(a.n);          // [n, hd / 2]
  const KvView kv = KvOf(layer);                // K and V [G] heads

  ops.MatMul(a, {{layer.attn_q, q}, {layer.attn_k, k}, {layer.attn_v, v}});
  ops.RmsNorm(q, layer.attn_q_norm, d.norm_eps, q);
  ops.RmsNorm(k, layer.attn_k_norm, d.norm_eps, k);
  ops.Rope(q, cosine, sine);
  ops.Rope(k, cosine, sine);
  ops.StoreKv(k, v, seq.pos_, kv);
  ops.Attention(q, seq.pos_, kv, attended);
  ops.MatMul(attended, {{layer.attn_out, out}});
}

// out = W_down (silu(W_gate b) * W_up b)
void ForwardPass::DenseFfn(const LayerWeights& layer, Rows b, Rows out) const {
  const Rows gate = s.gate.First(b.n);  // [n, F]
  const Rows up = s.up.First(b.n);      // [n, F]

  ops.MatMul(b, {{layer.ffn_gate, gate}, {layer.ffn_up, up}});
  ops.SiluMul(gate, up);
  ops.MatMul(gate, {{layer.ffn_down, out}});
}

// p = sigmoid(W_r b) in float32;   the K experts with the largest p + bias are used;   w_e = p_e /
// sum of their p out = sum over them of w_e W_down,e (silu(W_gate,e b) * W_up,e b)
void ForwardPass::MoeFfn(const LayerWeights& layer, Rows b, Rows out) const {
  const Rows p = s.router.First(b.n);  // [n, E]
  ops.MatMul(b, layer.router, p);
  ops.Sigmoid(p);
  s.routing.Choose({p.data, static_cast<size_t>(p.n) * static_cast<size_t>(p.width)},
                   layer.expert_bias, d.expert_weights_scale);

  const int n_pairs = s.routing.n_pairs();         // n K, sorted by expert
  const Rows gate = s.expert_gate.First(n_pairs);  // [n K, F]
  const Rows up = s.expert_up.First(n_pairs);      // [n K, F]
  const Rows down = s.expert_down.First(n_pairs);  // [n K, d]
  ops.ExpertMatMulOfTokens(s.routing, b, {{layer.expert_gate, gate}, {layer.expert_up, up}});
  ops.SiluMul(gate, up);
  ops.ExpertMatMulOfPairs(s.routing, gate, {layer.expert_down, down});
  ops.WeightedSum(s.routing, down, out);
}

KvView ForwardPass::KvOf(const LayerWeights& layer) const {
  const int64_t bytes = d.n_kv_heads * seq.kv_head_bytes_;  // of K, and of V
  std::byte* k = seq.kv_.data() + 2 * bytes * layer.state_index;
  return {kv_format, k, k + bytes, seq.kv_head_bytes_, d.n_kv_heads, d.head_dim};
}

// For Undo.
void ForwardPass::KeepState() const {
  std::copy(seq.conv_.begin(), seq.conv_.end(), seq.conv_before_.begin());
}

// Keys and values of the first layers have been written over what lay behind the sequence's end.
void ForwardPass::Undo() const {
  std::copy(seq.conv_before_.begin(), seq.conv_before_.end(), seq.conv_.begin());
  seq.valid_end_ = seq.pos_;
}

// The sequence now holds the tokens.
void ForwardPass::Commit(std::span<const TokenId> tokens) const {
  for (const TokenId token : tokens) seq.Append(token);
}

namespace {

Status CheckCall(const Lfm2Dims& d, std::span<const TokenId> tokens, const SequenceState& sequence,
                 size_t n_logits, LogitsWanted wanted) {
  if (tokens.empty()) return MakeError(ErrorCode::kInvalidArgument, "no tokens to compute");
  const auto room = static_cast<size_t>(sequence.max_tokens() - sequence.pos());
  if (tokens.size() > room) {
    return MakeError(ErrorCode::kResourceExhausted,
                     "{} tokens do not fit: the sequence has room for {} more of {}", tokens.size(),
                     room, sequence.max_tokens());
  }
  for (const TokenId token : tokens) {
    if (token < 0 || token >= d.n_vocab) {
      return MakeError(ErrorCode::kInvalidArgument, "token {} is outside the vocabulary of {}",
                       token, d.n_vocab);
    }
  }
  const size_t n_rows = wanted == LogitsWanted::kNone   ? 0
                        : wanted == LogitsWanted::kLast ? 1
                                                        : tokens.size();
  if (n_logits < n_rows * static_cast<size_t>(d.n_vocab)) {
    return MakeError(ErrorCode::kInvalidArgument, "room for {} logits; expected {} rows of {}",
                     n_logits, n_rows, d.n_vocab);
  }
  return {};
}

}  // namespace

Status Forward(const Model& model, std::span<const TokenId> tokens, SequenceState& sequence,
               std::span<float> logits, LogitsWanted wanted, const std::stop_token& stop) {
  RETURN_IF_ERROR(CheckCall(model.dims(), tokens, sequence, logits.size(), wanted));
  ForwardPass pass(model, sequence);
  float* out = logits.data();
  while (!tokens.empty()) {
    const auto batch = tokens.first(std::min(tokens.size(), size_t{kMaxBatch}));
    tokens = tokens.subspan(batch.size());
    const bool skip = wanted == LogitsWanted::kLast && !tokens.empty();
    if (!pass.Run(batch, out, skip ? LogitsWanted::kNone : wanted, stop)) {
      return MakeError(ErrorCode::kCancelled, "interrupted");
    }
    if (wanted == LogitsWanted::kAll)
      out += batch.size() * static_cast<size_t>(model.dims().n_vocab);
  }
  return {};
}

}  // namespace weir::model
