#pragma once
// Token ids to text while they are being generated. A token may end inside a UTF-8 sequence; its
// bytes are held back until the sequence is whole, so that what comes out is valid UTF-8 at every
// cut. Bytes that can never become UTF-8 come out as U+FFFD. One thread at a time, one object a
// stream.

#include <string>
#include <string_view>

#include "base/token_id.h"
#include "tokenizer/vocab.h"

namespace weir::tokenizer {

class StreamDetokenizer {
 public:
  // Borrows `vocab`. With `keep_specials` special tokens come out as their text (the parser of
  // model output needs the markers), else not at all.
  explicit StreamDetokenizer(const Vocab& vocab, bool keep_specials = true)
      : vocab_(vocab), keep_specials_(keep_specials) {}

  // The text that `id` completes; may be empty. Ids outside the vocabulary give nothing.
  std::string Push(TokenId id);

  // The end: held bytes come out as U+FFFD. The object can be used again.
  std::string Finish();

 private:
  std::string Take(size_t n_bytes);

  const Vocab& vocab_;
  bool keep_specials_;
  std::string held_;  // the start of one UTF-8 sequence, at most 3 bytes
};

}  // namespace weir::tokenizer
