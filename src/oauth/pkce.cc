#include "oauth/pkce.h"

#include "base/crypto.h"
#include "base/hmac.h"

namespace weir::oauth {
namespace {

constexpr std::string_view kLettersAndDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

std::string EncodeSixBits(std::string_view bytes, std::string_view last_two) {
  std::string text;
  unsigned bits = 0;
  int n_bits = 0;
  const auto put = [&](unsigned value) {
    text += value < 62 ? kLettersAndDigits[value] : last_two[value - 62];
  };
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (n_bits += 8; n_bits >= 6; n_bits -= 6) put(bits >> (n_bits - 6) & 63);
  }
  if (n_bits > 0) put(bits << (6 - n_bits) & 63);
  return text;
}

}  // namespace

Pkce NewPkce() {
  Pkce pkce;
  pkce.verifier = RandomText();
  pkce.challenge = PkceChallenge(pkce.verifier);
  return pkce;
}

std::string PkceChallenge(std::string_view verifier) {
  return Base64Url(BytesOf(Sha256(verifier)));
}

std::string RandomText() { return Base64Url(BytesOf(RandomKey())); }

std::string Base64(std::string_view bytes) {
  std::string text = EncodeSixBits(bytes, "+/");
  while (text.size() % 4 != 0) text += '=';
  return text;
}

std::string Base64Url(std::string_view bytes) { return EncodeSixBits(bytes, "-_"); }

}  // namespace weir::oauth
