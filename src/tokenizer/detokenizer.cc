#include "tokenizer/detokenizer.h"

#include <utility>

#include "unicode/utf8.h"

namespace weir::tokenizer {

std::string StreamDetokenizer::Push(TokenId id) {
  if (!vocab_.Contains(id)) return {};
  if (vocab_.IsSpecial(id)) {
    // Its text never completes the bytes before it.
    std::string text = Finish();
    if (keep_specials_) text += unicode::ReplaceInvalid(vocab_.Piece(id));
    return text;
  }
  held_ += vocab_.Piece(id);
  return Take(unicode::CompletePrefix(held_));
}

std::string StreamDetokenizer::Finish() { return Take(held_.size()); }

std::string StreamDetokenizer::Take(size_t n_bytes) {
  std::string text = unicode::ReplaceInvalid(std::string_view(held_).substr(0, n_bytes));
  held_.erase(0, n_bytes);
  return text;
}

}  // namespace weir::tokenizer
