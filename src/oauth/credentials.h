#pragma once
// What an authorization server has given us, and who keeps it. Everything here belongs to the one
// issuer that it names and is never shown to another.

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "oauth/scopes.h"

namespace weir::oauth {

// How a client proves itself at the token endpoint.
enum class TokenAuth { kNone, kSecretBasic, kSecretPost };

// "none", "client_secret_basic", "client_secret_post".
std::string_view TokenAuthName(TokenAuth auth);
std::optional<TokenAuth> TokenAuthFromName(std::string_view name);

struct Client {
  std::string issuer;  // whose client this is
  std::string id;
  std::string secret = {};  // empty: none
  TokenAuth auth = TokenAuth::kNone;
  std::string redirect_uri = {};  // it was registered with
  int64_t secret_expires_us = 0;  // Unix, microseconds; 0: never

  bool operator==(const Client&) const = default;
};

struct Tokens {
  std::string issuer;
  std::string client_id;
  std::string resource;  // whom they are for
  std::string access_token;
  std::string refresh_token = {};  // empty: none
  Scopes scopes = {};
  int64_t expires_us = 0;  // Unix, microseconds; 0: not known

  bool operator==(const Tokens&) const = default;
};

// Any thread.
class CredentialStore {
 public:
  virtual ~CredentialStore() = default;

  // The client that was registered at `issuer` by itself; nothing when there is none.
  virtual Result<std::optional<Client>> FindClient(const std::string& issuer) = 0;
  virtual Status PutClient(const Client& client) = 0;
  virtual Status ForgetClient(const std::string& issuer) = 0;

  // Tokens for the server at `server_url`.
  virtual Result<std::optional<Tokens>> FindTokens(const std::string& server_url) = 0;
  virtual Status PutTokens(const std::string& server_url, const Tokens& tokens) = 0;
  virtual Status ForgetTokens(const std::string& server_url) = 0;
};

// Forgets everything with the process.
class MemoryCredentialStore : public CredentialStore {
 public:
  Result<std::optional<Client>> FindClient(const std::string& issuer) override;
  Status PutClient(const Client& client) override;
  Status ForgetClient(const std::string& issuer) override;
  Result<std::optional<Tokens>> FindTokens(const std::string& server_url) override;
  Status PutTokens(const std::string& server_url, const Tokens& tokens) override;
  Status ForgetTokens(const std::string& server_url) override;

 private:
  std::mutex mutex_;  // guards the two below
  std::map<std::string, Client> clients_;
  std::map<std::string, Tokens> tokens_;
};

}  // namespace weir::oauth
