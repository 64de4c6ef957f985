#pragma once
// The tokenizer.json of a published model: tokens, their kinds and the merges. Pure; any thread.

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "convert/fields.h"

namespace weir::convert {

struct TokenizerJson {
  std::vector<std::string> tokens;  // [n_vocab], normal ones in stand-in characters
  std::vector<int32_t> kinds;       // [n_vocab], as tokenizer::TokenKind
  std::vector<std::string> merges;  // "left right", best rank first
  std::unordered_map<std::string, int> ids;
  std::string first_token;  // that the template of the file puts before a text; may be empty
};

// Errors: kUnsupported for anything but byte-level BPE with the family's split pattern and no
// normaliser; kCorruptData for ids outside [0, n_vocab), or used twice, and for members of another
// kind.
Result<TokenizerJson> ReadTokenizerJson(const Fields& file, int n_vocab);

}  // namespace weir::convert
