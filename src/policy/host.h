#pragma once
// The host of a URL, and whether it is on a list. Strict: what two programs could read differently
// has no host here.
//
// A URL is scheme "://" host [":" port] and then nothing, "/", "?" or "#"; the scheme is http,
// https, ws, wss or ftp. Doubtful, so without a host: user information ("https://good@evil/"), an
// empty or impossible port, percent signs, backslashes, spaces, controls and bytes beyond ASCII, a
// number that is no IPv4 address in four decimal parts, an IPv6 address with a zone.
//
//   host = dotted IPv4 | "[" IPv6 "]" | label *( "." label ) [ "." ]
//
// The host comes back in lower case, without the trailing dot, IPv6 in its shortest form. Punycode
// stays as it is. Pure; any thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::policy {

std::optional<std::string> HostOfUrl(std::string_view url);

// A host name or address alone, in the same form; empty when it is none.
std::optional<std::string> NormalHost(std::string_view host);

// One entry of a list: "example.org" is that host, "*.example.org" every host beneath it.
struct HostPattern {
  std::string host;         // in normal form
  bool is_beneath = false;  // written with "*."

  // Error kInvalidArgument: no host, or one with scheme, port or path.
  static Result<HostPattern> Parse(std::string_view written);
  bool Matches(std::string_view normal_host) const;
  std::string Text() const { return (is_beneath ? "*." : "") + host; }
  bool operator==(const HostPattern&) const = default;
};

}  // namespace weir::policy
