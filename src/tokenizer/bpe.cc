#include "tokenizer/bpe.h"

#include <algorithm>

namespace weir::tokenizer {
namespace {

// For std::*_heap, which keep the greatest on top: the candidate to apply first is the greatest.
constexpr auto kAppliedLater = [](const auto& a, const auto& b) {
  return a.rank != b.rank ? a.rank > b.rank : a.at > b.at;
};

}  // namespace

void BpeMerger::Append(std::string_view piece, std::vector<TokenId>* ids) {
  symbols_.clear();
  heap_.clear();
  const auto n = static_cast<int32_t>(piece.size());
  for (int32_t i = 0; i < n; ++i) {
    const TokenId id = vocab_.ByteToken(static_cast<uint8_t>(piece[i]));
    symbols_.push_back({id, i - 1, i + 1 < n ? i + 1 : -1});
  }
  for (int32_t i = 0; i + 1 < n; ++i) Push(i, i + 1);
  while (!heap_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end(), kAppliedLater);
    const Candidate candidate = heap_.back();
    heap_.pop_back();
    ++n_steps_;
    Apply(candidate);
  }
  for (int32_t at = n > 0 ? 0 : -1; at >= 0; at = symbols_[at].next) {
    ids->push_back(symbols_[at].id);
  }
}

void BpeMerger::Push(int32_t left, int32_t right) {
  const TokenId left_id = symbols_[left].id;
  const TokenId right_id = symbols_[right].id;
  const Merge* merge = merges_.Find(left_id, right_id);
  if (merge == nullptr) return;
  heap_.push_back({merge->rank, left, left_id, right_id});
  std::push_heap(heap_.begin(), heap_.end(), kAppliedLater);
}

// A symbol that was merged into its left neighbour keeps id -1, so no candidate matches it.
void BpeMerger::Apply(const Candidate& candidate) {
  Symbol& left = symbols_[candidate.at];
  if (left.id != candidate.left || left.next < 0) return;
  Symbol& right = symbols_[left.next];
  if (right.id != candidate.right) return;
  left.id = merges_.Find(candidate.left, candidate.right)->result;
  right.id = -1;
  left.next = right.next;
  if (left.next >= 0) {
    symbols_[left.next].previous = candidate.at;
    Push(candidate.at, left.next);
  }
  if (left.previous >= 0) Push(left.previous, candidate.at);
}

}  // namespace weir::tokenizer
