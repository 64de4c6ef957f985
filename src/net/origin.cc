// Who may talk to a server that browsers can reach: CheckOrigin of net/http_server.h.

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/printable.h"
#include "net/http_server.h"

namespace weir::net {
namespace {

constexpr auto kLoopbackNames =
    std::to_array<std::string_view>({"localhost", "127.0.0.1", "[::1]"});

struct Authority {
  std::string_view host;
  uint16_t port;
};

// "name", "name:80", "[::1]:80"; nothing for anything else.
std::optional<Authority> ParseAuthority(std::string_view text, uint16_t default_port) {
  const size_t after_bracket = text.starts_with('[') ? text.find(']') : 0;
  if (after_bracket == std::string_view::npos) return std::nullopt;
  const size_t colon = text.find(':', after_bracket);
  Authority out{text.substr(0, colon), default_port};
  if (out.host.empty() || out.host.find_first_of("@/\\?# \t") != std::string_view::npos) {
    return std::nullopt;
  }
  if (colon == std::string_view::npos) return out;
  const std::string_view digits = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return out;
}

bool IsOurs(std::string_view text, uint16_t default_port, const OriginRules& rules) {
  for (const std::string& host : rules.hosts_also) {
    if (EqualsIgnoringCase(text, host)) return true;
  }
  const std::optional<Authority> authority = ParseAuthority(text, default_port);
  return authority && authority->port == rules.port &&
         std::ranges::any_of(kLoopbackNames, [&](std::string_view name) {
           return EqualsIgnoringCase(authority->host, name);
         });
}

}  // namespace

Status CheckOrigin(const HttpRequest& request, const OriginRules& rules) {
  const std::vector<std::string_view> hosts = request.headers.All("Host");
  if (hosts.size() != 1 || !IsOurs(hosts[0], 80, rules)) {
    return MakeError(ErrorCode::kPermissionDenied,
                     "host '{}' is not this server; use localhost:{}, 127.0.0.1:{} or [::1]:{}",
                     hosts.size() == 1 ? Printable(hosts[0]) : "", rules.port, rules.port,
                     rules.port);
  }
  for (const std::string_view origin : request.headers.All("Origin")) {
    const bool plain = origin.starts_with("http://");
    const bool ours = (plain && IsOurs(origin.substr(7), 80, rules)) ||
                      (origin.starts_with("https://") && IsOurs(origin.substr(8), 443, rules));
    if (!ours) {
      return MakeError(ErrorCode::kPermissionDenied,
                       "a page of '{}' may not use this server; only its own pages may",
                       Printable(origin));
    }
  }
  return {};
}

bool IsLoopbackAddress(std::string_view address) {
  const std::string text(address);
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, text.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace weir::net
