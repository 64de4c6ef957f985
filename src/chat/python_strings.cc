// Strings of the Python form: where they end, strictly or by choice, and what their escapes mean.

#include <cstdint>
#include <string>
#include <string_view>

#include "chat/python_chars.h"
#include "chat/python_reader.h"

namespace weir::chat {
namespace {

void AppendUtf8(uint32_t code, std::string* out) {
  const auto tail = [&](int shift) {
    out->push_back(static_cast<char>(0x80 | ((code >> shift) & 0x3f)));
  };
  if (code < 0x80) {
    out->push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out->push_back(static_cast<char>(0xc0 | (code >> 6)));
    tail(0);
  } else if (code < 0x10000) {
    out->push_back(static_cast<char>(0xe0 | (code >> 12)));
    tail(6);
    tail(0);
  } else {
    out->push_back(static_cast<char>(0xf0 | (code >> 18)));
    tail(12);
    tail(6);
    tail(0);
  }
}

// Value of up to `n_max` digits of `base` (8 or 16) at the start of `text`; *n_read says how many.
uint32_t ReadDigits(std::string_view text, size_t n_max, uint32_t base, size_t* n_read) {
  uint32_t value = 0;
  size_t n = 0;
  while (n < n_max && n < text.size()) {
    const int digit = HexDigit(text[n]);
    if (digit < 0 || digit >= static_cast<int>(base)) break;
    value = value * base + static_cast<uint32_t>(digit);
    ++n;
  }
  *n_read = n;
  return value;
}

}  // namespace

// A quote, or a prefix of up to two letters with a quote behind it.
bool PythonReader::AtStringStart() const {
  size_t at = pos_;
  while (at < text_.size() && at < pos_ + 2 &&
         std::string_view("rRuUbBfF").find(text_[at]) != std::string_view::npos) {
    ++at;
  }
  return at < text_.size() && (text_[at] == '"' || text_[at] == '\'');
}

// Adjacent strings are one, as in Python.
bool PythonReader::ReadStrings(std::string* value) {
  while (true) {
    if (!ReadString(value)) return false;
    if (choices_ != nullptr) return true;
    const size_t end = pos_;
    Skip();
    if (pos_ < text_.size() && AtStringStart()) continue;
    pos_ = end;
    return true;
  }
}

// Appends one string literal.
bool PythonReader::ReadString(std::string* value) {
  const size_t begin = pos_;
  while (!At('"') && !At('\'')) ++pos_;
  const std::string_view prefix = text_.substr(begin, pos_ - begin);
  if (prefix.find_first_of("bB") != std::string_view::npos) {
    return Unsupported(begin, "bytes have no JSON form");
  }
  const char quote = text_[pos_];
  const bool triple = AtText(std::string(3, quote));
  pos_ += triple ? 3 : 1;
  const size_t content = pos_;
  size_t close = 0;
  bool found = false;
  if (triple) {
    found = FindClose(quote, content, &close);
  } else if (choices_ != nullptr) {
    found = PickClose(quote, content, &close);
  } else {
    size_t at = content;
    while (at < text_.size() && text_[at] != quote) at += text_[at] == '\\' ? 2 : 1;
    found = at < text_.size();
    close = at;
  }
  if (!found) return Syntax(begin, "string opened here never closes");
  if (!Decode(content, close, prefix, value)) return false;
  pos_ = close + (triple ? 3 : 1);
  return true;
}

// The first unescaped triple quote.
bool PythonReader::FindClose(char quote, size_t begin, size_t* close) {
  const std::string closer(3, quote);
  for (size_t at = begin; at < text_.size(); ++at) {
    if (text_[at] == '\\') {
      ++at;
    } else if (text_.substr(at).starts_with(closer)) {
      *close = at;
      return true;
    }
  }
  return false;
}

// Of the quotes that could close the string, the one that `choices_` names. A quote is passed over
// as content only where that is plausible: not when it must be the closing one, and not when the
// content would then hold the start of another argument, string or call, which says that this
// string was never closed at all.
bool PythonReader::PickClose(char quote, size_t begin, size_t* close) {
  constexpr size_t kMaxCandidates = 32;
  const size_t index = choices_->n_candidates.size();
  const size_t pick = index < choices_->picks.size() ? choices_->picks[index] : 0;
  size_t n_candidates = 0;
  bool found = false;
  bool passed_any = false;  // a quote was passed over
  bool inner_open = false;  // the last one seems to open a string
  for (size_t at = begin; at < text_.size() && n_candidates < kMaxCandidates; ++at) {
    if (text_[at] == ')' && passed_any && CallFollows(at)) break;
    if (text_[at] != quote) continue;
    const size_t next = SkipSpace(at + 1);
    const bool may_close = next >= text_.size() ||
                           std::string_view(",)]}:").find(text_[next]) != std::string_view::npos;
    if (may_close && !inner_open && n_candidates++ == pick) {
      *close = at;
      found = true;
    }
    if (may_close ? MustClose(quote, at) : OpensArgument(at)) break;
    passed_any = true;
    const bool after_word = at > begin && IsWordChar(text_[at - 1]);
    const bool before_word = at + 1 < text_.size() && IsWordChar(text_[at + 1]);
    if (!(after_word && before_word)) inner_open = before_word && !after_word;
  }
  choices_->n_candidates.push_back(n_candidates);
  return found;
}

// True when behind the ")" at `at` another call begins: `, name(`.
bool PythonReader::CallFollows(size_t at) const {
  size_t next = SkipSpace(at + 1);
  if (next >= text_.size() || text_[next] != ',') return false;
  next = SkipSpace(next + 1);
  const size_t begin = next;
  while (next < text_.size() && IsToolNameChar(text_[next])) ++next;
  return next > begin && next < text_.size() && text_[next] == '(';
}

// True when the quote at `at` can only be a closing one: behind it stands `, name=`, `), name(` or
// `, "key":`.
bool PythonReader::MustClose(char quote, size_t at) const {
  size_t next = SkipSpace(at + 1);
  if (next < text_.size() && text_[next] == ')') return CallFollows(next);
  if (next >= text_.size() || text_[next] != ',') return false;
  next = SkipSpace(next + 1);
  const bool is_key = next < text_.size() && text_[next] == quote;
  if (is_key) ++next;
  const size_t begin = next;
  while (next < text_.size() && IsParameterChar(text_[next])) ++next;
  const std::string_view name = text_.substr(begin, next - begin);
  if (name.empty() || !IsWordStart(name.front())) return false;
  if (is_key) {
    if (next >= text_.size() || text_[next] != quote) return false;
    ++next;
  }
  next = SkipSpace(next);
  if (next >= text_.size()) return false;
  if (is_key) return text_[next] == ':';
  return text_[next] == '=' && IsParameter(name);
}

// True when the text before the quote at `at` is `, name=`: it opens another argument.
bool PythonReader::OpensArgument(size_t at) const {
  const auto skip_back = [&](size_t end) {
    while (end > 0 && IsSpace(text_[end - 1])) --end;
    return end;
  };
  size_t end = skip_back(at);
  if (end == 0 || text_[end - 1] != '=') return false;
  end = skip_back(end - 1);
  size_t begin = end;
  while (begin > 0 && IsWordChar(text_[begin - 1])) --begin;
  const size_t comma = skip_back(begin);
  return comma > 0 && text_[comma - 1] == ',' && IsParameter(text_.substr(begin, end - begin));
}

// True when the call being read could have a parameter of this name.
bool PythonReader::IsParameter(std::string_view name) const {
  if (name.empty() || !IsWordStart(name.front())) return false;
  const ToolDefinition* tool = call_ == nullptr ? nullptr : FindTool(tools_, call_->name, true);
  return tool == nullptr || HasParameter(*tool, name);
}

// Appends what the characters of a literal mean. `prefix` is its r, u, f letters.
bool PythonReader::Decode(size_t begin, size_t end, std::string_view prefix, std::string* out) {
  const bool raw = prefix.find_first_of("rR") != std::string_view::npos;
  const bool formatted = prefix.find_first_of("fF") != std::string_view::npos;
  for (size_t at = begin; at < end;) {
    const char c = text_[at];
    if (c == '\\' && !raw) {
      if (!DecodeEscape(&at, end, out)) return false;
      continue;
    }
    if (formatted && (c == '{' || c == '}')) {
      if (at + 1 >= end || text_[at + 1] != c) {
        return Unsupported(at, "an f-string with a placeholder is a Python expression");
      }
      ++at;
    }
    out->push_back(c);
    ++at;
  }
  return true;
}

// One escape at *at, which is a backslash; moves *at behind it.
bool PythonReader::DecodeEscape(size_t* at, size_t end, std::string* out) {
  static constexpr std::string_view kNames = "abfnrtv\\'\"";
  static constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\'\"";
  if (*at + 1 >= end) {  // only in a repaired string: a backslash before the closing quote
    out->push_back('\\');
    ++*at;
    return true;
  }
  const char c = text_[*at + 1];
  if (const size_t i = kNames.find(c); i != std::string_view::npos) {
    out->push_back(kMeanings[i]);
    *at += 2;
    return true;
  }
  if (c == '\n') {  // a continued line
    *at += 2;
    return true;
  }
  if (c == 'x') return DecodeHex(at, end, 2, out);
  if (c == 'u') return DecodeHex(at, end, 4, out);
  if (c == 'U') return DecodeHex(at, end, 8, out);
  if (c == 'N')
    return Unsupported(*at, "characters by name (\\N) are not read; write the character");
  size_t n_octal = 0;
  const uint32_t octal = ReadDigits(text_.substr(*at + 1, end - *at - 1), 3, 8, &n_octal);
  if (n_octal > 0) {
    AppendUtf8(octal, out);
    *at += 1 + n_octal;
    return true;
  }
  out->push_back('\\');  // Python keeps the backslash of an escape it does not know
  ++*at;
  return true;
}

// \xHH, \uHHHH or \UHHHHHHHH. Two \u escapes that form a surrogate pair are one character.
bool PythonReader::DecodeHex(size_t* at, size_t end, size_t n_digits, std::string* out) {
  const std::string_view rest = text_.substr(*at, end - *at);
  size_t n_read = 0;
  uint32_t code = ReadDigits(rest.substr(2), n_digits, 16, &n_read);
  if (n_read != n_digits) {
    return Syntax(*at, "escape '" + std::string(rest.substr(0, 2)) + "' needs " +
                           std::to_string(n_digits) + " hex digits; double the backslash?");
  }
  size_t length = 2 + n_digits;
  if (code >= 0xd800 && code < 0xdc00 && rest.substr(length).starts_with("\\u")) {
    const uint32_t low = ReadDigits(rest.substr(length + 2), 4, 16, &n_read);
    if (n_read == 4 && low >= 0xdc00 && low < 0xe000) {
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      length += 6;
    }
  }
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
    return Unsupported(*at, "escape names no character, so it has no JSON form");
  }
  AppendUtf8(code, out);
  *at += length;
  return true;
}

}  // namespace weir::chat
