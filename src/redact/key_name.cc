#include "redact/key_name.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include "redact/chars.h"

namespace weir::redact {
namespace {

// Ends of the name with everything but letters left out.
constexpr std::string_view kPasswordEnds[] = {"password", "passwd", "passphrase", "passcode",
                                              "passwort", "dbpass", "dbpwd"};
constexpr std::string_view kPasswordWords[] = {"pass", "pwd", "psk", "pw"};
constexpr std::string_view kTokenEnds[] = {
    "token",           "tokens",      "secret",          "secrets",       "apikey",
    "apikeys",         "secretkey",   "accesskey",       "privatekey",    "authkey",
    "accountkey",      "signingkey",  "signkey",         "encryptionkey", "decryptionkey",
    "masterkey",       "sharedkey",   "servicekey",      "appkey",        "storagekey",
    "deploykey",       "hmackey",     "sharedaccesskey", "clientkey",     "licensekey",
    "sessionkey",      "credential",  "credentials",     "bearer",        "webhookkey",
    "subscriptionkey", "functionkey", "adminkey",        "xapikey"};
constexpr std::string_view kTokenWords[] = {"auth", "pat", "jwt", "creds"};
constexpr std::string_view kSessionEnds[] = {"session", "sessionid", "sessid", "sessiontoken",
                                             "connectsid"};
constexpr std::string_view kParameterWords[] = {"key", "sig", "signature", "code", "hmac"};
// Tokens of places in a list, and keys that are meant to be seen.
constexpr std::string_view kHarmless[] = {"pagetoken",   "nexttoken",        "continuationtoken",
                                          "synctoken",   "public",           "publishable",
                                          "canceltoken", "cancellationtoken"};
// Words that may follow without making the name another one: API_KEY_PROD, SECRET_KEY_BASE.
constexpr std::string_view kTrailing[] = {"value",   "prod", "production", "dev",    "test",
                                          "staging", "live", "base",       "base64", "hex",
                                          "old",     "new",  "str",        "env"};

constexpr size_t kMaxNameBytes = 64;

template <class List>
bool Contains(const List& list, std::string_view word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

template <class List>
bool EndsWithOneOf(const List& list, std::string_view text) {
  return std::any_of(std::begin(list), std::end(list),
                     [&](std::string_view end) { return text.ends_with(end); });
}

// A name in lower case without what stands between its words: "dbPassword2" -> "dbpassword2", with
// the words db, password and 2.
class Words {
 public:
  explicit Words(std::string_view name) {
    char previous = '-';
    for (const char c : name.substr(0, kMaxNameBytes)) {
      const bool begins = !IsAlnum(previous) || (IsUpper(c) && IsLower(previous)) ||
                          IsDigit(c) != IsDigit(previous);
      if (IsAlnum(c) && begins) begins_[n_words_++] = static_cast<uint8_t>(n_bytes_);
      if (IsAlnum(c)) bytes_[n_bytes_++] = ToLower(c);
      previous = c;
    }
  }

  size_t count() const { return n_words_; }
  std::string_view joined() const { return {bytes_.data(), n_bytes_}; }
  std::string_view last() const { return joined().substr(begins_[n_words_ - 1]); }
  void DropLast() { n_bytes_ = begins_[--n_words_]; }

 private:
  std::array<char, kMaxNameBytes> bytes_{};
  std::array<uint8_t, kMaxNameBytes> begins_{};
  size_t n_bytes_ = 0;
  size_t n_words_ = 0;
};

bool IsTrailing(std::string_view word) {
  return Contains(kTrailing, word) || (IsDigit(word.front()) && word.size() <= 2);
}

}  // namespace

KeyClass ClassifyKey(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes) return KeyClass::kNone;
  Words words(name);
  while (words.count() > 1 && IsTrailing(words.last())) words.DropLast();
  if (words.count() == 0) return KeyClass::kNone;
  const std::string_view joined = words.joined();
  const std::string_view last = words.last();
  if (EndsWithOneOf(kPasswordEnds, joined) || Contains(kPasswordWords, last))
    return KeyClass::kPassword;
  for (const std::string_view harmless : kHarmless) {
    if (joined.find(harmless) != std::string_view::npos) return KeyClass::kNone;
  }
  if (joined.ends_with("secretaccesskey") || joined.ends_with("awssecretkey") ||
      joined.ends_with("awssecret")) {
    return KeyClass::kAwsSecret;
  }
  if (joined.ends_with("accountkey") || joined.ends_with("sharedaccesskey") ||
      (joined.starts_with("azure") && joined.ends_with("key"))) {
    return KeyClass::kAzureKey;
  }
  if (EndsWithOneOf(kSessionEnds, joined) || joined == "sid") return KeyClass::kSession;
  if (EndsWithOneOf(kTokenEnds, joined) || Contains(kTokenWords, last)) return KeyClass::kToken;
  return Contains(kParameterWords, last) ? KeyClass::kParameter : KeyClass::kNone;
}

}  // namespace weir::redact
