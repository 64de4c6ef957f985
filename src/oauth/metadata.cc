#include "oauth/metadata.h"

#include <algorithm>

#include "base/printable.h"

namespace weir::oauth {
namespace {

using json::Json;

constexpr size_t kMaxListed = 1000;

// Members of a stranger's JSON object. The first that is of another type than wanted is the error.
class MemberReader {
 public:
  MemberReader(const Json& object, std::string_view document)
      : object_(object), document_(document) {}

  std::string Text(const char* name, bool is_required) {
    const Json* member = Find(name);
    if (member == nullptr) {
      if (is_required) Fail(name, "a text, found none");
      return "";
    }
    if (!member->is_string()) {
      Fail(name, "a text, found another type");
      return "";
    }
    return member->get<std::string>();
  }

  bool Flag(const char* name) {
    const Json* member = Find(name);
    if (member == nullptr) return false;
    if (!member->is_boolean()) Fail(name, "true or false, found another type");
    return member->is_boolean() && member->get<bool>();
  }

  std::optional<std::vector<std::string>> Texts(const char* name) {
    const Json* member = Find(name);
    if (member == nullptr) return std::nullopt;
    const bool is_list = member->is_array() && member->size() <= kMaxListed &&
                         std::ranges::all_of(*member, [](const Json& j) { return j.is_string(); });
    if (!is_list) {
      Fail(name, "a list of texts, found another type");
      return std::nullopt;
    }
    return member->get<std::vector<std::string>>();
  }

  const Status& status() const { return status_; }

 private:
  // Null counts as not there.
  const Json* Find(const char* name) const {
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }

  void Fail(const char* name, const char* expected) {
    if (status_)
      status_ =
          MakeError(ErrorCode::kCorruptData, "{}: '{}' must be {}; tell the operator of the server",
                    document_, name, expected);
  }

  const Json& object_;
  const std::string_view document_;
  Status status_;
};

std::optional<Scopes> ScopesOf(const std::optional<std::vector<std::string>>& names) {
  if (!names) return std::nullopt;
  Scopes scopes;
  for (const std::string& name : *names) scopes = UnionOf(std::move(scopes), ParseScopes(name));
  return scopes;
}

std::string PathWithoutSlash(const net::Url& url) {
  return url.path.ends_with('/') ? url.path.substr(0, url.path.size() - 1) : url.path;
}

Status CheckEndpoints(const ServerMetadata& server, const net::Url& server_url) {
  const std::pair<const char*, const std::string*> endpoints[] = {
      {"authorization_endpoint", &server.authorization_endpoint},
      {"token_endpoint", &server.token_endpoint},
      {"registration_endpoint", &server.registration_endpoint}};
  for (const auto& [name, url] : endpoints) {
    if (!url->empty()) RETURN_IF_ERROR(CheckAddress(name, *url, server_url));
  }
  return {};
}

}  // namespace

std::vector<std::string> ResourceMetadataUrls(const net::Url& server_url) {
  const std::string root = server_url.Origin() + "/.well-known/oauth-protected-resource";
  const std::string path = PathWithoutSlash(server_url);
  if (path.empty()) return {root};
  return {root + path, root};
}

std::vector<std::string> ServerMetadataUrls(const net::Url& issuer) {
  const std::string origin = issuer.Origin();
  const std::string path = PathWithoutSlash(issuer);
  const std::string oauth = origin + "/.well-known/oauth-authorization-server" + path;
  const std::string openid = origin + "/.well-known/openid-configuration" + path;
  if (path.empty()) return {oauth, openid};
  return {oauth, openid, origin + path + "/.well-known/openid-configuration"};
}

bool IsResourceOf(const std::string& resource, const net::Url& server_url) {
  const Result<net::Url> url = net::ParseUrl(resource);
  if (!url || url->Origin() != server_url.Origin()) return false;
  if (url->query && url->query != server_url.query) return false;
  const std::string above = PathWithoutSlash(*url);
  if (!server_url.path.starts_with(above)) return false;
  const std::string_view rest = std::string_view(server_url.path).substr(above.size());
  return rest.empty() || rest.front() == '/';
}

Result<net::Url> CheckAddress(const std::string& what, const std::string& url,
                              const net::Url& server_url) {
  Result<net::Url> parsed = net::ParseUrl(url);
  if (!parsed) return MakeError(parsed.error().WithContext(what));
  const bool is_local = server_url.IsLoopback();
  if (parsed->IsLoopback() && !is_local)
    return MakeError(ErrorCode::kPermissionDenied,
                     "{}: '{}' is on this machine, but '{}', which names it, is not; it may not "
                     "lead us here",
                     what, parsed->Origin(), server_url.Origin());
  if (!parsed->is_https() && !parsed->IsLoopback())
    return MakeError(ErrorCode::kPermissionDenied,
                     "{}: '{}' is not https, so secrets could be read on the way; only a server on "
                     "this machine may do without",
                     what, parsed->Origin());
  return parsed;
}

Result<ResourceMetadata> ParseResourceMetadata(const Json& document, const net::Url& server_url) {
  const std::string context = "metadata of the resource '" + server_url.Origin() + "'";
  if (!document.is_object())
    return MakeError(ErrorCode::kCorruptData, "{}: must be a JSON object", context);
  MemberReader reader(document, context);
  ResourceMetadata resource;
  resource.resource = reader.Text("resource", true);
  resource.authorization_servers =
      reader.Texts("authorization_servers").value_or(std::vector<std::string>{});
  resource.scopes_supported = ScopesOf(reader.Texts("scopes_supported"));
  RETURN_IF_ERROR(reader.status());
  if (!IsResourceOf(resource.resource, server_url))
    return MakeError(ErrorCode::kPermissionDenied,
                     "{}: it describes the resource '{}' instead; a token for that would go to the "
                     "wrong server",
                     context, Printable(resource.resource));
  if (resource.authorization_servers.empty())
    return MakeError(ErrorCode::kCorruptData,
                     "{}: 'authorization_servers' must name at least one; tell the operator of the "
                     "server",
                     context);
  return resource;
}

Result<ServerMetadata> ParseServerMetadata(const Json& document, const std::string& issuer,
                                           const net::Url& server_url) {
  const std::string context = "metadata of the authorization server '" + Printable(issuer) + "'";
  if (!document.is_object())
    return MakeError(ErrorCode::kCorruptData, "{}: must be a JSON object", context);
  MemberReader reader(document, context);
  ServerMetadata server;
  server.issuer = reader.Text("issuer", true);
  server.authorization_endpoint = reader.Text("authorization_endpoint", false);
  server.token_endpoint = reader.Text("token_endpoint", true);
  server.registration_endpoint = reader.Text("registration_endpoint", false);
  server.scopes_supported = ScopesOf(reader.Texts("scopes_supported"));
  server.grant_types = reader.Texts("grant_types_supported");
  server.token_auth_methods = reader.Texts("token_endpoint_auth_methods_supported")
                                  .value_or(std::vector<std::string>{"client_secret_basic"});
  server.code_challenge_methods =
      reader.Texts("code_challenge_methods_supported").value_or(std::vector<std::string>{});
  server.sends_issuer = reader.Flag("authorization_response_iss_parameter_supported");
  server.takes_client_metadata_documents = reader.Flag("client_id_metadata_document_supported");
  RETURN_IF_ERROR(reader.status());
  if (server.issuer != issuer)
    return MakeError(ErrorCode::kPermissionDenied,
                     "{}: it says that it is '{}'; the two must be the same to the byte", context,
                     Printable(server.issuer));
  RETURN_IF_ERROR(CheckEndpoints(server, server_url));
  return server;
}

}  // namespace weir::oauth
