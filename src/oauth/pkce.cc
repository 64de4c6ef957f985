#include "oauth/pkce.h"

#include "base/base64.h"
#include "base/crypto.h"
#include "base/hmac.h"

namespace weir::oauth {
Pkce NewPkce() {
  Pkce pkce;
  pkce.verifier = RandomText();
  pkce.challenge = PkceChallenge(pkce.verifier);
  return pkce;
}

std::string PkceChallenge(std::string_view verifier) {
  return ToBase64Url(BytesOf(Sha256(verifier)));
}

std::string RandomText() { return ToBase64Url(BytesOf(RandomKey())); }

}  // namespace weir::oauth
