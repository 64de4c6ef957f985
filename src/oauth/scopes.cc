#include "oauth/scopes.h"

#include <algorithm>

namespace weir::oauth {
namespace {

bool IsScope(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return c > ' ' && c < 127 && c != '"' && c != '\\';
  });
}

}  // namespace

Scopes ParseScopes(std::string_view text) {
  Scopes scopes;
  while (!text.empty()) {
    const std::string_view scope = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(scope.size() + 1, text.size()));
    if (IsScope(scope) && !HasScope(scopes, scope)) scopes.emplace_back(scope);
  }
  return scopes;
}

std::string ScopeText(const Scopes& scopes) {
  std::string text;
  for (const std::string& scope : scopes) {
    if (!text.empty()) text += ' ';
    text += scope;
  }
  return text;
}

bool HasScope(const Scopes& scopes, std::string_view scope) {
  return std::ranges::find(scopes, scope) != scopes.end();
}

bool ContainsAll(const Scopes& scopes, const Scopes& wanted) {
  return std::ranges::all_of(wanted,
                             [&](const std::string& scope) { return HasScope(scopes, scope); });
}

Scopes UnionOf(Scopes first, const Scopes& second) {
  for (const std::string& scope : second)
    if (!HasScope(first, scope)) first.push_back(scope);
  return first;
}

Scopes ChooseScopes(const ScopeSources& sources) {
  Scopes scopes = sources.challenged.value_or(sources.resource_supports.value_or(Scopes{}));
  scopes = UnionOf(std::move(scopes), sources.asked_before);
  scopes = UnionOf(std::move(scopes), sources.configured);
  std::erase(scopes, kOfflineAccess);
  const bool is_offered =
      sources.server_supports && HasScope(*sources.server_supports, kOfflineAccess);
  if (sources.wants_refresh_token && is_offered && !scopes.empty())
    scopes.emplace_back(kOfflineAccess);
  return scopes;
}

}  // namespace weir::oauth
