#pragma once
// State of a request that takes several rounds, kept by the client and not to be touched by it.
//
// A sealed state is text: base64 of {content, method, digest of the parameters, principal, expiry}
// and an HMAC over that with a key that only this process knows. It opens only for the request that
// it was made for, by the same principal, within its time.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/hmac.h"
#include "base/result.h"
#include "json/json.h"

namespace weir::mcp_server {

inline constexpr int64_t kStateLifetimeUs = 600'000'000;

// What a state is bound to.
struct StateBinding {
  std::string method;
  json::Json params;  // of the request; what changes from round to round is left out of the digest
  std::string principal;
};

// Any thread.
class StateSealer {
 public:
  // Borrows the clock.
  explicit StateSealer(const Clock* clock) : clock_(clock), key_(RandomKey()) {}

  std::string Seal(const StateBinding& binding, const json::Json& content) const;
  // Error kPermissionDenied: changed, of another request or principal, or expired.
  Result<json::Json> Open(const StateBinding& binding, std::string_view sealed) const;

 private:
  const Clock* clock_;
  Sha256Digest key_;
};

}  // namespace weir::mcp_server
