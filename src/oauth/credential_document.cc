#include "oauth/credential_document.h"

#include <algorithm>

#include "json/json.h"

namespace weir::oauth {
namespace {

using json::Json;

constexpr int kVersion = 1;
constexpr int64_t kMaxTimeUs = int64_t{1} << 53;

tl::unexpected<Error> BadDocument(std::string_view what) {
  return MakeError(ErrorCode::kCorruptData, "{}", what);
}

// Reads the members of one entry: all that are asked for must be there, and no other.
class EntryReader {
 public:
  explicit EntryReader(const Json& entry) : entry_(entry) {}

  std::string Text(const char* name) {
    const Json* member = Take(name);
    if (member == nullptr || !member->is_string()) {
      ok_ = false;
      return "";
    }
    return member->get<std::string>();
  }

  int64_t TimeUs(const char* name) {
    const Json* member = Take(name);
    if (member == nullptr || !member->is_number_integer() || member->get<int64_t>() < 0 ||
        member->get<int64_t>() > kMaxTimeUs) {
      ok_ = false;
      return 0;
    }
    return member->get<int64_t>();
  }

  bool ok() const { return ok_ && n_taken_ == entry_.size(); }

 private:
  const Json* Take(const char* name) {
    if (!entry_.is_object()) return nullptr;
    const auto found = entry_.find(name);
    if (found == entry_.end()) return nullptr;
    ++n_taken_;
    return &*found;
  }

  const Json& entry_;
  size_t n_taken_ = 0;
  bool ok_ = true;
};

Json ClientJson(const Client& client) {
  return Json{{"issuer", client.issuer},
              {"client_id", client.id},
              {"client_secret", client.secret},
              {"token_endpoint_auth_method", TokenAuthName(client.auth)},
              {"redirect_uri", client.redirect_uri},
              {"secret_expires_us", client.secret_expires_us}};
}

Json TokensJson(const std::string& server_url, const Tokens& tokens) {
  return Json{{"server_url", server_url},
              {"issuer", tokens.issuer},
              {"client_id", tokens.client_id},
              {"resource", tokens.resource},
              {"access_token", tokens.access_token},
              {"refresh_token", tokens.refresh_token},
              {"scope", ScopeText(tokens.scopes)},
              {"expires_us", tokens.expires_us}};
}

Status ReadClient(const Json& entry, CredentialDocument* document) {
  EntryReader reader(entry);
  Client client{.issuer = reader.Text("issuer"),
                .id = reader.Text("client_id"),
                .secret = reader.Text("client_secret"),
                .auth = TokenAuth::kNone,
                .redirect_uri = reader.Text("redirect_uri"),
                .secret_expires_us = reader.TimeUs("secret_expires_us")};
  const auto auth = TokenAuthFromName(reader.Text("token_endpoint_auth_method"));
  if (!reader.ok() || !auth || client.issuer.empty() || client.id.empty())
    return BadDocument("an entry of 'clients' is not as docs/formats/credentials.md says");
  client.auth = *auth;
  const std::string issuer = client.issuer;
  if (!document->clients.emplace(issuer, std::move(client)).second)
    return BadDocument("two entries of 'clients' have one issuer");
  return {};
}

Status ReadTokens(const Json& entry, CredentialDocument* document) {
  EntryReader reader(entry);
  const std::string server_url = reader.Text("server_url");
  Tokens tokens{.issuer = reader.Text("issuer"),
                .client_id = reader.Text("client_id"),
                .resource = reader.Text("resource"),
                .access_token = reader.Text("access_token"),
                .refresh_token = reader.Text("refresh_token"),
                .scopes = ParseScopes(reader.Text("scope")),
                .expires_us = reader.TimeUs("expires_us")};
  const bool is_header_text =
      std::ranges::all_of(tokens.access_token, [](char c) { return c > ' ' && c < 127; });
  if (!reader.ok() || server_url.empty() || tokens.issuer.empty() || tokens.access_token.empty() ||
      !is_header_text)
    return BadDocument("an entry of 'tokens' is not as docs/formats/credentials.md says");
  if (!document->tokens.emplace(server_url, std::move(tokens)).second)
    return BadDocument("two entries of 'tokens' have one server_url");
  return {};
}

}  // namespace

std::string CredentialText(const CredentialDocument& document) {
  Json clients = Json::array();
  for (const auto& [issuer, client] : document.clients) clients.push_back(ClientJson(client));
  Json tokens = Json::array();
  for (const auto& [url, one] : document.tokens) tokens.push_back(TokensJson(url, one));
  return json::Dump(Json{{"version", kVersion}, {"clients", clients}, {"tokens", tokens}}) + "\n";
}

Result<CredentialDocument> ParseCredentials(std::string_view text) {
  const Result<Json> root = json::Parse(text, {.max_bytes = kMaxCredentialBytes, .max_depth = 4});
  if (!root) return BadDocument("it is not the JSON that Weir writes");
  const bool has_members = root->is_object() && root->size() == 3 && root->contains("version") &&
                           root->contains("clients") && root->contains("tokens");
  if (!has_members || !(*root)["clients"].is_array() || !(*root)["tokens"].is_array())
    return BadDocument("it must have 'version', 'clients' and 'tokens' and nothing else");
  if ((*root)["version"] != kVersion)
    return BadDocument("its version is not 1, the one that this Weir knows");
  CredentialDocument document;
  for (const Json& entry : (*root)["clients"]) RETURN_IF_ERROR(ReadClient(entry, &document));
  for (const Json& entry : (*root)["tokens"]) RETURN_IF_ERROR(ReadTokens(entry, &document));
  return document;
}

}  // namespace weir::oauth
