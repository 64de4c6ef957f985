#include "net/request_rules.h"

#include <algorithm>

namespace weir::net {
namespace {

bool IsTokenChar(char c) {
  constexpr std::string_view kOther = "!#$%&'*+-.^_`|~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kOther.find(c) != std::string_view::npos;
}

bool IsFieldValue(std::string_view value) {
  return std::ranges::none_of(
      value, [](char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 127; });
}

Status CheckHeader(const HttpHeaders::Field& field) {
  const auto& [name, value] = field;
  if (!IsToken(name))
    return MakeError(ErrorCode::kInvalidArgument,
                     "the name of a header is empty or holds a character that no header name has");
  if (!IsFieldValue(value))
    return MakeError(ErrorCode::kInvalidArgument,
                     "the value of the header '{}' holds a line end or another control character; "
                     "encode it",
                     name);
  for (const char* own : {"Content-Length", "Transfer-Encoding", "Expect", "Connection"}) {
    if (EqualsIgnoringCase(name, own))
      return MakeError(ErrorCode::kInvalidArgument,
                       "the header '{}' is set by the client itself; leave it out", name);
  }
  return {};
}

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

bool IsToken(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, IsTokenChar);
}

Status CheckRequest(const HttpRequest& request) {
  if (!IsToken(request.method))
    return MakeError(ErrorCode::kInvalidArgument,
                     "the method of a request is empty or holds a character that no method has");
  for (const HttpHeaders::Field& field : request.headers.fields())
    RETURN_IF_ERROR(CheckHeader(field));
  return {};
}

bool IsSafeMethod(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

std::optional<Url> RedirectTarget(const HttpRequest& request, const Url& from,
                                  const HttpResponse& head) {
  const std::optional<std::string_view> location = head.headers.Find("Location");
  if (!IsRedirect(head.status) || !location) return std::nullopt;
  Result<Url> to = JoinUrl(from, *location);
  if (!to || (from.is_https() && !to->is_https())) return std::nullopt;
  const bool keeps_body = !request.body.empty() && head.status >= 307;
  if (keeps_body && from.Origin() != to->Origin()) return std::nullopt;
  return *std::move(to);
}

HttpRequest Redirected(const HttpRequest& request, const Url& from, const Url& to, int status) {
  HttpRequest next = request;
  next.url = to.Text();
  const bool becomes_get = (status == 303 && request.method != "HEAD") ||
                           ((status == 301 || status == 302) && request.method == "POST");
  if (becomes_get) {
    next.method = "GET";
    next.body.clear();
    next.headers.Remove("Content-Type");
  }
  if (from.Origin() == to.Origin()) return next;
  HttpHeaders kept;
  for (const char* name : {"Accept", "Content-Type"}) {
    if (const auto value = next.headers.Find(name)) kept.Add(name, std::string(*value));
  }
  next.headers = kept;
  return next;
}

}  // namespace weir::net
