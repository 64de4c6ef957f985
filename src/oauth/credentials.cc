#include "oauth/credentials.h"

namespace weir::oauth {
namespace {

template <class Value>
std::optional<Value> ValueAt(const std::map<std::string, Value>& map, const std::string& key) {
  const auto found = map.find(key);
  if (found == map.end()) return std::nullopt;
  return found->second;
}

}  // namespace

std::string_view TokenAuthName(TokenAuth auth) {
  switch (auth) {
    case TokenAuth::kNone:
      return "none";
    case TokenAuth::kSecretBasic:
      return "client_secret_basic";
    case TokenAuth::kSecretPost:
      return "client_secret_post";
  }
  return "none";
}

std::optional<TokenAuth> TokenAuthFromName(std::string_view name) {
  for (const TokenAuth auth : {TokenAuth::kNone, TokenAuth::kSecretBasic, TokenAuth::kSecretPost})
    if (TokenAuthName(auth) == name) return auth;
  return std::nullopt;
}

Result<std::optional<Client>> MemoryCredentialStore::FindClient(const std::string& issuer) {
  const std::lock_guard lock(mutex_);
  return ValueAt(clients_, issuer);
}

Status MemoryCredentialStore::PutClient(const Client& client) {
  const std::lock_guard lock(mutex_);
  clients_[client.issuer] = client;
  return {};
}

Status MemoryCredentialStore::ForgetClient(const std::string& issuer) {
  const std::lock_guard lock(mutex_);
  clients_.erase(issuer);
  return {};
}

Result<std::optional<Tokens>> MemoryCredentialStore::FindTokens(const std::string& server_url) {
  const std::lock_guard lock(mutex_);
  return ValueAt(tokens_, server_url);
}

Status MemoryCredentialStore::PutTokens(const std::string& server_url, const Tokens& tokens) {
  const std::lock_guard lock(mutex_);
  tokens_[server_url] = tokens;
  return {};
}

Status MemoryCredentialStore::ForgetTokens(const std::string& server_url) {
  const std::lock_guard lock(mutex_);
  tokens_.erase(server_url);
  return {};
}

}  // namespace weir::oauth
