#pragma once
// WWW-Authenticate: what a server that refuses asks for (RFC 9110, section 11; RFC 6750, section 3;
// RFC 9728, section 5.1). Pure; any thread.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http_message.h"

namespace weir::oauth {

struct Challenge {
  std::string scheme;                                           // lower case
  std::vector<std::pair<std::string, std::string>> parameters;  // names in lower case

  std::optional<std::string_view> Find(std::string_view name) const;
};

// The challenges of one header field. Reading ends where the text breaks the grammar or names a
// parameter twice; the challenge that this happens in is left out, those before it are kept.
std::vector<Challenge> ParseChallenges(std::string_view field);

// What of the first Bearer challenge of a response we use.
struct BearerChallenge {
  std::optional<std::string> resource_metadata;  // a URL, unchecked
  std::optional<std::string> scope;
  std::string error;  // "invalid_token", "insufficient_scope", or empty

  static std::optional<BearerChallenge> Of(const net::HttpHeaders& headers);
};

}  // namespace weir::oauth
