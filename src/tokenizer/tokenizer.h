#pragma once
// Text to token ids and back: byte-level BPE of the LFM2 and LFM2.5 families.
//
//   1. the splitter cuts text into pieces (splitter.h);
//   2. a piece that is a vocabulary entry as a whole is that token ("ignore_merges");
//   3. any other piece starts as byte tokens and takes the merge of lowest rank, leftmost first,
//      until none applies (bpe.h).
//
// Every byte string has ids, valid UTF-8 or not, and decoding gives the bytes back. No token is
// ever added: whoever wants BOS puts it there. Immutable; any thread.

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/token_id.h"
#include "gguf/metadata.h"
#include "tokenizer/bpe.h"
#include "tokenizer/vocab.h"

namespace weir::tokenizer {

class Tokenizer {
 public:
  // Reads and validates the vocabulary and tokenizer.ggml.merges. Errors as Vocab::FromGguf, and
  // kCorruptData for a merge that is no pair of normal tokens which joined are a normal token.
  static Result<Tokenizer> FromGguf(const gguf::Metadata& metadata);
  // `merges` are "left right" in stand-in characters, best rank first.
  static Result<Tokenizer> FromParts(const VocabParts& parts, std::span<const std::string> merges);

  const Vocab& vocab() const { return vocab_; }

  // Specials off: text that looks like a special token becomes ordinary tokens. For everything that
  // people, tools, files and the network wrote.
  std::vector<TokenId> EncodeText(std::string_view text) const;

  // Specials on: control and user-defined tokens are recognised by their text, longest match first.
  // For text of the project's own making only.
  std::vector<TokenId> EncodeWithSpecials(std::string_view text) const;

  // The bytes of `ids`; special tokens by their text or, without `keep_specials`, not at all. Ids
  // outside the vocabulary are skipped.
  std::string Decode(std::span<const TokenId> ids, bool keep_specials) const;

 private:
  Tokenizer(Vocab vocab, MergeTable merges)
      : vocab_(std::move(vocab)), merges_(std::move(merges)) {}
  template <class Texts>
  static Result<Tokenizer> Build(Vocab vocab, const Texts& merges);
  void AppendText(std::string_view text, BpeMerger* merger, std::vector<TokenId>* ids) const;

  Vocab vocab_;
  MergeTable merges_;
};

}  // namespace weir::tokenizer
