#pragma once
// A vocabulary arranged for masks: a prefix trie over the bytes of all text tokens, and, for each
// of the two string quotes, what every token does inside an open string.
//
// Built once a vocabulary (some ten milliseconds for 128 000 tokens), then shared by all grammars.
// Borrows nothing. Immutable; any thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/token_id.h"
#include "grammar/syntax.h"
#include "tokenizer/token_mask.h"
#include "tokenizer/vocab.h"

namespace weir::grammar {

// A trie over token bytes. Node 0 is the root; the children of a node are contiguous and ascend by
// byte, and so are the tokens that end at it.
class TokenTrie {
 public:
  struct Node {
    uint32_t first_child = 0;
    uint32_t first_token = 0;
    uint16_t n_children = 0;
    uint16_t n_tokens = 0;
    uint8_t byte = 0;  // on the edge into this node
  };
  using Entry = std::pair<std::string_view, TokenId>;  // no empty bytes

  TokenTrie() = default;
  explicit TokenTrie(std::vector<Entry> entries);

  const Node& root() const { return nodes_[0]; }
  std::span<const Node> Children(const Node& node) const {
    return std::span(nodes_).subspan(node.first_child, node.n_children);
  }
  std::span<const TokenId> Tokens(const Node& node) const {
    return std::span(tokens_).subspan(node.first_token, node.n_tokens);
  }

 private:
  void Build(uint32_t node, std::span<const Entry> entries, size_t depth);

  std::vector<Node> nodes_ = {Node{}};
  std::vector<TokenId> tokens_;
};

// What tokens do when an open string awaits its next character (no escape or UTF-8 sequence begun).
struct StringTable {
  static constexpr int kMaxBucket = 32;

  // stay_inside[n]: tokens that stay inside the string and begin at most n characters, n <=
  // kMaxBucket.
  std::vector<TokenMask> stay_inside;
  // Those that begin more than kMaxBucket, with their number of characters.
  std::vector<std::pair<int, TokenId>> long_ones;
  // Tokens that close the string, whatever follows the quote.
  TokenTrie closing;

  // Adds the tokens that stay inside and begin at most `n_chars` characters.
  void AddInside(int64_t n_chars, TokenMask& mask) const;
};

class VocabIndex {
 public:
  static std::shared_ptr<const VocabIndex> Build(const tokenizer::Vocab& vocab);

  int size() const { return static_cast<int>(begin_.size()) - 1; }

  // The bytes of a text token; empty for control tokens, unused rows, pieces of more than 1 024
  // bytes (which are never permitted) and ids out of range.
  std::string_view Bytes(TokenId id) const;

  const TokenTrie& trie() const { return trie_; }
  const TokenMask& text() const { return text_; }  // all text tokens
  const StringTable& strings(Syntax syntax) const {
    return syntax == Syntax::kPython ? python_ : json_;
  }
  size_t longest() const { return longest_; }  // bytes of the longest text token

  // Control tokens of the turn frame, if the vocabulary has them.
  std::optional<TokenId> im_end, call_start, call_end, think, end_think;

 private:
  VocabIndex(int n_vocab) : text_(n_vocab) {}
  StringTable MakeStrings(Syntax syntax) const;

  std::string bytes_;          // all pieces, one after the other
  std::vector<size_t> begin_;  // [n_vocab + 1] offsets into bytes_
  TokenMask text_;
  TokenTrie trie_;
  StringTable python_;
  StringTable json_;
  size_t longest_ = 0;
};

}  // namespace weir::grammar
