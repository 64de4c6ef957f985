#pragma once
// Classes of bytes, without a locale, and the length of a run of them. Pure; any thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::redact {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool IsAlpha(char c) { return IsLower(c) || IsUpper(c); }
constexpr bool IsAlnum(char c) { return IsAlpha(c) || IsDigit(c); }
// A class that is a list of bytes: a table, because it is asked for every byte of a value.
class ByteSet {
 public:
  explicit constexpr ByteSet(std::string_view bytes) {
    for (const char c : bytes) in_[static_cast<uint8_t>(c)] = true;
  }
  constexpr bool Contains(char c) const { return in_[static_cast<uint8_t>(c)]; }

 private:
  std::array<bool, 256> in_{};
};

inline constexpr ByteSet kWordBytes(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
constexpr bool IsWord(char c) { return kWordBytes.Contains(c); }
constexpr bool IsUpperOrDigit(char c) { return IsUpper(c) || IsDigit(c); }
constexpr bool IsLowerHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); }
constexpr bool IsBase64(char c) { return IsAlnum(c) || c == '+' || c == '/'; }
constexpr bool IsBase64Url(char c) { return IsWord(c) || c == '-'; }
constexpr bool IsQuote(char c) { return c == '"' || c == '\'' || c == '`'; }
constexpr bool IsBlank(char c) { return c == ' ' || c == '\t'; }
constexpr bool IsSpace(char c) { return IsBlank(c) || c == '\n' || c == '\r'; }
constexpr char ToLower(char c) { return IsUpper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

// How many of the first bytes of `text`, at most `max`, are in the class.
template <class InClass>
constexpr size_t RunLength(std::string_view text, InClass in_class,
                           size_t max = std::string_view::npos) {
  size_t n = 0;
  while (n < text.size() && n < max && in_class(text[n])) ++n;
  return n;
}

// The longest end of `text`, at most `max` bytes, that is in the class.
template <class InClass>
constexpr std::string_view TrailingRun(std::string_view text, InClass in_class, size_t max) {
  size_t n = 0;
  while (n < text.size() && n < max && in_class(text[text.size() - 1 - n])) ++n;
  return text.substr(text.size() - n);
}

// Whether `text` ends with `lower`, which is lower-case, in any case.
constexpr bool EndsWithAnyCase(std::string_view text, std::string_view lower) {
  if (text.size() < lower.size()) return false;
  text.remove_prefix(text.size() - lower.size());
  for (size_t i = 0; i < lower.size(); ++i) {
    if (ToLower(text[i]) != lower[i]) return false;
  }
  return true;
}

}  // namespace weir::redact
