#pragma once
// Chooses the next token from the logits of one position.
//
// Processors, in this order (that of Hugging Face transformers):
//   1. mask: only permitted tokens are candidates
//   2. repetition penalty: for every id of the history once, positive logits are divided by it,
//      negative ones multiplied
//   3. temperature 0: the candidate with the highest logit, ties to the lowest id; done
//   4. temperature: logits are divided by it
//   5. top-k: the k highest
//   6. top-p: the fewest highest ones whose probabilities sum to at least p
//   7. min-p: those with at least min_p times the probability of the best one
//   8. one draw from what is left
//
// A draw depends on the seed and on the position (the length of the history) alone, never on
// earlier requests or on how often the sampler was configured; the arithmetic uses no library
// exponential, so the same logits and seed give the same token on every machine. One thread at a
// time. Scratch grows to the vocabulary once; after that Sample allocates nothing.

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/token_id.h"
#include "tokenizer/token_mask.h"

namespace weir::sampler {

struct SamplerConfig {
  float temperature = 0;         // 0: greedy
  int top_k = 0;                 // 0: off
  float top_p = 1;               // 1: off
  float min_p = 0;               // 0: off
  float repetition_penalty = 1;  // 1: off
  uint64_t seed = 0;

  bool operator==(const SamplerConfig&) const = default;
};

// Error kInvalidArgument naming the first setting outside its range.
Status CheckConfig(const SamplerConfig& config);

class Sampler {
 public:
  Sampler() = default;
  explicit Sampler(const SamplerConfig& config) : config_(config) {}

  void Configure(const SamplerConfig& config) { config_ = config; }
  const SamplerConfig& config() const { return config_; }

  // `logits` [n_vocab]; `mask` may be null (every token), else of the same size; `history` is
  // prompt and output so far. Errors: a setting out of range, a NaN or +infinity among the logits
  // (kCorruptData), no candidate left (kInvalidArgument).
  Result<TokenId> Sample(std::span<const float> logits, const TokenMask* mask,
                         std::span<const TokenId> history);

 private:
  struct Candidate {
    float logit;
    TokenId id;
  };

  Status Collect(std::span<const float> logits, const TokenMask* mask);
  void Penalise(std::span<const TokenId> history, size_t n_vocab);
  void KeepBest();
  TokenId Draw(uint64_t position) const;

  // Higher logit first, then lower id: a total order, so every choice is defined.
  static bool Better(const Candidate& a, const Candidate& b) {
    return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
  }

  SamplerConfig config_;
  std::vector<Candidate> candidates_;  // scratch
  std::vector<double> weights_;        // scratch: unnormalised probability of each candidate
  std::vector<uint64_t> in_history_;   // scratch: one bit a token
};

struct TokenLogProb {
  TokenId id = 0;
  float log_prob = 0;
};

// Exact log-softmax of one position's logits, before any processor. Borrows the logits.
class LogProbs {
 public:
  explicit LogProbs(std::span<const float> logits);

  // Natural logarithm of the probability of `id`.
  float Of(TokenId id) const;

  // Probability of the permitted tokens together, in [0, 1].
  float MassOf(const TokenMask& mask) const;

  // The k most probable tokens, best first; ties to the lowest id. Fewer when k exceeds the
  // vocabulary.
  std::vector<TokenLogProb> Top(int k) const;

 private:
  std::span<const float> logits_;
  double log_sum_ = 0;  // log of the sum of exponentials
};

// LogProbs(logits).Top(k).
std::vector<TokenLogProb> TopAlternatives(std::span<const float> logits, int k);

}  // namespace weir::sampler
