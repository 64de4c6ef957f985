#include "redact/value.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include "redact/chars.h"
#include "redact/checks.h"
#include "redact/placeholder.h"

namespace weir::redact {
namespace {

constexpr size_t kMinPasswordBytes = 8;
constexpr size_t kMinWeakPasswordBytes = 4;
constexpr size_t kMinTokenBytes = 12;
constexpr size_t kMinPlainTokenBytes = 16;   // without a third class of characters
constexpr double kMinPasswordEntropy = 2.5;  // bits a byte
constexpr double kMinTokenEntropy = 3.0;

// Anywhere in a value, in any case.
constexpr std::string_view kStems[] = {
    "changeme",  "change_me", "change-me", "example",   "placeholder", "your_",
    "your-",     "yourpass",  "yoursecr",  "yourtoken", "yourkey",     "yourapi",
    "my_secret", "my-secret", "insert_",   "insert-",   "replace_",    "replace-",
    "replaceme", "redacted",  "todo_",     "fixme",     "dummy",       "sample",
    "xxxx",      "****",      "notreal",   "not-real",  "not_real",    "fake_",
    "fake-",     "goes_here", "goes-here", "_here",     "-here",       "supersecret"};
// The whole value, but for digits and '!' at its end.
constexpr std::string_view kWords[] = {
    "password", "passwd",   "pass",  "pwd",      "secret",   "token",  "admin", "root",
    "test",     "guest",    "user",  "username", "apikey",   "string", "null",  "none",
    "nil",      "true",     "false", "empty",    "key",      "foobar", "foo",   "bar",
    "qwerty",   "postgres", "mysql", "default",  "undefined"};
// Names a value that is held elsewhere, or a digest.
constexpr std::string_view kReferences[] = {
    "arn:",    "env:",    "file:",   "vault:",   "ref+",        "sha1-",
    "sha1:",   "sha256-", "sha256:", "sha384-",  "sha384:",     "sha512-",
    "sha512:", "md5:",    "data:",   "ssh-rsa ", "ssh-ed25519 "};

struct Shape {
  size_t letters = 0;
  size_t digits = 0;
  size_t symbols = 0;  // printable and neither letter, digit nor blank
  size_t upper = 0;
  size_t distinct = 0;  // bytes
  size_t rising = 0;    // bytes that are the one before plus one: "abcd", "1234"
  bool has_space = false;
};

Shape ShapeOf(std::string_view value) {
  Shape shape;
  std::array<bool, 256> seen{};
  char previous = 0;
  for (const char c : value) {
    bool& known = seen[static_cast<uint8_t>(c)];
    shape.distinct += known ? 0 : 1;
    known = true;
    shape.letters += IsAlpha(c) || c < 0 ? 1 : 0;
    shape.upper += IsUpper(c) ? 1 : 0;
    shape.digits += IsDigit(c) ? 1 : 0;
    shape.symbols += c > ' ' && !IsAlnum(c) ? 1 : 0;
    shape.has_space = shape.has_space || (c >= 0 && c <= ' ');
    if (previous != 0 && IsAlnum(c) && c == previous + 1) ++shape.rising;
    previous = c;
  }
  return shape;
}

bool ContainsAnyCase(std::string_view text, std::string_view lower) {
  return std::search(text.begin(), text.end(), lower.begin(), lower.end(),
                     [](char a, char b) { return ToLower(a) == b; }) != text.end();
}

bool IsStockWord(std::string_view value) {
  while (!value.empty() && (IsDigit(value.back()) || value.back() == '!')) value.remove_suffix(1);
  return std::any_of(std::begin(kWords), std::end(kWords), [&](std::string_view word) {
    return word.size() == value.size() && EndsWithAnyCase(value, word);
  });
}

// $NAME, ${...}, $(...), %NAME%, {{...}}, <...>, #{...}, %(...)s, @NAME@
bool IsVariable(std::string_view value) {
  for (const std::string_view start : {"${", "$(", "{{", "{%", "#{", "%(", "%{", "$env:", "@@"}) {
    if (value.starts_with(start)) return true;
  }
  if (value.starts_with('<') && value.ends_with('>')) return true;
  if (value.starts_with('[') && value.ends_with(']')) return true;
  const std::string_view rest = value.empty() ? value : value.substr(1);
  if (value.starts_with('$'))
    return !rest.empty() && !IsDigit(rest[0]) && RunLength(rest, IsWord) == rest.size();
  const bool enclosed = value.size() > 2 && value.front() == value.back();
  return enclosed && (value.front() == '%' || value.front() == '@' || value.front() == '_') &&
         RunLength(rest, IsWord) + 1 >= rest.size();
}

bool IsEmailAddress(std::string_view value) {
  const size_t at = value.find('@');
  if (at == 0 || at == std::string_view::npos || value.rfind('@') != at) return false;
  const std::string_view domain = value.substr(at + 1);
  const size_t dot = domain.rfind('.');
  if (dot == 0 || dot == std::string_view::npos || domain.size() - dot < 3) return false;
  const auto in_domain = [](char c) { return IsAlnum(c) || c == '-' || c == '.'; };
  return RunLength(domain, in_domain) == domain.size() &&
         RunLength(domain.substr(dot + 1), IsAlpha) == domain.size() - dot - 1;
}

// settings.api_key_2, e.token, Config::kToken1
bool IsDottedName(std::string_view value) {
  constexpr size_t kMaxPartBytes = 24;
  size_t n_parts = 0;
  while (!value.empty()) {
    const size_t part = RunLength(value, IsWord);
    if (part == 0 || part > kMaxPartBytes || IsDigit(value.front())) return false;
    ++n_parts;
    value.remove_prefix(part);
    if (value.empty()) break;
    if (value.front() != '.') return false;
    value.remove_prefix(1);
  }
  return n_parts >= 2;
}

bool IsCode(std::string_view value) {
  if (value.find_first_of("([{") != std::string_view::npos || IsDottedName(value)) return true;
  if (value.find("->") != std::string_view::npos || value.find("::") != std::string_view::npos)
    return true;
  const bool sigil = value.size() > 1 &&
                     std::string_view("&*@!%:").find(value.front()) != std::string_view::npos &&
                     IsAlpha(value[1]);
  // A YAML tag or anchor, an instance variable, a symbol: a name follows and nothing else.
  return sigil && RunLength(value.substr(1), IsWord) + 1 == value.size();
}

bool IsReference(std::string_view value, ValueForm form) {
  if (value.find("://") != std::string_view::npos || IsEmailAddress(value)) return true;
  for (const std::string_view start : kReferences) {
    if (value.starts_with(start)) return true;
  }
  return form != ValueForm::kString && IsCode(value);
}

// 2024-05-01T10:20:30Z
bool IsTimestamp(std::string_view value) {
  const auto in_time = [](char c) {
    return IsDigit(c) || c == '-' || c == ':' || c == '.' || c == '+' || c == 'T' || c == 'Z';
  };
  return RunLength(value, in_time) == value.size();
}

bool IsWordPart(std::string_view part, WordEnds ends) {
  constexpr size_t kMaxNumberDigits = 4;
  const size_t letters = RunLength(part, [](char c) { return IsAlpha(c) || c < 0; });
  if (letters == part.size()) return true;
  if (letters > 0 && ends == WordEnds::kHaveNoDigits) return false;
  return RunLength(part.substr(letters), IsDigit) == part.size() - letters &&
         part.size() - letters <= kMaxNumberDigits;
}

}  // namespace

bool IsPlaceholder(std::string_view value) {
  value = value.substr(0, kMaxJudgedBytes);
  if (value.find(kPlaceholderStart) != std::string_view::npos) return true;
  if (value.find("...") != std::string_view::npos || IsVariable(value) || IsStockWord(value))
    return true;
  const Shape shape = ShapeOf(value);
  if (value.size() >= 6 && shape.distinct <= std::min<size_t>(value.size() / 8 + 2, 6)) return true;
  if (value.size() >= 8 && shape.rising * 10 >= value.size() * 6) return true;
  return std::any_of(std::begin(kStems), std::end(kStems),
                     [&](std::string_view stem) { return ContainsAnyCase(value, stem); });
}

bool IsWordy(std::string_view value, WordEnds ends) {
  constexpr std::string_view kBetween = "-_./:|,\\+ ";
  value = value.substr(0, kMaxJudgedBytes);
  while (!value.empty()) {
    const size_t end = std::min(value.find_first_of(kBetween), value.size());
    if (!IsWordPart(value.substr(0, end), ends)) return false;
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  return true;
}

bool IsUuid(std::string_view value) {
  if (value.size() != 36) return false;
  for (size_t i = 0; i < value.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? value[i] != '-' : !IsLowerHex(ToLower(value[i]))) return false;
  }
  return true;
}

bool LooksRandom(std::string_view value) {
  value = value.substr(0, kMaxJudgedBytes);
  const Shape shape = ShapeOf(value);
  return shape.digits > 0 && shape.letters > 0 && Entropy(value) >= kMinTokenEntropy &&
         !IsWordy(value, WordEnds::kMayHaveDigits) && !IsPlaceholder(value);
}

bool LooksLikePassword(std::string_view value, ValueForm form) {
  value = value.substr(0, kMaxJudgedBytes);
  if (value.size() < kMinPasswordBytes) return false;
  const Shape shape = ShapeOf(value);
  if (shape.has_space || shape.letters == 0 || shape.digits + shape.symbols == 0) return false;
  // In code, password2 is the name of a variable.
  const WordEnds ends =
      form == ValueForm::kCode ? WordEnds::kMayHaveDigits : WordEnds::kHaveNoDigits;
  return Entropy(value) >= kMinPasswordEntropy && !IsWordy(value, ends) && !IsPlaceholder(value) &&
         !IsReference(value, form);
}

bool LooksLikeToken(std::string_view value, ValueForm form) {
  value = value.substr(0, kMaxJudgedBytes);
  if (value.size() < kMinTokenBytes) return false;
  const Shape shape = ShapeOf(value);
  const bool mixed = shape.symbols > 0 || (shape.upper > 0 && shape.upper < shape.letters);
  if (value.size() < kMinPlainTokenBytes && !mixed) return false;
  return !shape.has_space && LooksRandom(value) && !IsTimestamp(value) && !IsReference(value, form);
}

bool LooksLikeWeakPassword(std::string_view value, ValueForm form) {
  value = value.substr(0, kMaxJudgedBytes);
  if (value.size() < kMinWeakPasswordBytes) return false;
  const Shape shape = ShapeOf(value);
  return !shape.has_space && shape.digits + shape.symbols > 0 && shape.letters > 0 &&
         !IsPlaceholder(value) && !IsReference(value, form);
}

}  // namespace weir::redact
