// Tokens that tell by their prefix whose they are. One table: prefix, alphabet and length of the
// body as their makers publish them, and how much the body itself must prove.

#include <array>
#include <cstdint>
#include <vector>

#include "redact/chars.h"
#include "redact/checks.h"
#include "redact/detectors.h"
#include "redact/value.h"

namespace weir::redact {
namespace {

enum class Proof {
  kPrefix,    // the prefix is like nothing else: any body that is no placeholder
  kChecksum,  // a checksum in the body, or a body that looks random (older tokens, other makers)
  kRandom,    // the prefix may begin a word: only a body that looks random
};

struct TokenFormat {
  std::string_view prefix;
  Kind kind;
  bool (*in_body)(char);
  size_t min;  // bytes of the body
  size_t max;
  Proof proof = Proof::kPrefix;
};

constexpr size_t kOpen = 2048;  // no published length

constexpr bool IsBase64UrlOrDot(char c) { return IsBase64Url(c) || c == '.'; }
constexpr bool IsAlnumOrDash(char c) { return IsAlnum(c) || c == '-'; }
constexpr bool IsAlnumOrSlash(char c) { return IsAlnum(c) || c == '/'; }
constexpr bool IsBech32Upper(char c) {
  return IsUpperOrDigit(c) && c != '1' && c != 'B' && c != 'I' && c != 'O';
}

// An entry before another wins where both prefixes fit.
constexpr TokenFormat kFormats[] = {
    {"AKIA", Kind::kAwsKey, IsUpperOrDigit, 16, 16},
    {"ASIA", Kind::kAwsKey, IsUpperOrDigit, 16, 16},
    {"ABIA", Kind::kAwsKey, IsUpperOrDigit, 16, 16},
    {"ACCA", Kind::kAwsKey, IsUpperOrDigit, 16, 16},
    {"ghp_", Kind::kGithubToken, IsAlnum, 36, 36, Proof::kChecksum},
    {"gho_", Kind::kGithubToken, IsAlnum, 36, 36, Proof::kChecksum},
    {"ghu_", Kind::kGithubToken, IsAlnum, 36, 36, Proof::kChecksum},
    {"ghs_", Kind::kGithubToken, IsAlnum, 36, 36, Proof::kChecksum},
    {"ghr_", Kind::kGithubToken, IsAlnum, 36, 80, Proof::kChecksum},
    {"github_pat_", Kind::kGithubToken, IsWord, 82, 82},
    {"glpat-", Kind::kGitlabToken, IsBase64UrlOrDot, 20, 64},
    {"glptt-", Kind::kGitlabToken, IsBase64Url, 40, 64},
    {"gldt-", Kind::kGitlabToken, IsBase64Url, 20, 64},
    {"glrt-", Kind::kGitlabToken, IsBase64UrlOrDot, 20, 64},
    {"glcbt-", Kind::kGitlabToken, IsBase64Url, 20, 64},
    {"glsoat-", Kind::kGitlabToken, IsBase64Url, 20, 64},
    {"glft-", Kind::kGitlabToken, IsBase64Url, 20, 64},
    {"xoxa-", Kind::kSlackToken, IsAlnumOrDash, 20, 512, Proof::kRandom},
    {"xoxb-", Kind::kSlackToken, IsAlnumOrDash, 20, 512, Proof::kRandom},
    {"xoxc-", Kind::kSlackToken, IsAlnumOrDash, 20, 512, Proof::kRandom},
    {"xoxe-", Kind::kSlackToken, IsAlnumOrDash, 20, 512, Proof::kRandom},
    {"xoxe.", Kind::kSlackToken, IsBase64UrlOrDot, 20, 512, Proof::kRandom},
    {"xoxo-", Kind::kSlackToken, IsAlnumOrDash, 20, 512, Proof::kRandom},
    {"xoxp-", Kind::kSlackToken, IsAlnumOrDash, 20, 512, Proof::kRandom},
    {"xoxr-", Kind::kSlackToken, IsAlnumOrDash, 20, 512, Proof::kRandom},
    {"xoxs-", Kind::kSlackToken, IsAlnumOrDash, 20, 512, Proof::kRandom},
    {"xapp-", Kind::kSlackToken, IsAlnumOrDash, 40, 512, Proof::kRandom},
    {"https://hooks.slack.com/services/", Kind::kSlackToken, IsAlnumOrSlash, 30, 128,
     Proof::kRandom},
    {"sk_live_", Kind::kStripeKey, IsAlnum, 16, 256},
    {"sk_test_", Kind::kStripeKey, IsAlnum, 16, 256},
    {"rk_live_", Kind::kStripeKey, IsAlnum, 16, 256},
    {"rk_test_", Kind::kStripeKey, IsAlnum, 16, 256},
    {"whsec_", Kind::kStripeKey, IsBase64, 32, 256},
    {"AIza", Kind::kGoogleKey, IsBase64Url, 35, 35},
    {"GOCSPX-", Kind::kGoogleKey, IsBase64Url, 28, 28},
    {"ya29.", Kind::kGoogleKey, IsBase64UrlOrDot, 30, kOpen},
    {"sk-ant-", Kind::kAnthropicKey, IsBase64Url, 40, 256, Proof::kRandom},
    {"sk-", Kind::kOpenAiKey, IsBase64Url, 20, 512, Proof::kRandom},
    {"npm_", Kind::kNpmToken, IsAlnum, 36, 36, Proof::kChecksum},
    {"pypi-AgE", Kind::kPypiToken, IsBase64Url, 48, kOpen},
    {"SG.", Kind::kSendgridKey, IsBase64UrlOrDot, 66, 66, Proof::kRandom},
    {"SK", Kind::kTwilioKey, IsLowerHex, 32, 32},
    {"AGE-SECRET-KEY-1", Kind::kAgeKey, IsBech32Upper, 58, 58},
    {"dop_v1_", Kind::kServiceToken, IsLowerHex, 64, 64},
    {"doo_v1_", Kind::kServiceToken, IsLowerHex, 64, 64},
    {"hf_", Kind::kServiceToken, IsAlnum, 34, 40, Proof::kRandom},
    {"hvs.", Kind::kServiceToken, IsBase64Url, 24, 512, Proof::kRandom},
    {"shpat_", Kind::kServiceToken, IsLowerHex, 32, 32},
    {"shpss_", Kind::kServiceToken, IsLowerHex, 32, 32},
    {"dckr_pat_", Kind::kServiceToken, IsBase64Url, 27, 64},
    {"glsa_", Kind::kServiceToken, IsWord, 41, 64},
    {"lin_api_", Kind::kServiceToken, IsAlnum, 40, 64},
    {"PMAK-", Kind::kServiceToken, IsAlnumOrDash, 59, 59},
    {"dapi", Kind::kServiceToken, IsLowerHex, 32, 32},
    {"NRAK-", Kind::kServiceToken, IsUpperOrDigit, 27, 27},
};

// The formats by the first byte of their prefix.
using Index = std::array<std::vector<const TokenFormat*>, 256>;
const Index& FormatsByFirstByte() {
  static const Index index = [] {
    Index by_byte;
    for (const TokenFormat& format : kFormats) {
      by_byte[static_cast<uint8_t>(format.prefix.front())].push_back(&format);
    }
    return by_byte;
  }();
  return index;
}

// What is cheap and seldom true is asked first: a hostile text has many prefixes.
bool Proves(const TokenFormat& format, std::string_view body) {
  switch (format.proof) {
    case Proof::kPrefix:
      return !IsPlaceholder(body);
    case Proof::kChecksum:
      return LooksRandom(body) || (Base62ChecksumHolds(body) && !IsPlaceholder(body));
    case Proof::kRandom:
      return LooksRandom(body);
  }
  return true;
}

// SendGrid's two parts have a dot between; the table alone would take it anywhere.
bool HasShape(const TokenFormat& format, std::string_view body) {
  return format.kind != Kind::kSendgridKey || (body.size() > 22 && body[22] == '.');
}

}  // namespace

Match MatchToken(const View& view) {
  if (view.line.empty()) return {};
  for (const TokenFormat* format : FormatsByFirstByte()[static_cast<uint8_t>(view.line.front())]) {
    if (!view.line.starts_with(format->prefix)) continue;
    std::string_view body = view.line.substr(format->prefix.size());
    body = body.substr(0, RunLength(body, format->in_body, format->max));
    while (body.ends_with('.') || body.ends_with('/')) body.remove_suffix(1);  // of the sentence
    const size_t size = format->prefix.size() + body.size();
    if (body.size() < format->min || !EndsWordAt(view, size)) continue;
    if (HasShape(*format, body) && Proves(*format, body)) return {format->kind, size};
  }
  return {};
}

}  // namespace weir::redact
