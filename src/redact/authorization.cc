// Credentials of HTTP: "Authorization: Bearer TOKEN", "Authorization: Basic BASE64" and the same
// words without their header, which must then prove more.

#include "redact/chars.h"
#include "redact/checks.h"
#include "redact/detectors.h"
#include "redact/value.h"

namespace weir::redact {
namespace {

constexpr size_t kMinBareTokenBytes = 16;
constexpr size_t kMinHeaderTokenBytes = 8;

constexpr bool IsCredentialChar(char c) {  // token68 of RFC 9110
  return IsBase64Url(c) || c == '.' || c == '~' || c == '+' || c == '/';
}

// Whether `before` ends with the header's name and its separator, however quoted.
bool InHeader(std::string_view before) {
  const auto between = [](char c) {
    return IsBlank(c) || IsQuote(c) || c == ':' || c == '=' || c == '\\' || c == ',' || c == '>';
  };
  before.remove_suffix(TrailingRun(before, between, 16).size());
  return EndsWithAnyCase(before, "authorization");
}

// "user:password" in base64.
bool IsBasicCredential(std::string_view text) {
  const std::optional<std::string> decoded = DecodeBase64(text);
  if (!decoded) return false;
  const size_t colon = decoded->find(':');
  if (colon == std::string::npos) return false;
  for (const char c : *decoded) {
    if (c >= 0 && (c < ' ' || c == 0x7F)) return false;
  }
  const std::string_view password = std::string_view(*decoded).substr(colon + 1);
  return !password.empty() && !IsPlaceholder(password);
}

bool IsBearerCredential(std::string_view text, bool in_header) {
  if (IsPlaceholder(text) || IsWordy(text, WordEnds::kMayHaveDigits)) return false;
  if (in_header && text.size() >= kMinHeaderTokenBytes) return true;
  return text.size() >= kMinBareTokenBytes && LooksRandom(text);
}

}  // namespace

Match MatchAuthorization(const View& view) {
  std::string_view before = view.before;
  before.remove_suffix(1);  // the blank
  const std::string_view scheme = TrailingRun(before, IsAlnum, 8);
  const bool basic = EndsWithAnyCase(scheme, "basic") && scheme.size() == 5;
  const bool bearer = (EndsWithAnyCase(scheme, "bearer") && scheme.size() == 6) ||
                      (EndsWithAnyCase(scheme, "token") && scheme.size() == 5) ||
                      (EndsWithAnyCase(scheme, "apikey") && scheme.size() == 6);
  if (!basic && !bearer) return {};
  before.remove_suffix(scheme.size());
  size_t n = RunLength(view.line, IsCredentialChar);
  while (n > 0 && view.line[n - 1] == '.') --n;  // of the sentence
  const std::string_view text = view.line.substr(0, n);
  if (n == 0) return {};
  const bool in_header = InHeader(before);
  if (!in_header && EndsWithAnyCase(scheme, "token")) return {};
  if (basic ? !IsBasicCredential(text) : !IsBearerCredential(text, in_header)) return {};
  n += RunLength(view.line.substr(n), [](char c) { return c == '='; }, 2);
  return EndsWordAt(view, n) ? Match{Kind::kAuthorization, n} : Match{};
}

}  // namespace weir::redact
