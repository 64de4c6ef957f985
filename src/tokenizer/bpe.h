#pragma once
// Byte-pair merging of one piece: symbols in a linked list, candidate merges in a heap ordered by
// rank, then by position. Each merge adds at most two candidates, so a piece of n bytes costs
// O(n log n) however it is made up.

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/token_id.h"
#include "tokenizer/vocab.h"

namespace weir::tokenizer {

// What two neighbouring symbols become. Lower rank merges first.
struct Merge {
  int32_t rank = 0;
  TokenId result = 0;
};

// The merges of a vocabulary by the ids of their two sides. Immutable once filled; any thread.
class MergeTable {
 public:
  // The first merge of a pair wins.
  void Add(TokenId left, TokenId right, Merge merge) { merges_.emplace(Key(left, right), merge); }
  // Null when the pair does not merge.
  const Merge* Find(TokenId left, TokenId right) const {
    const auto found = merges_.find(Key(left, right));
    return found == merges_.end() ? nullptr : &found->second;
  }
  size_t size() const { return merges_.size(); }

 private:
  static uint64_t Key(TokenId left, TokenId right) {
    return (static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32) |
           static_cast<uint32_t>(right);
  }
  struct Hash {  // the keys are dense; spread them over the buckets (Fibonacci hashing)
    size_t operator()(uint64_t key) const { return (key * 0x9E3779B97F4A7C15u) >> 20; }
  };
  std::unordered_map<uint64_t, Merge, Hash> merges_;
};

// The working memory of merging, reused from piece to piece. One thread at a time; borrows its two
// arguments.
class BpeMerger {
 public:
  BpeMerger(const Vocab& vocab, const MergeTable& merges) : vocab_(vocab), merges_(merges) {}

  // Appends the tokens of `piece`, merged from its bytes.
  void Append(std::string_view piece, std::vector<TokenId>* ids);

  // Candidates taken from the heap so far: the measure of work, for tests.
  uint64_t n_steps() const { return n_steps_; }

 private:
  struct Symbol {
    TokenId id;
    int32_t previous;  // index into symbols_, -1 at the ends
    int32_t next;
  };
  struct Candidate {
    int32_t rank;
    int32_t at;    // index of the left symbol
    TokenId left;  // both ids as they were: a candidate is stale once they differ
    TokenId right;
  };
  void Push(int32_t left, int32_t right);
  void Apply(const Candidate& candidate);

  const Vocab& vocab_;
  const MergeTable& merges_;
  std::vector<Symbol> symbols_;
  std::vector<Candidate> heap_;
  uint64_t n_steps_ = 0;
};

}  // namespace weir::tokenizer
