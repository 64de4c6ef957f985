#include "catalog/url_check.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/printable.h"
#include "policy/host.h"

namespace weir::catalog {
namespace {

constexpr size_t kMaxUrlBytes = 2048;

bool IsLoopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" || host == "::1" || host.starts_with("127.");
}

}  // namespace

Status CheckServerUrl(std::string_view url) {
  if (url.size() > kMaxUrlBytes) {
    return MakeError(ErrorCode::kInvalidArgument, "'{}' has {} bytes; at most {} are possible",
                     Printable(url), url.size(), kMaxUrlBytes);
  }
  const bool is_plain =
      std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c <= '~'; });
  const std::optional<std::string> host = policy::HostOfUrl(url);
  const bool is_https = url.starts_with("https://");
  if (!is_plain || !host || (!is_https && !url.starts_with("http://"))) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "'{}' is not https://HOST... in plain characters, without user name and "
                     "password",
                     Printable(url));
  }
  if (url.find('#') != std::string_view::npos) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "'{}' has a fragment (#...), which no server sees", Printable(url));
  }
  if (is_https || IsLoopback(*host)) return {};
  return MakeError(ErrorCode::kInvalidArgument,
                   "'{}' is sent unencrypted to another machine; use https://, http:// is for "
                   "127.0.0.1, [::1] and localhost",
                   Printable(url));
}

}  // namespace weir::catalog
