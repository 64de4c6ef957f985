#include "grammar/syntax.h"

#include <array>
#include <utility>

namespace weir::grammar {
namespace {

using EscapeTable = std::array<std::pair<char, char>, 7>;  // letter, raw byte; unused rows are zero

constexpr EscapeTable kPythonEscapes = {
    {{'\\', '\\'}, {'\'', '\''}, {'n', '\n'}, {'r', '\r'}, {'t', '\t'}, {0, 0}, {0, 0}}};
constexpr EscapeTable kJsonEscapes = {
    {{'\\', '\\'}, {'"', '"'}, {'n', '\n'}, {'r', '\r'}, {'t', '\t'}, {'b', '\b'}, {'f', '\f'}}};

const EscapeTable& EscapesOf(Syntax syntax) {
  return syntax == Syntax::kPython ? kPythonEscapes : kJsonEscapes;
}

std::optional<char> LetterOf(Syntax syntax, char raw) {
  for (const auto& [letter, byte] : EscapesOf(syntax)) {
    if (letter != 0 && byte == raw) return letter;
  }
  return std::nullopt;
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20; }

std::string_view WordOf(Syntax syntax, const json::Json& value) {
  const bool python = syntax == Syntax::kPython;
  if (value.is_null()) return python ? "None" : "null";
  if (value.get<bool>()) return python ? "True" : "true";
  return python ? "False" : "false";
}

std::optional<std::string> WriteList(Syntax syntax, const json::Json& list) {
  std::string out = "[";
  for (const json::Json& item : list) {
    const std::optional<std::string> text = WriteValue(syntax, item);
    if (!text) return std::nullopt;
    if (out.size() > 1) out += ", ";
    out += *text;
  }
  return out + "]";
}

std::optional<std::string> WriteDict(Syntax syntax, const json::Json& dict) {
  std::string out = "{";
  for (const auto& item : dict.items()) {
    const std::optional<std::string> key = WriteValue(syntax, item.key());
    const std::optional<std::string> value = WriteValue(syntax, item.value());
    if (!key || !value) return std::nullopt;
    if (out.size() > 1) out += ", ";
    out += *key + ": " + *value;
  }
  return out + "}";
}

// The first byte of a UTF-8 sequence (or an ASCII character).
StringPos AfterLead(uint8_t byte) {
  if (byte < 0x80) return StringPos::kChar;
  if (byte < 0xC2 || byte > 0xF4) return StringPos::kInvalid;
  if (byte < 0xE0) return StringPos::kTail1;
  if (byte == 0xE0) return StringPos::kAfterE0;
  if (byte == 0xED) return StringPos::kAfterED;
  if (byte < 0xF0) return StringPos::kTail2;
  if (byte == 0xF0) return StringPos::kAfterF0;
  if (byte == 0xF4) return StringPos::kAfterF4;
  return StringPos::kTail3;
}

StringPos AfterTail(StringPos pos, uint8_t byte) {
  const auto next = [&](uint8_t low, uint8_t high, StringPos then) {
    return byte >= low && byte <= high ? then : StringPos::kInvalid;
  };
  switch (pos) {
    case StringPos::kTail1:
      return next(0x80, 0xBF, StringPos::kChar);
    case StringPos::kTail2:
      return next(0x80, 0xBF, StringPos::kTail1);
    case StringPos::kTail3:
      return next(0x80, 0xBF, StringPos::kTail2);
    case StringPos::kAfterE0:
      return next(0xA0, 0xBF, StringPos::kTail1);
    case StringPos::kAfterED:
      return next(0x80, 0x9F, StringPos::kTail1);
    case StringPos::kAfterF0:
      return next(0x90, 0xBF, StringPos::kTail2);
    case StringPos::kAfterF4:
      return next(0x80, 0x8F, StringPos::kTail2);
    default:
      return StringPos::kInvalid;
  }
}

}  // namespace

std::optional<char> Unescape(Syntax syntax, char escape) {
  for (const auto& [letter, byte] : EscapesOf(syntax)) {
    if (letter != 0 && letter == escape) return byte;
  }
  return std::nullopt;
}

std::optional<std::string> Escape(Syntax syntax, std::string_view raw) {
  std::string out;
  for (const char c : raw) {
    if (const std::optional<char> letter = LetterOf(syntax, c)) {
      out.push_back('\\');
      out.push_back(*letter);
    } else if (IsControl(c)) {
      return std::nullopt;
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::optional<std::string> WriteValue(Syntax syntax, const json::Json& value) {
  if (value.is_array()) return WriteList(syntax, value);
  if (value.is_object()) return WriteDict(syntax, value);
  if (value.is_number()) return json::Dump(value);
  if (!value.is_string()) return std::string(WordOf(syntax, value));
  const std::optional<std::string> text = Escape(syntax, value.get_ref<const std::string&>());
  if (!text) return std::nullopt;
  const char quote = QuoteOf(syntax);
  return quote + *text + quote;
}

StringPos NextStringPos(Syntax syntax, StringPos pos, uint8_t byte) {
  const char c = static_cast<char>(byte);
  if (pos == StringPos::kEscape) {
    return Unescape(syntax, c) ? StringPos::kChar : StringPos::kInvalid;
  }
  if (pos != StringPos::kChar) return AfterTail(pos, byte);
  if (c == QuoteOf(syntax)) return StringPos::kClosed;
  if (c == '\\') return StringPos::kEscape;
  if (byte < 0x20) return StringPos::kInvalid;
  return AfterLead(byte);
}

}  // namespace weir::grammar
