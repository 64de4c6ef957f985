#pragma once
// What a protected resource and an authorization server say of themselves, and where they say it
// (RFC 9728; RFC 8414 and OpenID Connect Discovery). A stranger wrote it: everything is checked
// here, once. Pure; any thread.

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "json/json.h"
#include "net/url.h"
#include "oauth/scopes.h"

namespace weir::oauth {

struct ResourceMetadata {
  std::string resource;                            // as written; what is sent as `resource`
  std::vector<std::string> authorization_servers;  // issuers, as written; at least one
  std::optional<Scopes> scopes_supported;
};

struct ServerMetadata {
  std::string issuer;
  std::string authorization_endpoint;  // empty: none
  std::string token_endpoint;
  std::string registration_endpoint;  // empty: none
  std::optional<Scopes> scopes_supported;
  std::optional<std::vector<std::string>> grant_types;
  std::vector<std::string> token_auth_methods;  // as the RFC says where they are not named
  std::vector<std::string> code_challenge_methods;
  bool sends_issuer = false;  // authorization_response_iss_parameter_supported
  bool takes_client_metadata_documents = false;
};

// Where the metadata of the server at `server_url` may lie, best place first.
std::vector<std::string> ResourceMetadataUrls(const net::Url& server_url);

// Where the metadata of `issuer` may lie, in the order of MCP's authorization page.
std::vector<std::string> ServerMetadataUrls(const net::Url& issuer);

// Errors: kCorruptData with the member that is missing or of another type; kPermissionDenied when
// `resource` is neither the server's URL nor one that the URL lies beneath.
Result<ResourceMetadata> ParseResourceMetadata(const json::Json& document,
                                               const net::Url& server_url);

// Errors: kCorruptData likewise; kPermissionDenied when the document's issuer is not `issuer`, byte
// for byte, or when an endpoint may not be used from `server_url` (CheckAddress).
Result<ServerMetadata> ParseServerMetadata(const json::Json& document, const std::string& issuer,
                                           const net::Url& server_url);

// The same origin, and the path of `server_url` at or beneath that of `resource`.
bool IsResourceOf(const std::string& resource, const net::Url& server_url);

// Whether an address that a server at `server_url` sends us to may be used: https anywhere but on
// this machine; plain http and this machine only when that server is on this machine itself, so
// that a stranger can not have us talk to what runs here. `what` names it in the error
// (kPermissionDenied, or kInvalidArgument when it is no URL).
Result<net::Url> CheckAddress(const std::string& what, const std::string& url,
                              const net::Url& server_url);

}  // namespace weir::oauth
