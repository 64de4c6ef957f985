#pragma once
// Small text helpers of the tools: names compared as people compare them, numbers of things said as
// people say them. Pure functions on UTF-8; bytes that are not UTF-8 are kept as they are unless
// said otherwise. Any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::tools {

inline bool IsAsciiDigit(char c) { return c >= '0' && c <= '9'; }

bool IsValidUtf8(std::string_view text);

// One code point from the front of `text`, removed from it. A byte that starts no valid sequence
// comes back as 0xDC00 + byte (a surrogate no valid text holds), one byte removed.
char32_t TakeCodePoint(std::string_view& text);
void AppendUtf8(std::string& text, char32_t code_point);

// Lower case for Latin, Greek, Cyrillic and Armenian letters that have a simple one-to-one form;
// other characters unchanged. Composed accents (U+0301 after a letter) are joined for common
// letters first, so that names written by other systems match.
std::string FoldCase(std::string_view text);

// As people sort files: case ignored, runs of digits by value ("a2" before "a10"). A total order.
bool NaturalLess(std::string_view a, std::string_view b);

// `pattern` with * (any run without '/') and ? (one character), case ignored.
bool GlobMatch(std::string_view pattern, std::string_view name);

// Insertions, deletions, substitutions and swaps of neighbours, case ignored; `limit` + 1 when
// more.
int EditDistance(std::string_view a, std::string_view b, int limit);

// Up to `max_names` of `candidates` that `name` was probably meant to be, likeliest first.
std::vector<std::string> NearNames(std::string_view name,
                                   const std::vector<std::string>& candidates, size_t max_names);

// Lines without their line ends ("\n" or "\r\n"); a last line without an end counts.
std::vector<std::string_view> SplitLines(std::string_view text);

// White space at both ends removed, the no-break space included.
std::string_view Trim(std::string_view text);

// ISO 8859-1 with the printable Windows-1252 additions, as UTF-8.
std::string Latin1ToUtf8(std::string_view bytes);

// The longest prefix of at most `max_bytes` that does not cut a character.
std::string_view ClipUtf8(std::string_view text, size_t max_bytes);

// "1 file", "3 files"; `plural` by default adds an s.
std::string Count(int64_t n, std::string_view singular, std::string_view plural = {});
// "340 bytes", "12.5 KB", "3.1 MB"; powers of 1000.
std::string FormatBytes(int64_t bytes);
// "a", "a and b", "a, b and c".
std::string JoinAnd(const std::vector<std::string>& items);

// Every character that is not plainly visible (controls, bidi marks, zero width, separators, bytes
// that are not UTF-8) as an escape such as \u{202e}; backslash doubled; newline and tab kept when
// `keep_newlines`. What a person approves must not be able to hide anything.
std::string EscapeForDisplay(std::string_view text, bool keep_newlines = false);

}  // namespace weir::tools
