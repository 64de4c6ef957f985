#include "policy/host.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace weir::policy {
namespace {

constexpr size_t kMaxHostBytes = 253;
constexpr size_t kMaxLabelBytes = 63;
constexpr auto kSchemes = std::to_array<std::string_view>({"http", "https", "ws", "wss", "ftp"});

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool IsLabel(std::string_view label) {
  if (label.empty() || label.size() > kMaxLabelBytes) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(),
                     [](char c) { return IsLower(c) || IsDigit(c) || c == '-' || c == '_'; });
}

// Whether a resolver could take the last label for a part of an address: "1", "0x1f".
bool IsNumber(std::string_view label) {
  if (label.starts_with("0x")) {
    return label.find_first_not_of("0123456789abcdef", 2) == std::string_view::npos;
  }
  return std::all_of(label.begin(), label.end(), IsDigit);
}

// Four decimal parts without leading zeros.
bool IsIpv4(std::string_view host) {
  int n_parts = 0;
  while (true) {
    const size_t dot = host.find('.');
    const std::string_view part = host.substr(0, dot);
    int value = -1;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    const bool is_whole = error == std::errc() && end == part.data() + part.size();
    const bool is_plain = !part.empty() && IsDigit(part[0]) && (part.size() == 1 || part[0] != '0');
    if (!is_whole || !is_plain || value > 255) return false;
    ++n_parts;
    if (dot == std::string_view::npos) return n_parts == 4;
    host.remove_prefix(dot + 1);
  }
}

std::optional<std::string> NormalIpv6(std::string_view address) {
  in6_addr bytes{};
  const std::string text(address);
  std::array<char, INET6_ADDRSTRLEN> normal{};
  if (text.find('\0') != std::string::npos) return std::nullopt;
  if (::inet_pton(AF_INET6, text.c_str(), &bytes) != 1) return std::nullopt;
  if (::inet_ntop(AF_INET6, &bytes, normal.data(), normal.size()) == nullptr) return std::nullopt;
  return fmt::format("[{}]", normal.data());
}

// What stands behind the host: nothing, or a port from 0 to 65535.
bool IsPort(std::string_view rest) {
  if (rest.empty()) return true;
  rest.remove_prefix(1);
  uint32_t port = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), port);
  return error == std::errc() && end == rest.data() + rest.size() && rest.size() <= 5 &&
         port <= 65535;
}

}  // namespace

std::optional<std::string> NormalHost(std::string_view written) {
  if (written.starts_with('[')) {
    if (written.size() < 4 || written.back() != ']') return std::nullopt;
    return NormalIpv6(written.substr(1, written.size() - 2));
  }
  std::string host = Lower(written);
  if (host.ends_with('.')) host.pop_back();
  if (host.empty() || host.size() > kMaxHostBytes) return std::nullopt;
  std::string_view last;
  for (std::string_view rest = host;;) {
    const size_t dot = rest.find('.');
    last = rest.substr(0, dot);
    if (!IsLabel(last)) return std::nullopt;
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  if (IsNumber(last) && (!IsIpv4(host) || written.ends_with('.'))) return std::nullopt;
  return host;
}

std::optional<std::string> HostOfUrl(std::string_view url) {
  const bool is_plain =
      std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 0x7F && c != '\\'; });
  const size_t colon = url.find("://");
  if (!is_plain || colon == std::string_view::npos) return std::nullopt;
  const std::string scheme = Lower(url.substr(0, colon));
  if (std::find(kSchemes.begin(), kSchemes.end(), scheme) == kSchemes.end()) return std::nullopt;
  std::string_view authority = url.substr(colon + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (authority.find('@') != std::string_view::npos) return std::nullopt;
  const size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return std::nullopt;
  const size_t port = authority.find(':', bracket);
  const std::string_view host = authority.substr(0, port);
  if (port != std::string_view::npos && !IsPort(authority.substr(port))) return std::nullopt;
  return NormalHost(host);
}

Result<HostPattern> HostPattern::Parse(std::string_view written) {
  HostPattern pattern;
  std::string_view host = written;
  if (host.starts_with("*.")) {
    pattern.is_beneath = true;
    host.remove_prefix(2);
  }
  const std::optional<std::string> normal = NormalHost(host);
  const bool is_address = normal && (normal->starts_with('[') || IsIpv4(*normal));
  if (!normal || (pattern.is_beneath && is_address)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "'{}' is no host; write a name such as example.org, *.example.org for all "
                     "beneath it, or an address, without scheme, port and path",
                     written);
  }
  pattern.host = *normal;
  return pattern;
}

bool HostPattern::Matches(std::string_view normal_host) const {
  if (!is_beneath) return normal_host == host;
  return normal_host.size() > host.size() + 1 && normal_host.ends_with(host) &&
         normal_host[normal_host.size() - host.size() - 1] == '.';
}

}  // namespace weir::policy
