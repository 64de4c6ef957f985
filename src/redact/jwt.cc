// JSON Web Tokens: base64url parts with dots between, the first of which decodes to a JSON object
// with an algorithm (RFC 7519; five parts when encrypted, RFC 7516).

#include "json/json.h"
#include "redact/chars.h"
#include "redact/checks.h"
#include "redact/detectors.h"

namespace weir::redact {
namespace {

constexpr size_t kMaxHeaderBytes = 2048;
constexpr size_t kMinSignatureBytes = 16;  // a token without a signature opens nothing

bool IsJwtHeader(std::string_view text) {
  const std::optional<std::string> decoded = DecodeBase64(text);
  if (!decoded) return false;
  const Result<json::Json> header = json::Parse(*decoded, {.max_bytes = 4096, .max_depth = 8});
  return header && header->is_object() && header->contains("alg");
}

}  // namespace

Match MatchJwt(const View& view) {
  const std::string_view line = view.line;
  // The base64 of `{"`; with a blank between it is another one.
  if (!line.starts_with("eyJ") && !line.starts_with("eyA") && !line.starts_with("ewo")) return {};
  const size_t header = RunLength(line, IsBase64Url, kMaxHeaderBytes);
  if (header >= line.size() || line[header] != '.') return {};
  const size_t payload = RunLength(line.substr(header + 1), IsBase64Url);
  size_t end = header + 1 + payload;
  if (payload < 2 || end >= line.size() || line[end] != '.') return {};
  size_t signature = 0;
  while (end < line.size() && line[end] == '.') {
    const size_t part = RunLength(line.substr(end + 1), IsBase64Url);
    if (part == 0) break;
    signature += part;
    end += 1 + part;
  }
  if (signature < kMinSignatureBytes || !IsJwtHeader(line.substr(0, header))) return {};
  return EndsWordAt(view, end) ? Match{Kind::kJwt, end} : Match{};
}

}  // namespace weir::redact
