#pragma once
// Sets of OAuth scopes, and which to ask for. Pure; any thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::oauth {

// In the order they were named, none twice.
using Scopes = std::vector<std::string>;

inline constexpr std::string_view kOfflineAccess = "offline_access";

// Of a text with spaces between them. What is no scope (RFC 6749, section 3.3) is left out.
Scopes ParseScopes(std::string_view text);
std::string ScopeText(const Scopes& scopes);

bool HasScope(const Scopes& scopes, std::string_view scope);
bool ContainsAll(const Scopes& scopes, const Scopes& wanted);
Scopes UnionOf(Scopes first, const Scopes& second);

struct ScopeSources {
  std::optional<Scopes> challenged = std::nullopt;  // of the WWW-Authenticate header
  std::optional<Scopes> resource_supports =
      std::nullopt;  // scopes_supported of the protected resource
  std::optional<Scopes> server_supports =
      std::nullopt;          // scopes_supported of the authorization server
  Scopes asked_before = {};  // for the same resource at the same server
  Scopes configured = {};    // a person wants these too
  bool wants_refresh_token = false;
};

// What to ask for: the challenge's, else what the resource says it supports; with what was asked
// for before, so that nothing granted is lost. offline_access, which gives a refresh token, is
// asked for beside others where the authorization server lists it, and never where it does not.
// Empty: leave the parameter out.
Scopes ChooseScopes(const ScopeSources& sources);

}  // namespace weir::oauth
