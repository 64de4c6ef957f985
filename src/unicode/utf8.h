#pragma once
// Strict UTF-8 (Unicode table 3-7): no overlong forms, no surrogates, nothing above U+10FFFF. Pure;
// any thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::unicode {

inline constexpr char32_t kReplacement = 0xFFFD;

struct CodePoint {
  char32_t value = kReplacement;  // kReplacement where the bytes are no UTF-8
  int n_bytes = 0;                // 1 to 4; for invalid bytes the length of the maximal bad part
  bool valid = false;
};

// The code point that starts at `at` (< text.size()). Invalid bytes are taken in maximal subparts:
// as many bytes as could have begun a sequence, at least one, so that decoding on always makes
// progress and never swallows a good byte.
CodePoint Decode(std::string_view text, size_t at);

// Appends the UTF-8 form of `value`, which must be a scalar value.
void Append(char32_t value, std::string* out);

bool IsValidUtf8(std::string_view text);

// Length of the longest prefix that does not end inside a sequence which more bytes could complete.
// At most 3 bytes lie behind it. Bytes that can never become valid count as complete.
size_t CompletePrefix(std::string_view text);

// `text` with every maximal bad part replaced by U+FFFD.
std::string ReplaceInvalid(std::string_view text);

}  // namespace weir::unicode
