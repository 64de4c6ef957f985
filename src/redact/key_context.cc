#include "redact/key_context.h"

#include "redact/chars.h"

namespace weir::redact {
namespace {

constexpr size_t kMaxBlanks = 32;
constexpr size_t kMaxBackslashes = 8;
constexpr size_t kMaxNameLength = 64;
constexpr size_t kMaxLoginBytes = 64;

constexpr bool IsNameChar(char c) { return IsWord(c) || c == '-' || c == '.'; }

size_t DropBlanks(std::string_view& text) {
  const size_t n = TrailingRun(text, IsBlank, kMaxBlanks).size();
  text.remove_suffix(n);
  return n;
}

size_t DropBackslashes(std::string_view& text) {
  const size_t n = TrailingRun(text, [](char c) { return c == '\\'; }, kMaxBackslashes).size();
  text.remove_suffix(n);
  return n;
}

// `"`, `\"`, and the letter of b"..." or f'...'.
void DropOpeningQuote(std::string_view& text, KeyContext* key) {
  if (text.empty() || !IsQuote(text.back())) return;
  key->quote = text.back();
  text.remove_suffix(1);
  key->escaped = DropBackslashes(text) > 0;
  constexpr std::string_view kStringLetters = "bBrRfFuUL@$";
  const bool letter = !text.empty() && kStringLetters.find(text.back()) != std::string_view::npos;
  if (letter && text.size() >= 2 && !IsWord(text[text.size() - 2]) &&
      !IsQuote(text[text.size() - 2]))
    text.remove_suffix(1);
}

// The sign of an assignment, or the comma or parenthesis of a call.
bool DropSeparator(std::string_view& text, KeyContext* key) {
  if (text.empty()) return false;
  const char last = text.back();
  if (last == '=') {
    text.remove_suffix(1);
    // :=, ==, +=, ?=
    if (!text.empty() && std::string_view(":=+?!").find(text.back()) != std::string_view::npos)
      text.remove_suffix(1);
  } else if (last == '>') {
    text.remove_suffix(1);
    if (text.ends_with('=')) {
      text.remove_suffix(1);
      key->separator = '=';
      return true;
    }
  } else if (last == ':' && !text.ends_with("::")) {
    text.remove_suffix(1);
  } else if ((last == ',' || last == '(') && key->quote != 0) {
    text.remove_suffix(1);
  } else {
    return false;
  }
  key->separator = last;
  return true;
}

// `"` or `"]` after a quoted name. True when there was one.
bool DropClosingQuote(std::string_view& text) {
  std::string_view rest = text;
  if (rest.ends_with(']') || rest.ends_with('}')) rest.remove_suffix(1);
  if (rest.empty() || !IsQuote(rest.back())) return false;
  rest.remove_suffix(1);
  DropBackslashes(rest);
  text = rest;
  return true;
}

std::string_view DropName(std::string_view& text) {
  std::string_view name = TrailingRun(text, IsNameChar, kMaxNameLength);
  text.remove_suffix(name.size());
  // The letter of an escaped line end: \nTOKEN=...
  const bool escape = text.ends_with('\\') && !name.empty() &&
                      (name.front() == 'n' || name.front() == 'r' || name.front() == 't');
  if (escape) name.remove_prefix(1);
  return name;
}

bool OpensLine(std::string_view before_name) {
  DropBlanks(before_name);
  for (const std::string_view word : {"export", "set", "setx", "env", "arg", "-"}) {
    if (EndsWithAnyCase(before_name, word)) {
      before_name.remove_suffix(word.size());
      DropBlanks(before_name);
      break;
    }
  }
  return before_name.empty() || before_name.ends_with('\n') || before_name.ends_with('\\');
}

// `login NAME password VALUE` of .netrc, or an option of a command.
bool IsBlankSeparated(std::string_view before_name, std::string_view name) {
  if (name.starts_with("--")) return true;
  if (name != "password" || DropBlanks(before_name) == 0) return false;
  const auto in_login = [](char c) { return c > ' ' && c != '[' && c != ']'; };
  const size_t login = TrailingRun(before_name, in_login, kMaxLoginBytes).size();
  before_name.remove_suffix(login);
  return login > 0 && DropBlanks(before_name) > 0 && before_name.ends_with("login");
}

}  // namespace

std::optional<KeyContext> KeyBefore(std::string_view before) {
  KeyContext key;
  DropOpeningQuote(before, &key);
  key.spaced = DropBlanks(before) > 0;
  const bool separated = DropSeparator(before, &key);
  if (!separated && !key.spaced) return std::nullopt;
  if (separated) DropBlanks(before);
  const bool quoted_name = separated && DropClosingQuote(before);
  key.name = DropName(before);
  if (!separated && !key.name.starts_with("--") && key.name != "password") return std::nullopt;
  key.key_class = ClassifyKey(key.name);
  if (key.key_class == KeyClass::kNone && key.separator == '=' && !quoted_name) {
    // `name: type =`
    DropBlanks(before);
    if (!before.ends_with(':')) return std::nullopt;
    before.remove_suffix(1);
    key.name = DropName(before);
    key.key_class = ClassifyKey(key.name);
  }
  if (key.key_class == KeyClass::kNone) return std::nullopt;
  if (!separated) {
    if (!IsBlankSeparated(before, key.name)) return std::nullopt;
    key.separator = ' ';
  }
  if (key.separator == ',' && !quoted_name) return std::nullopt;
  key.before_name = before.empty() ? '\0' : before.back();
  if (key.separator == '>' && !quoted_name && key.before_name != '<') return std::nullopt;
  key.opens_line = !quoted_name && OpensLine(before);
  return key;
}

}  // namespace weir::redact
