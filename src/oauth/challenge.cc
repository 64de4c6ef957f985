#include "oauth/challenge.h"

#include <algorithm>

#include "net/http_message.h"
#include "net/request_rules.h"

namespace weir::oauth {
namespace {

// A position in a header field. Each Take... moves on only when it finds what it is for.
class ChallengeReader {
 public:
  explicit ChallengeReader(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }
  void SkipSpaces() { Skip(" \t"); }
  void SkipSpacesAndCommas() { Skip(" \t,"); }

  std::string_view TakeToken() {
    size_t n = 0;
    while (n < text_.size() && net::IsToken(text_.substr(n, 1))) ++n;
    return Take(n);
  }

  bool TakeEquals() {
    const std::string_view before = text_;
    SkipSpaces();
    if (!text_.starts_with('=')) {
      text_ = before;
      return false;
    }
    text_.remove_prefix(1);
    SkipSpaces();
    return true;
  }

  // "abc==" where a scheme carries that instead of parameters.
  bool TakeToken68() {
    constexpr std::string_view kOther = "-._~+/";
    const auto is_part = [&](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             kOther.find(c) != std::string_view::npos;
    };
    size_t n = 0;
    while (n < text_.size() && is_part(text_[n])) ++n;
    if (n == 0) return false;
    while (n < text_.size() && text_[n] == '=') ++n;
    const size_t next = std::min(text_.find_first_not_of(" \t", n), text_.size());
    if (next < text_.size() && text_[next] != ',') return false;
    Take(n);
    return true;
  }

  // A token or a quoted string.
  std::optional<std::string> TakeValue() {
    if (!text_.starts_with('"')) {
      const std::string_view token = TakeToken();
      if (token.empty()) return std::nullopt;
      return std::string(token);
    }
    std::string value;
    for (size_t i = 1; i < text_.size(); ++i) {
      if (text_[i] == '"') {
        Take(i + 1);
        return value;
      }
      const bool is_escape = text_[i] == '\\';
      if (is_escape) ++i;
      if (i < text_.size()) value += text_[i];
    }
    return std::nullopt;
  }

 private:
  void Skip(std::string_view characters) {
    text_.remove_prefix(std::min(text_.find_first_not_of(characters), text_.size()));
  }
  std::string_view Take(size_t n) {
    const std::string_view taken = text_.substr(0, n);
    text_.remove_prefix(n);
    return taken;
  }

  std::string_view text_;
};

}  // namespace

std::optional<std::string_view> Challenge::Find(std::string_view name) const {
  for (const auto& [known, value] : parameters)
    if (known == name) return value;
  return std::nullopt;
}

std::vector<Challenge> ParseChallenges(std::string_view field) {
  std::vector<Challenge> challenges;
  ChallengeReader reader(field);
  for (reader.SkipSpacesAndCommas(); !reader.at_end(); reader.SkipSpacesAndCommas()) {
    const std::string name = net::LowerCase(reader.TakeToken());
    if (name.empty()) break;
    if (!reader.TakeEquals()) {
      challenges.push_back({name, {}});
      reader.SkipSpaces();
      reader.TakeToken68();
      continue;
    }
    if (challenges.empty()) break;
    std::optional<std::string> value = reader.TakeValue();
    if (!value || challenges.back().Find(name)) {
      challenges.pop_back();
      break;
    }
    challenges.back().parameters.emplace_back(name, *std::move(value));
  }
  return challenges;
}

std::optional<BearerChallenge> BearerChallenge::Of(const net::HttpHeaders& headers) {
  for (const std::string_view field : headers.All("WWW-Authenticate")) {
    for (const Challenge& challenge : ParseChallenges(field)) {
      if (challenge.scheme != "bearer") continue;
      BearerChallenge bearer;
      if (const auto url = challenge.Find("resource_metadata")) bearer.resource_metadata = *url;
      if (const auto scope = challenge.Find("scope")) bearer.scope = *scope;
      bearer.error = challenge.Find("error").value_or("");
      return bearer;
    }
  }
  return std::nullopt;
}

}  // namespace weir::oauth
