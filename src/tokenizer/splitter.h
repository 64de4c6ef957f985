#pragma once
// The pre-tokenizer: cuts text into the pieces that BPE works on. Written by hand for
//
//   (?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}
//   | ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
//
// (tokenizer.ggml.pre = "lfm2"), alternatives in order, first match wins. The two tokenizer.json
// spellings of the families give the same pieces. \s is the property White_Space. A byte that is no
// UTF-8 counts as a symbol of its own, so every byte string splits. Linear time; pure; any thread.

#include <cstddef>
#include <string_view>

namespace weir::tokenizer {

// The end of the piece that starts at `begin` (< text.size()); always beyond `begin`. Pieces must
// be taken from the start of the text on.
size_t PieceEnd(std::string_view text, size_t begin);

}  // namespace weir::tokenizer
