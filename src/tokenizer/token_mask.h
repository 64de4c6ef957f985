#pragma once
// The set of tokens permitted next: one bit a token. A grammar fills it, the sampler reads it. A
// value; one thread at a time.

#include <cstdint>
#include <vector>

#include "base/token_id.h"

namespace weir {

class TokenMask {
 public:
  // All tokens of a vocabulary of `n_vocab` rows, none permitted.
  explicit TokenMask(int n_vocab) : n_vocab_(n_vocab), words_((n_vocab + 63) / 64, 0) {}

  int size() const { return n_vocab_; }
  bool Has(TokenId id) const { return (words_[id / 64] >> (id % 64)) & 1; }
  void Set(TokenId id) { words_[id / 64] |= uint64_t{1} << (id % 64); }
  void Clear(TokenId id) { words_[id / 64] &= ~(uint64_t{1} << (id % 64)); }
  void ClearAll() { words_.assign(words_.size(), 0); }
  void SetAll() {
    for (TokenId id = 0; id < n_vocab_; ++id) Set(id);
  }
  // Adds the tokens of another mask, which may be of another size.
  void Union(const TokenMask& other) {
    for (size_t i = 0; i < words_.size() && i < other.words_.size(); ++i) {
      words_[i] |= other.words_[i];
    }
  }
  int Count() const {
    int n = 0;
    for (const uint64_t word : words_) n += __builtin_popcountll(word);
    return n;
  }
  bool operator==(const TokenMask&) const = default;

 private:
  int n_vocab_;
  std::vector<uint64_t> words_;
};

}  // namespace weir
