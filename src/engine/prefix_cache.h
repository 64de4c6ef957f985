#pragma once
// Which tokens a sequence holds and at which positions its state was kept, so that the next request
// computes new tokens only.
//
// The conv state cannot be rewound, so reuse starts at a snapshot: the longest one that lies within
// the common prefix of the cached tokens and the new prompt. Owned by the engine thread.

#include <span>
#include <vector>

#include "base/token_id.h"
#include "model/lfm2_model.h"

namespace weir::engine {

class PrefixCache {
 public:
  explicit PrefixCache(int max_snapshots) : max_snapshots_(max_snapshots) {}

  // The best snapshot for `prompt`, at most prompt.size() - 1 tokens long (the last token must be
  // computed for its logits); null when nothing fits. Valid until the next call of another member.
  const model::StateSnapshot* Find(std::span<const TokenId> prompt) const;

  // The sequence was set back to `n_tokens`: forget what lies beyond.
  void Truncate(int n_tokens);

  // The sequence now also holds these tokens.
  void Append(std::span<const TokenId> tokens) {
    tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  }

  // Keeps the state at the present end. The oldest snapshot but the first makes room.
  void Keep(model::StateSnapshot snapshot);

  int n_tokens() const { return static_cast<int>(tokens_.size()); }
  int n_snapshots() const { return static_cast<int>(snapshots_.size()); }

 private:
  const int max_snapshots_;
  std::vector<TokenId> tokens_;
  std::vector<model::StateSnapshot> snapshots_;  // ascending positions
};

}  // namespace weir::engine
