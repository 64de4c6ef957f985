// Values that are assigned to the name of a secret: .env, YAML, JSON, INI, code, options of
// commands, .netrc, connection strings and parameters of URLs.

#include "redact/chars.h"
#include "redact/detectors.h"
#include "redact/key_context.h"
#include "redact/value.h"

namespace weir::redact {
namespace {

constexpr size_t kAwsSecretBytes = 40;
constexpr size_t kAzureKeyBytes = 88;

// Bytes that end a value without quotes.
constexpr ByteSet kCodeStops(" \t\r\n\"'`<>;&|,)}]\\");
constexpr ByteSet kUrlStops(" \t\r\n\"'`<>;&#)\\");
constexpr ByteSet kConnectionStops(" \t\r\n\"'`<>;");  // and lines of .env files

bool IsParameter(const KeyContext& key) {
  return key.separator == '=' && key.quote == 0 &&
         (key.before_name == '?' || key.before_name == '&' || key.before_name == ';');
}

// Where the value that begins at the line's begin is over.
size_t QuotedLength(std::string_view line, const KeyContext& key) {
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\' && !key.escaped) {
      ++i;  // whatever is escaped belongs to the value
    } else if (line[i] == key.quote || (key.escaped && line[i] == '\\')) {
      return i;
    }
  }
  return line.size();
}

// `password VALUE` of .netrc, which ends at a blank and nothing else.
bool IsNetrc(const KeyContext& key) { return key.separator == ' ' && key.name == "password"; }

const ByteSet& StopsOf(const KeyContext& key) {
  if (key.opens_line || IsNetrc(key)) return kConnectionStops;
  if (IsParameter(key)) return key.before_name == ';' ? kConnectionStops : kUrlStops;
  return kCodeStops;
}

bool IsEscapedLineEnd(std::string_view text) {
  return text.size() >= 2 && text[0] == '\\' &&
         (text[1] == 'n' || text[1] == 'r' || text[1] == 't');
}

size_t UnquotedLength(std::string_view line, const KeyContext& key) {
  const ByteSet& stops = StopsOf(key);
  size_t n = 0;
  while (n < line.size() && !stops.Contains(line[n]) && !IsEscapedLineEnd(line.substr(n))) ++n;
  while (n > 0 && std::string_view(",)}].").find(line[n - 1]) != std::string_view::npos) --n;
  return n;
}

ValueForm FormOf(const KeyContext& key) {
  if (key.quote != 0 || IsNetrc(key)) return ValueForm::kString;
  if (IsParameter(key)) return ValueForm::kPlain;
  const bool plain = key.opens_line && (key.separator == ':' || !key.spaced);
  return plain ? ValueForm::kPlain : ValueForm::kCode;
}

// One judgement of a name and a value. `lenient`: the place says that it is a password.
bool IsSecretValue(KeyClass key_class, std::string_view value, ValueForm form, bool lenient) {
  switch (key_class) {
    case KeyClass::kPassword:
      return lenient ? LooksLikeWeakPassword(value, form) : LooksLikePassword(value, form);
    case KeyClass::kSession:
      return !IsUuid(value) && LooksLikeToken(value, form);
    case KeyClass::kAwsSecret:
    case KeyClass::kAzureKey:
    case KeyClass::kToken:
    case KeyClass::kParameter:
      return LooksLikeToken(value, form);
    case KeyClass::kNone:
      return false;
  }
  return false;
}

Kind KindOf(KeyClass key_class, std::string_view value) {
  switch (key_class) {
    case KeyClass::kPassword:
      return Kind::kPassword;
    case KeyClass::kSession:
      return Kind::kSession;
    case KeyClass::kAwsSecret:
      return value.size() == kAwsSecretBytes ? Kind::kAwsSecret : Kind::kToken;
    case KeyClass::kAzureKey:
      return value.size() == kAzureKeyBytes && value.ends_with("==") ? Kind::kAzureKey
                                                                     : Kind::kToken;
    default:
      return Kind::kToken;
  }
}

// Server=db;Password=hunter: a part of a connection string.
bool InConnectionString(const KeyContext& key, std::string_view after) {
  return key.separator == '=' && key.quote == 0 &&
         (key.before_name == ';' || (IsQuote(key.before_name) && after.starts_with(';')));
}

// What is written as one assignment and is none: ${NAME:?message} of a shell, and <password> in a
// pattern, where no closing tag follows.
bool IsNoAssignment(const KeyContext& key, std::string_view value, std::string_view after) {
  if (key.before_name == '{' && key.separator == ':' && value.starts_with('?')) return true;
  return key.separator == '>' && key.quote == 0 && !after.starts_with('<');
}

// Whether a value can begin at the place at all, so that names are read only where it is so.
bool CanBegin(const View& view) {
  if (view.before.empty() || view.line.empty()) return false;
  const char first = view.line.front();
  if (IsBlank(first) || first == '\r' || IsQuote(first)) return false;
  if (first == '\\' && view.line.size() > 1 && IsQuote(view.line[1])) return false;
  const char last = view.before.back();
  if (IsBlank(last)) {  // most of all text: words that follow others
    const std::string_view blanks = TrailingRun(view.before, IsBlank, view.before.size());
    const std::string_view rest = view.before.substr(0, view.before.size() - blanks.size());
    if (rest.empty()) return false;
    if (!IsWord(rest.back()) && rest.back() != '=' && rest.back() != ':' && rest.back() != '>')
      return false;
  }
  return IsQuote(last) || IsBlank(last) || last == '=' || last == ':' || last == '>';
}

}  // namespace

Match MatchAssigned(const View& view) {
  if (!CanBegin(view)) return {};
  const std::optional<KeyContext> key = KeyBefore(view.before);
  if (!key) return {};
  const bool quoted = key->quote != 0;
  // Without quotes many names can stand in one value, so its whole length is read only once it is
  // known to be one secret.
  const size_t limit = quoted ? view.line.size() : kMaxJudgedBytes;
  const std::string_view judged = view.line.substr(0, limit);
  size_t n = quoted ? QuotedLength(judged, *key) : UnquotedLength(judged, *key);
  const std::string_view value = view.line.substr(0, n);
  const bool parameter = IsParameter(*key);
  if (key->key_class == KeyClass::kParameter && !parameter) return {};
  if (IsNoAssignment(*key, value, view.line.substr(n))) return {};
  const bool connection = InConnectionString(*key, view.line.substr(n));
  const bool lenient = parameter || connection || IsNetrc(*key);
  if (n == 0 || !IsSecretValue(key->key_class, value, FormOf(*key), lenient)) return {};
  if (!quoted && n == limit) n = UnquotedLength(view.line, *key);
  if (key->key_class == KeyClass::kPassword && connection) return {Kind::kConnectionPassword, n};
  const Kind kind = KindOf(key->key_class, value);
  return {parameter && kind != Kind::kAzureKey ? Kind::kUrlParameter : kind, n};
}

bool IsAssignedSecret(std::string_view key, std::string_view value, Kind* kind) {
  const KeyClass key_class = ClassifyKey(key);
  if (key_class == KeyClass::kParameter) return false;
  *kind = KindOf(key_class, value);
  return IsSecretValue(key_class, value, ValueForm::kString, /*lenient=*/false);
}

}  // namespace weir::redact
