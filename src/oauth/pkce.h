#pragma once
// Proof Key for Code Exchange (RFC 7636), method S256: who redeems a code is who asked for it. Any
// thread.

#include <string>
#include <string_view>

namespace weir::oauth {

struct Pkce {
  std::string verifier;   // 43 unpredictable characters; a secret until the code is redeemed
  std::string challenge;  // base64url of its SHA-256
};

Pkce NewPkce();
std::string PkceChallenge(std::string_view verifier);

// 32 unpredictable bytes in base64url, for `state`.
std::string RandomText();

}  // namespace weir::oauth
