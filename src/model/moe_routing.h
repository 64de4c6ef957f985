#pragma once
// Which experts compute which tokens.
//
// (token, expert) pairs are sorted by expert, so that the pairs of an expert are neighbouring rows
// of one matrix multiplication. The pairs of a token keep the order in which its experts were
// chosen: sums over them do not depend on other tokens.

#include <cstdint>
#include <span>
#include <vector>

namespace weir::model {

struct ExpertGroup {
  int expert = 0;
  int first = 0;  // row of its first pair
  int count = 0;
};

class MoeRouting {
 public:
  MoeRouting() = default;
  MoeRouting(int max_tokens, int n_experts, int n_used);

  // Chooses for each token the n_used experts with the largest p + bias (the lowest index on ties)
  // and weighs them by
  //   w = scale * p / (sum of the chosen p + 1e-6).
  // probabilities: [n_tokens, n_experts], sigmoids of the router's logits; bias: [n_experts].
  // Allocates nothing.
  void Choose(std::span<const float> probabilities, std::span<const float> bias, float scale);

  int n_tokens() const { return n_tokens_; }
  int n_used() const { return n_used_; }
  int n_pairs() const { return n_tokens_ * n_used_; }
  // Experts that have pairs, ascending.
  std::span<const ExpertGroup> groups() const { return groups_; }
  // Row of pair -> token.
  const int32_t* token_of_row() const { return token_of_row_.data(); }
  // The j-th chosen expert of a token, its weight, and the row of that pair.
  int expert(int token, int j) const { return experts_[Pair(token, j)]; }
  float weight(int token, int j) const { return weights_[Pair(token, j)]; }
  int row(int token, int j) const { return rows_[Pair(token, j)]; }

 private:
  size_t Pair(int token, int j) const { return static_cast<size_t>(token) * n_used_ + j; }
  void ChooseForToken(int token, const float* p, std::span<const float> bias, float scale);
  void SortByExpert();

  int n_experts_ = 0;
  int n_used_ = 0;
  int n_tokens_ = 0;
  std::vector<int32_t> experts_;       // [max_tokens, n_used]
  std::vector<float> weights_;         // [max_tokens, n_used]
  std::vector<int32_t> rows_;          // [max_tokens, n_used]
  std::vector<int32_t> token_of_row_;  // [max_tokens * n_used]
  std::vector<int32_t> next_row_;      // [n_experts]
  std::vector<ExpertGroup> groups_;    // capacity n_experts
};

}  // namespace weir::model
