#include "model/moe_routing.h"

#include <algorithm>

#include "base/check.h"

namespace weir::model {

MoeRouting::MoeRouting(int max_tokens, int n_experts, int n_used)
    : n_experts_(n_experts),
      n_used_(n_used),
      experts_(static_cast<size_t>(max_tokens * n_used)),
      weights_(experts_.size()),
      rows_(experts_.size()),
      token_of_row_(experts_.size()),
      next_row_(static_cast<size_t>(n_experts)) {
  groups_.reserve(static_cast<size_t>(n_experts));
}

void MoeRouting::Choose(std::span<const float> probabilities, std::span<const float> bias,
                        float scale) {
  n_tokens_ = static_cast<int>(probabilities.size()) / n_experts_;
  DCHECK(static_cast<size_t>(n_pairs()) <= experts_.size());
  for (int token = 0; token < n_tokens_; ++token) {
    ChooseForToken(token, probabilities.data() + int64_t{token} * n_experts_, bias, scale);
  }
  SortByExpert();
}

void MoeRouting::ChooseForToken(int token, const float* p, std::span<const float> bias,
                                float scale) {
  int32_t* chosen = &experts_[Pair(token, 0)];
  float sum = 0;
  for (int j = 0; j < n_used_; ++j) {
    int best = -1;
    for (int e = 0; e < n_experts_; ++e) {
      if (std::find(chosen, chosen + j, e) != chosen + j) continue;
      const auto i = static_cast<size_t>(e);
      if (best < 0 || p[e] + bias[i] > p[best] + bias[static_cast<size_t>(best)]) best = e;
    }
    chosen[j] = best;
    sum += p[best];
  }
  for (int j = 0; j < n_used_; ++j) {
    weights_[Pair(token, j)] = scale * (p[chosen[j]] / (sum + 1e-6f));
  }
}

void MoeRouting::SortByExpert() {
  std::fill(next_row_.begin(), next_row_.end(), 0);
  for (int pair = 0; pair < n_pairs(); ++pair) {
    ++next_row_[static_cast<size_t>(experts_[static_cast<size_t>(pair)])];
  }
  groups_.clear();
  int first = 0;
  for (int e = 0; e < n_experts_; ++e) {
    int32_t& next = next_row_[static_cast<size_t>(e)];
    const int count = next;
    if (count > 0) groups_.push_back({e, first, count});
    next = first;
    first += count;
  }
  for (int token = 0; token < n_tokens_; ++token) {
    for (int j = 0; j < n_used_; ++j) {
      const int row = next_row_[static_cast<size_t>(expert(token, j))]++;
      rows_[Pair(token, j)] = row;
      token_of_row_[static_cast<size_t>(row)] = token;
    }
  }
}

}  // namespace weir::model
