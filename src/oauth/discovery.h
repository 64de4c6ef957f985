#pragma once
// Fetches what metadata.h reads: of the resource, then of one of the authorization servers that it
// names. Any thread.

#include <stop_token>
#include <string>

#include "base/result.h"
#include "net/http_client.h"
#include "oauth/challenge.h"
#include "oauth/metadata.h"

namespace weir::oauth {

// Bounds of every exchange with an authorization server: none of them is large or slow.
net::HttpLimits OAuthLimits();

// From where the challenge says, else from the well-known places. Where there is none at all, the
// resource is the server's URL and its own origin the authorization server, as in MCP before
// revision 2025-06-18. Errors: those of HttpClient, of ParseResourceMetadata and CheckAddress.
Result<ResourceMetadata> DiscoverResource(net::HttpClient& http, const net::Url& server_url,
                                          const std::optional<BearerChallenge>& challenge,
                                          const std::stop_token& stop);

// The first document found decides; one that breaks a rule is an error, not passed over. Errors:
// those of HttpClient, of ParseServerMetadata and CheckAddress; kNotFound when there is none.
Result<ServerMetadata> DiscoverServer(net::HttpClient& http, const std::string& issuer,
                                      const net::Url& server_url, const std::stop_token& stop);

}  // namespace weir::oauth
