// Words and numbers of the Python form.

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

#include "chat/python_chars.h"
#include "chat/python_reader.h"

namespace weir::chat {
namespace {

using json::Json;

// Words that Python gives a meaning of their own; as a bare value they are no string.
constexpr std::array<std::string_view, 8> kExpressionWords = {"lambda", "not",   "await", "yield",
                                                              "if",     "class", "for",   "else"};
constexpr std::array<std::string_view, 6> kNonFinite = {"nan", "NaN",      "inf",
                                                        "Inf", "Infinity", "infinity"};

template <size_t n>
bool IsOneOf(const std::array<std::string_view, n>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

bool PythonReader::ReadWord(Json* value) {
  const size_t begin = pos_;
  const std::string_view word = PeekWord(pos_);
  if (IsOneOf(kExpressionWords, word)) return Expression(begin);
  if (IsOneOf(kNonFinite, word)) {
    return Unsupported(begin, "number '" + std::string(word) + "' has no JSON form");
  }
  pos_ += word.size();
  if (word == "True" || word == "true") {
    *value = true;
  } else if (word == "False" || word == "false") {
    *value = false;
  } else if (word == "None" || word == "null") {
    *value = nullptr;
  } else {
    *value = std::string(word);
  }
  return true;
}

bool PythonReader::ReadNumber(Json* value) {
  const size_t begin = pos_;
  std::string digits;
  if (At('-')) digits = "-";
  if (At('-') || At('+')) ++pos_;
  Skip();
  if (AtText("...")) return Unsupported(begin, "'...' has no JSON form");
  if (pos_ >= text_.size() || !(IsDigit(text_[pos_]) || At('.'))) return Expression(begin);
  int base = 10;
  if (AtText("0x") || AtText("0X")) base = 16;
  if (AtText("0o") || AtText("0O")) base = 8;
  if (AtText("0b") || AtText("0B")) base = 2;
  if (base != 10) pos_ += 2;
  bool is_float = false;
  size_t n_digits = 0;
  for (; pos_ < text_.size(); ++pos_) {
    const char c = text_[pos_];
    const bool exponent = base == 10 && (c == 'e' || c == 'E') && n_digits > 0;
    if (base == 16 ? HexDigit(c) >= 0 : IsDigit(c)) {
      ++n_digits;
    } else if (c == '_' && pos_ + 1 < text_.size() && HexDigit(text_[pos_ + 1]) >= 0 &&
               n_digits > 0) {
      continue;
    } else if (base == 10 && (c == '.' || exponent)) {
      is_float = true;
    } else if (!(is_float && (c == '+' || c == '-') &&
                 (digits.back() == 'e' || digits.back() == 'E'))) {
      break;
    }
    digits.push_back(c);
  }
  if (At('j') || At('J')) return Unsupported(begin, "a complex number has no JSON form");
  if (n_digits == 0 || (pos_ < text_.size() && IsWordChar(text_[pos_]))) {
    return Syntax(begin, "found a malformed number");
  }
  return is_float ? ReadFloat(digits, begin, value)
                  : ReadInteger(std::move(digits), base, begin, value);
}

bool PythonReader::ReadInteger(std::string digits, int base, size_t begin, Json* value) {
  const char* const end = digits.data() + digits.size();
  int64_t number = 0;
  const auto read = std::from_chars(digits.data(), end, number, base);
  if (read.ec == std::errc() && read.ptr == end) {
    *value = number;
    return true;
  }
  uint64_t large = 0;
  const auto read_large = std::from_chars(digits.data(), end, large, base);
  if (read_large.ec == std::errc() && read_large.ptr == end) {
    *value = large;
    return true;
  }
  if (read.ec == std::errc::result_out_of_range) {
    return Unsupported(begin, "integer does not fit in 64 bits; pass it as a string");
  }
  return Syntax(begin, "found a malformed number");
}

bool PythonReader::ReadFloat(const std::string& digits, size_t begin, Json* value) {
  const char* const end = digits.data() + digits.size();
  double number = 0;
  const auto read = std::from_chars(digits.data(), end, number);
  if (read.ptr != end) return Syntax(begin, "found a malformed number");
  if (read.ec == std::errc::result_out_of_range) {
    const size_t exponent = digits.find_first_of("eE");
    const bool tiny = exponent != std::string::npos
                          ? digits[exponent + 1] == '-'
                          : digits.find_first_of("123456789") > digits.find('.');
    if (!tiny) return Unsupported(begin, "number is too large, so it has no JSON form");
    number = 0;
  }
  *value = number;
  return true;
}

}  // namespace weir::chat
