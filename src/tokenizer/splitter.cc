#include "tokenizer/splitter.h"

#include "unicode/categories.h"
#include "unicode/utf8.h"

namespace weir::tokenizer {
namespace {

// One code point of the text. At the end of the text n_bytes is 0 and nothing else is true.
struct Unit {
  char32_t value = 0;
  size_t n_bytes = 0;
  bool letter = false;
  bool number = false;
  bool space = false;

  bool exists() const { return n_bytes > 0; }
  bool newline() const { return exists() && (value == '\n' || value == '\r'); }
  // [^\s\p{L}\p{N}]
  bool symbol() const { return exists() && !letter && !number && !space; }
};

Unit UnitAt(std::string_view text, size_t at) {
  if (at >= text.size()) return {};
  const unicode::CodePoint point = unicode::Decode(text, at);
  const uint8_t bits = unicode::ClassOf(point.value);
  return {point.value, static_cast<size_t>(point.n_bytes), (bits & unicode::kLetter) != 0,
          (bits & unicode::kNumber) != 0, (bits & unicode::kSpace) != 0};
}

// '[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD], ASCII only. 0: no contraction at `begin`.
size_t ContractionLength(std::string_view text, size_t begin) {
  const auto lower = [&](size_t at) -> char {
    if (at >= text.size()) return 0;
    const char c = text[at];
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  if (text[begin] != '\'') return 0;
  const char first = lower(begin + 1);
  const char second = lower(begin + 2);
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return 2;
  if ((first == 'r' || first == 'v') && second == 'e') return 3;
  return first == 'l' && second == 'l' ? 3 : 0;
}

size_t LettersEnd(std::string_view text, size_t at) {
  for (Unit unit = UnitAt(text, at); unit.letter; unit = UnitAt(text, at)) at += unit.n_bytes;
  return at;
}

size_t NumbersEnd(std::string_view text, size_t at) {
  for (int i = 0; i < 3; ++i) {
    const Unit unit = UnitAt(text, at);
    if (!unit.number) break;
    at += unit.n_bytes;
  }
  return at;
}

// [^\s\p{L}\p{N}]+[\r\n]*
size_t SymbolsEnd(std::string_view text, size_t at) {
  for (Unit unit = UnitAt(text, at); unit.symbol(); unit = UnitAt(text, at)) at += unit.n_bytes;
  while (at < text.size() && (text[at] == '\n' || text[at] == '\r')) ++at;
  return at;
}

// \s*[\r\n]+|\s+(?!\S)|\s+ for a run of white space: up to its last newline; else all but its last
// blank, which the next word takes; else, at the end of the text or for a single blank, all.
size_t SpacesEnd(std::string_view text, size_t begin) {
  size_t end = begin;
  size_t last_start = begin;  // of the run's last blank
  size_t after_newline = 0;
  for (Unit unit = UnitAt(text, end); unit.space; unit = UnitAt(text, end)) {
    last_start = end;
    end += unit.n_bytes;
    if (unit.newline()) after_newline = end;
  }
  if (after_newline > 0) return after_newline;
  return end == text.size() || last_start == begin ? end : last_start;
}

}  // namespace

size_t PieceEnd(std::string_view text, size_t begin) {
  if (const size_t length = ContractionLength(text, begin)) return begin + length;
  const Unit first = UnitAt(text, begin);
  if (first.letter) return LettersEnd(text, begin);
  if (first.number) return NumbersEnd(text, begin);
  const size_t second_at = begin + first.n_bytes;
  const Unit second = UnitAt(text, second_at);
  if (!first.newline() && second.letter) return LettersEnd(text, second_at);
  if (first.symbol()) return SymbolsEnd(text, begin);
  if (first.value == ' ' && second.symbol()) return SymbolsEnd(text, second_at);
  return SpacesEnd(text, begin);
}

}  // namespace weir::tokenizer
