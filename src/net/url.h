#pragma once
// URLs of http and https, read strictly: what two programs could read differently is no URL here.
//
//   url  = ("http" | "https") "://" host [":" port] [path] ["?" query]
//   host = dotted IPv4 | "[" IPv6 "]" | label *("." label)
//
// Refused: user information, a fragment, an empty or impossible port, percent signs in the host, a
// dot at its end, a number that is no IPv4 address in four decimal parts, an IPv6 address with a
// zone, backslashes, spaces, controls and bytes beyond ASCII (names in other scripts are written in
// punycode), a percent sign without two hexadecimal digits. Pure; any thread.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace weir::net {

inline constexpr size_t kMaxUrlBytes = 16u << 10;

struct Url {
  std::string scheme;                // "http" or "https"
  std::string host;                  // lower case; IPv6 in brackets
  int port = 0;                      // 1 to 65535; the scheme's own where none was written
  std::string path = "/";            // begins with '/'; as written, nothing decoded
  std::optional<std::string> query;  // without the '?'

  // scheme://host, and :port unless it is the scheme's own.
  std::string Origin() const;
  // Path and query.
  std::string Target() const;
  std::string Text() const { return Origin() + Target(); }
  bool is_https() const { return scheme == "https"; }
  // "localhost", 127.0.0.0/8 or [::1].
  bool IsLoopback() const;

  bool operator==(const Url&) const = default;
};

// Errors: kInvalidArgument, with what is wrong. The text itself is not repeated: it may hold
// secrets.
Result<Url> ParseUrl(std::string_view text);

// What `reference` (a Location header, for example) means beside `base`, by RFC 3986 section 5.2. A
// fragment in it is dropped.
Result<Url> JoinUrl(const Url& base, std::string_view reference);

// A label of the host is in punycode ("xn--..."): shown in a browser as letters of another script,
// which may look like others.
bool HasPunycode(const Url& url);

using FormFields = std::vector<std::pair<std::string, std::string>>;

// All but letters, digits and -._~ as %XX.
std::string PercentEncode(std::string_view text);
// "a=1&b=%20": application/x-www-form-urlencoded, for bodies and queries.
std::string EncodeForm(const FormFields& fields);
// Pairs in their order; '+' is a space. Error kInvalidArgument: a percent sign without two digits.
Result<FormFields> DecodeForm(std::string_view text);

}  // namespace weir::net
