#include "engine/prefix_cache.h"

#include <algorithm>
#include <utility>

namespace weir::engine {

const model::StateSnapshot* PrefixCache::Find(std::span<const TokenId> prompt) const {
  const size_t limit = std::min(tokens_.size(), prompt.empty() ? 0 : prompt.size() - 1);
  const auto end = tokens_.begin() + static_cast<ptrdiff_t>(limit);
  const auto common = std::mismatch(tokens_.begin(), end, prompt.begin()).first - tokens_.begin();
  const model::StateSnapshot* best = nullptr;
  for (const model::StateSnapshot& snapshot : snapshots_) {
    if (snapshot.pos() > 0 && snapshot.pos() <= common) best = &snapshot;
  }
  return best;
}

void PrefixCache::Truncate(int n_tokens) {
  tokens_.resize(static_cast<size_t>(n_tokens));
  std::erase_if(snapshots_, [&](const model::StateSnapshot& s) { return s.pos() > n_tokens; });
}

void PrefixCache::Keep(model::StateSnapshot snapshot) {
  if (!snapshots_.empty() && snapshots_.back().pos() == snapshot.pos()) return;
  if (static_cast<int>(snapshots_.size()) >= max_snapshots_ && snapshots_.size() > 1) {
    snapshots_.erase(snapshots_.begin() + 1);
  }
  snapshots_.push_back(std::move(snapshot));
}

}  // namespace weir::engine
