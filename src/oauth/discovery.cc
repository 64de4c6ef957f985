#include "oauth/discovery.h"

#include "base/printable.h"

namespace weir::oauth {
namespace {

using json::Json;

// The JSON at `url`; nothing when there is no such document (3xx, 4xx, or a page that is no JSON,
// as some servers answer to every path).
Result<std::optional<Json>> FetchDocument(net::HttpClient& http, const std::string& url,
                                          const std::stop_token& stop) {
  ASSIGN_OR_RETURN(
      const net::HttpResponse response,
      http.Send({.url = url, .headers = {{"Accept", "application/json"}}}, OAuthLimits(), stop));
  if (response.status >= 500)
    return MakeError(ErrorCode::kUnavailable, "'{}' answered {}; try again later", url,
                     response.status);
  const std::string type = net::MediaType(response.headers.Find("Content-Type").value_or(""));
  if (response.status != 200 || (type != "application/json" && !type.ends_with("+json")))
    return std::optional<Json>();
  Result<Json> document = json::Parse(response.body);
  if (!document) return MakeError(document.error().WithContext("'" + url + "'"));
  return std::optional<Json>(*std::move(document));
}

}  // namespace

net::HttpLimits OAuthLimits() {
  return {
      .total = std::chrono::seconds(30), .max_head_bytes = 64u << 10, .max_body_bytes = 1u << 20};
}

Result<ResourceMetadata> DiscoverResource(net::HttpClient& http, const net::Url& server_url,
                                          const std::optional<BearerChallenge>& challenge,
                                          const std::stop_token& stop) {
  std::vector<std::string> urls = ResourceMetadataUrls(server_url);
  const bool is_named = challenge && challenge->resource_metadata;
  if (is_named) {
    RETURN_IF_ERROR(CheckAddress("resource_metadata", *challenge->resource_metadata, server_url));
    urls = {*challenge->resource_metadata};
  }
  for (const std::string& url : urls) {
    ASSIGN_OR_RETURN(const std::optional<Json> document, FetchDocument(http, url, stop));
    if (document) return ParseResourceMetadata(*document, server_url);
  }
  if (is_named)
    return MakeError(ErrorCode::kNotFound,
                     "'{}' says that its metadata lies at '{}', but there is none; tell its "
                     "operator",
                     server_url.Origin(), Printable(urls[0]));
  return ResourceMetadata{.resource = server_url.Text(),
                          .authorization_servers = {server_url.Origin()},
                          .scopes_supported = std::nullopt};
}

Result<ServerMetadata> DiscoverServer(net::HttpClient& http, const std::string& issuer,
                                      const net::Url& server_url, const std::stop_token& stop) {
  ASSIGN_OR_RETURN(const net::Url url, CheckAddress("authorization server", issuer, server_url));
  if (url.query)
    return MakeError(ErrorCode::kPermissionDenied,
                     "authorization server '{}': an issuer has no query", Printable(issuer));
  for (const std::string& place : ServerMetadataUrls(url)) {
    ASSIGN_OR_RETURN(const std::optional<Json> document, FetchDocument(http, place, stop));
    if (document) return ParseServerMetadata(*document, issuer, server_url);
  }
  return MakeError(ErrorCode::kNotFound,
                   "authorization server '{}' publishes no metadata at its well-known places; tell "
                   "its operator",
                   Printable(issuer));
}

}  // namespace weir::oauth
