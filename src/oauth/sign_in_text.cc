#include "oauth/sign_in_text.h"

#include "net/url.h"

namespace weir::oauth {
namespace {

// Not cut, unlike Printable: a person must see the end of a URL too.
std::string Visible(std::string_view text) {
  std::string visible;
  for (const char c : text) visible += c >= ' ' && c < 127 ? c : '?';
  return visible;
}

}  // namespace

std::string SignInText(const SignIn& sign_in) {
  const Result<net::Url> url = net::ParseUrl(sign_in.url);
  std::string text = "The MCP server " + Visible(sign_in.server_url) + " asks you to sign in.\n";
  if (!url) return text + "It names no address that can be opened; say no.\n";
  text += "Sign-in at host: " + url->host + "\n";
  if (net::HasPunycode(*url))
    text +=
        "WARNING: this host is written in punycode (xn--). In a browser it looks like letters "
        "of another script, perhaps like a name you know.\n";
  if (!url->is_https())
    text += "WARNING: the address is not https; what you type there can be read on the way.\n";
  text += "Rights asked for: " +
          (sign_in.scopes.empty() ? "whatever the server gives by itself"
                                  : Visible(ScopeText(sign_in.scopes))) +
          "\n";
  return text + "Full address: " + Visible(sign_in.url) + "\n";
}

}  // namespace weir::oauth
