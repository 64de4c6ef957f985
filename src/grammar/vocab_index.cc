#include "grammar/vocab_index.h"

#include <algorithm>
#include <utility>

namespace weir::grammar {
namespace {

// No vocabulary in use has longer tokens; it bounds the depth of the tries.
constexpr size_t kMaxTokenBytes = 1024;

}  // namespace

TokenTrie::TokenTrie(std::vector<Entry> entries) {
  std::sort(entries.begin(), entries.end());
  tokens_.reserve(entries.size());
  Build(0, entries, 0);
}

// `entries` share their first `depth` bytes, which lead to `node`.
void TokenTrie::Build(uint32_t node, std::span<const Entry> entries, size_t depth) {
  size_t at = 0;
  nodes_[node].first_token = static_cast<uint32_t>(tokens_.size());
  for (; at < entries.size() && entries[at].first.size() == depth; ++at) {
    tokens_.push_back(entries[at].second);
    ++nodes_[node].n_tokens;
  }
  const size_t first_group = at;
  const auto first_child = static_cast<uint32_t>(nodes_.size());
  nodes_[node].first_child = first_child;
  for (size_t i = first_group; i < entries.size(); ++i) {
    const auto byte = static_cast<uint8_t>(entries[i].first[depth]);
    if (nodes_[node].n_children > 0 && nodes_.back().byte == byte) continue;
    nodes_.push_back({.byte = byte});
    ++nodes_[node].n_children;
  }
  for (uint32_t child = 0; child < nodes_[node].n_children; ++child) {
    const char byte = static_cast<char>(nodes_[first_child + child].byte);
    const size_t begin = at;
    while (at < entries.size() && entries[at].first[depth] == byte) ++at;
    Build(first_child + child, entries.subspan(begin, at - begin), depth + 1);
  }
}

void StringTable::AddInside(int64_t n_chars, TokenMask& mask) const {
  if (n_chars < 0) return;
  mask.Union(stay_inside[static_cast<size_t>(std::min<int64_t>(n_chars, kMaxBucket))]);
  for (const auto& [n, id] : long_ones) {
    if (n <= n_chars) mask.Set(id);
  }
}

std::shared_ptr<const VocabIndex> VocabIndex::Build(const tokenizer::Vocab& vocab) {
  auto index = std::shared_ptr<VocabIndex>(new VocabIndex(vocab.size()));
  index->begin_.push_back(0);
  for (TokenId id = 0; id < vocab.size(); ++id) {
    const tokenizer::TokenKind kind = vocab.Kind(id);
    const bool is_text =
        kind == tokenizer::TokenKind::kNormal || kind == tokenizer::TokenKind::kByte;
    const size_t n_bytes = vocab.Piece(id).size();
    if (is_text && n_bytes > 0 && n_bytes <= kMaxTokenBytes) {
      index->bytes_ += vocab.Piece(id);
      index->longest_ = std::max(index->longest_, n_bytes);
      index->text_.Set(id);
    }
    index->begin_.push_back(index->bytes_.size());
  }
  std::vector<TokenTrie::Entry> entries;
  for (TokenId id = 0; id < vocab.size(); ++id) {
    if (index->text_.Has(id)) entries.emplace_back(index->Bytes(id), id);
  }
  index->trie_ = TokenTrie(std::move(entries));
  index->python_ = index->MakeStrings(Syntax::kPython);
  index->json_ = index->MakeStrings(Syntax::kJson);
  index->im_end = vocab.FindSpecial("<|im_end|>");
  index->call_start = vocab.FindSpecial("<|tool_call_start|>");
  index->call_end = vocab.FindSpecial("<|tool_call_end|>");
  index->think = vocab.FindSpecial("<think>");
  index->end_think = vocab.FindSpecial("</think>");
  return index;
}

std::string_view VocabIndex::Bytes(TokenId id) const {
  if (id < 0 || id >= size()) return {};
  const size_t begin = begin_[static_cast<size_t>(id)];
  return std::string_view(bytes_).substr(begin, begin_[static_cast<size_t>(id) + 1] - begin);
}

StringTable VocabIndex::MakeStrings(Syntax syntax) const {
  StringTable table;
  table.stay_inside.assign(StringTable::kMaxBucket + 1, TokenMask(size()));
  std::vector<TokenTrie::Entry> closing;
  for (TokenId id = 0; id < size(); ++id) {
    if (!text_.Has(id)) continue;
    StringPos pos = StringPos::kChar;
    int n_chars = 0;
    for (const char c : Bytes(id)) {
      const StringPos next = NextStringPos(syntax, pos, static_cast<uint8_t>(c));
      if (pos == StringPos::kChar && next != StringPos::kClosed) ++n_chars;
      pos = next;
      if (pos == StringPos::kClosed || pos == StringPos::kInvalid) break;
    }
    if (pos == StringPos::kInvalid) continue;
    if (pos == StringPos::kClosed) {
      closing.emplace_back(Bytes(id), id);
    } else if (n_chars > StringTable::kMaxBucket) {
      table.long_ones.emplace_back(n_chars, id);
    } else {
      table.stay_inside[static_cast<size_t>(n_chars)].Set(id);
    }
  }
  for (size_t n = 1; n < table.stay_inside.size(); ++n) {
    table.stay_inside[n].Union(table.stay_inside[n - 1]);
  }
  table.closing = TokenTrie(std::move(closing));
  return table;
}

}  // namespace weir::grammar
