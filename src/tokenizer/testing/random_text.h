#pragma once
// Random texts that are rich in what the splitter treats specially: white space of every kind, line
// breaks, contractions, digits, letters of many scripts. For tests; the same seed, the same text.

#include <random>
#include <string>

namespace weir::tokenizer {

// Valid UTF-8 of up to `max_parts` code points or short idioms.
std::string RandomUnicode(std::mt19937& random, int max_parts);

// Any bytes at all, often the beginnings and ends of UTF-8 sequences.
std::string RandomBytes(std::mt19937& random, int max_bytes);

// True for the code points that PCRE2 10.42 (Unicode 14) sees otherwise than Unicode 15 does:
// characters new in 15, and U+180E, which it keeps among \s though it lost White_Space in 6.3.
// RandomUnicode leaves them out.
bool DiffersInPcre2(char32_t value);

}  // namespace weir::tokenizer
