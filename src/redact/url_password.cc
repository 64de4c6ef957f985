// The password of scheme://user:password@host, of any scheme, and of Oracle's
// jdbc:oracle:thin:user/password@host. Only the password is the secret.

#include "redact/chars.h"
#include "redact/detectors.h"
#include "redact/value.h"

namespace weir::redact {
namespace {

constexpr size_t kMaxUserBytes = 128;
constexpr size_t kMaxPasswordBytes = 256;
constexpr size_t kMinUrlPasswordBytes = 3;

constexpr bool IsUserChar(char c) {
  return c > ' ' && c != '/' && c != ':' && c != '@' && c != '[' && c != ']' && c != '<' &&
         c != '>' && c != '\\' && !IsQuote(c);
}
constexpr bool IsPasswordChar(char c) {
  return (c > ' ' || c < 0) && c != '<' && c != '>' && c != '"' && c != '\'' && c != '`' &&
         c != '\\';
}
constexpr bool IsSchemeChar(char c) { return IsAlnum(c) || c == '+' || c == '.' || c == '-'; }

bool FollowsUser(std::string_view before) {
  const bool slash = before.ends_with('/');
  before.remove_suffix(1);
  before.remove_suffix(TrailingRun(before, IsUserChar, kMaxUserBytes).size());
  if (slash) return EndsWithAnyCase(before, "jdbc:oracle:thin:");
  if (!before.ends_with("://")) return false;
  before.remove_suffix(3);
  return TrailingRun(before, IsSchemeChar, 16).size() >= 2;
}

// Bytes up to the '@' that ends the password; 0 when there is none.
size_t PasswordLength(std::string_view line) {
  line = line.substr(0, RunLength(line, IsPasswordChar, kMaxPasswordBytes + 1));
  const size_t authority_end = line.find_first_of("/?#");
  const std::string_view authority = line.substr(0, authority_end);
  if (const size_t at = authority.rfind('@'); at != std::string_view::npos) return at;
  // host:port/path@2 is none; a password with an unescaped '/' is.
  if (RunLength(authority, IsDigit) == authority.size()) return 0;
  const size_t at = line.find('@');
  return at == std::string_view::npos ? 0 : at;
}

}  // namespace

Match MatchUrlPassword(const View& view) {
  if (!FollowsUser(view.before)) return {};
  const size_t n = PasswordLength(view.line);
  const std::string_view password = view.line.substr(0, n);
  if (n < kMinUrlPasswordBytes || IsPlaceholder(password)) return {};
  return {Kind::kConnectionPassword, n};
}

}  // namespace weir::redact
