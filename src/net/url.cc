#include "net/url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "net/http_message.h"

namespace weir::net {
namespace {

constexpr size_t kMaxHostBytes = 253;
constexpr size_t kMaxLabelBytes = 63;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

tl::unexpected<Error> BadUrl(std::string_view what) {
  return MakeError(ErrorCode::kInvalidArgument,
                   "this is no URL that can be used: {}; write http:// or https://, a host, and a "
                   "path of ASCII letters with the rest as %XX",
                   what);
}

int DefaultPort(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

// RFC 3986: pchar, "/", and "?" in a query.
bool IsTargetChar(char c, bool in_query) {
  constexpr std::string_view kOther = "-._~!$&'()*+,;=:@/%";
  return IsLetter(c) || IsDigit(c) || kOther.find(c) != std::string_view::npos ||
         (in_query && c == '?');
}

Status CheckTarget(std::string_view text, bool in_query) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (!IsTargetChar(text[i], in_query))
      return BadUrl(in_query ? "its query holds a character that must be written as %XX"
                             : "its path holds a character that must be written as %XX");
    if (text[i] != '%') continue;
    if (i + 2 >= text.size() || HexValue(text[i + 1]) < 0 || HexValue(text[i + 2]) < 0)
      return BadUrl("a percent sign is not followed by two hexadecimal digits");
  }
  return {};
}

Status CheckName(std::string_view host) {
  size_t begin = 0;
  std::string_view label;
  while (begin <= host.size()) {
    label = host.substr(begin, host.find('.', begin) - begin);
    if (label.empty() || label.size() > kMaxLabelBytes || label.front() == '-' ||
        label.back() == '-')
      return BadUrl("a label of its host is empty, too long, or begins or ends with '-'");
    for (const char c : label) {
      if (!IsLetter(c) && !IsDigit(c) && c != '-' && c != '_')
        return BadUrl("its host holds a character that no host name has");
    }
    begin += label.size() + 1;
  }
  // What ends like a number is read as an address by some and as a name by others.
  const bool is_number = std::ranges::all_of(label, IsDigit) || label.starts_with("0x");
  in_addr address;
  if (is_number && inet_pton(AF_INET, std::string(host).c_str(), &address) != 1)
    return BadUrl("its host is a number but no IPv4 address in four decimal parts");
  return {};
}

// `host` is in lower case, IPv6 with its brackets.
Result<std::string> ParseHost(const std::string& host) {
  if (host.empty() || host.size() > kMaxHostBytes) return BadUrl("it has no host, or a long one");
  if (host.front() != '[') {
    RETURN_IF_ERROR(CheckName(host));
    return host;
  }
  if (host.back() != ']') return BadUrl("its IPv6 address has no closing bracket");
  in6_addr address;
  if (inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &address) != 1)
    return BadUrl("what stands in its brackets is no IPv6 address");
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, &address, text.data(), text.size());
  return "[" + std::string(text.data()) + "]";
}

Result<int> ParsePort(std::string_view digits) {
  if (digits.empty() || digits.size() > 5 || !std::ranges::all_of(digits, IsDigit))
    return BadUrl("its port is no number");
  int port = 0;
  for (const char c : digits) port = 10 * port + (c - '0');
  if (port < 1 || port > 65535) return BadUrl("its port is not in 1 to 65535");
  return port;
}

Status ParseAuthority(std::string_view authority, Url* url) {
  if (authority.find('@') != std::string_view::npos)
    return BadUrl("it holds user information before the host");
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  ASSIGN_OR_RETURN(url->host, ParseHost(LowerCase(authority.substr(0, colon))));
  url->port = DefaultPort(url->scheme);
  if (colon != std::string_view::npos) {
    ASSIGN_OR_RETURN(url->port, ParsePort(authority.substr(colon + 1)));
  }
  return {};
}

// Path, and query where there is one, of what follows the authority.
Status ParseTarget(std::string_view target, Url* url) {
  const size_t mark = target.find('?');
  const std::string_view path = target.substr(0, mark);
  RETURN_IF_ERROR(CheckTarget(path, false));
  url->path = path.empty() ? "/" : std::string(path);
  url->query.reset();
  if (mark == std::string_view::npos) return {};
  RETURN_IF_ERROR(CheckTarget(target.substr(mark + 1), true));
  url->query = std::string(target.substr(mark + 1));
  return {};
}

// RFC 3986, section 5.2.4, for a path that begins with '/'.
std::string RemoveDotSegments(std::string_view path) {
  std::vector<std::string_view> kept;
  bool ends_open = false;
  for (size_t begin = 1; begin <= path.size();) {
    const std::string_view segment = path.substr(begin, path.find('/', begin) - begin);
    begin += segment.size() + 1;
    ends_open = segment == "." || segment == "..";
    if (segment == ".." && !kept.empty()) kept.pop_back();
    if (!ends_open) kept.push_back(segment);
  }
  std::string joined;
  for (const std::string_view segment : kept) (joined += '/') += segment;
  if (ends_open || joined.empty()) joined += '/';
  return joined;
}

// "mailto:x", "http://x": letters, then a colon before anything else.
bool HasScheme(std::string_view reference) {
  const size_t end = reference.find_first_of(":/?#");
  return end != std::string_view::npos && end > 0 && reference[end] == ':';
}

Result<std::string> DecodePart(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? HexValue(text[i + 2]) : -1;
    if (high < 0 || low < 0)
      return MakeError(ErrorCode::kInvalidArgument,
                       "a form holds a percent sign without two hexadecimal digits");
    decoded += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return decoded;
}

}  // namespace

std::string Url::Origin() const {
  std::string origin = scheme + "://" + host;
  if (port != DefaultPort(scheme)) origin += ":" + std::to_string(port);
  return origin;
}

std::string Url::Target() const { return query ? path + "?" + *query : path; }

bool Url::IsLoopback() const {
  if (host == "localhost" || host == "[::1]") return true;
  in_addr address;
  return inet_pton(AF_INET, host.c_str(), &address) == 1 && host.starts_with("127.");
}

Result<Url> ParseUrl(std::string_view text) {
  if (text.size() > kMaxUrlBytes) return BadUrl("it is longer than 16384 bytes");
  if (text.find('#') != std::string_view::npos) return BadUrl("it holds a fragment");
  const size_t mark = text.find("://");
  Url url;
  if (mark != std::string_view::npos) url.scheme = LowerCase(text.substr(0, mark));
  if (url.scheme != "http" && url.scheme != "https")
    return BadUrl("its scheme is neither http nor https");
  const std::string_view rest = text.substr(mark + 3);
  const size_t end = std::min(rest.find_first_of("/?"), rest.size());
  RETURN_IF_ERROR(ParseAuthority(rest.substr(0, end), &url));
  RETURN_IF_ERROR(ParseTarget(rest.substr(end), &url));
  return url;
}

Result<Url> JoinUrl(const Url& base, std::string_view reference) {
  reference = reference.substr(0, reference.find('#'));
  if (HasScheme(reference)) return ParseUrl(reference);
  if (reference.starts_with("//")) return ParseUrl(base.scheme + ":" + std::string(reference));
  if (reference.empty()) return base;
  const size_t mark = reference.find('?');
  const std::string_view path = reference.substr(0, mark);
  std::string target;
  if (path.empty()) {
    target = base.path;
  } else if (path.front() == '/') {
    target = RemoveDotSegments(path);
  } else {
    target = RemoveDotSegments(base.path.substr(0, base.path.rfind('/') + 1) + std::string(path));
  }
  if (mark != std::string_view::npos) target += reference.substr(mark);
  return ParseUrl(base.Origin() + target);
}

bool HasPunycode(const Url& url) {
  return url.host.starts_with("xn--") || url.host.find(".xn--") != std::string::npos;
}

std::string PercentEncode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (IsLetter(c) || IsDigit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kDigits[byte >> 4];
    encoded += kDigits[byte & 15];
  }
  return encoded;
}

std::string EncodeForm(const FormFields& fields) {
  std::string form;
  for (const auto& [name, value] : fields) {
    if (!form.empty()) form += '&';
    form += PercentEncode(name) + "=" + PercentEncode(value);
  }
  return form;
}

Result<FormFields> DecodeForm(std::string_view text) {
  FormFields fields;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    ASSIGN_OR_RETURN(std::string name, DecodePart(pair.substr(0, equals)));
    ASSIGN_OR_RETURN(std::string value, DecodePart(pair.substr(std::min(equals + 1, pair.size()))));
    fields.emplace_back(std::move(name), std::move(value));
  }
  return fields;
}

}  // namespace weir::net
