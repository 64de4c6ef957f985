#include "schema/uri.h"

#include <algorithm>
#include <optional>

namespace weir::schema {
namespace {

struct UriParts {
  std::optional<std::string_view> scheme;
  std::optional<std::string_view> authority;
  std::string_view path;
  std::optional<std::string_view> query;
  std::optional<std::string_view> fragment;
};

bool IsSchemeChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '-' || c == '.';
}

// Cuts `text` at the first `mark`; what stood behind it, if it was there.
std::optional<std::string_view> CutAt(std::string_view& text, char mark) {
  const size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = text.substr(at + 1);
  text = text.substr(0, at);
  return rest;
}

UriParts ParseUri(std::string_view text) {
  UriParts parts;
  parts.fragment = CutAt(text, '#');
  parts.query = CutAt(text, '?');
  const size_t colon = text.find_first_of(":/");
  if (colon != std::string_view::npos && colon > 0 && text[colon] == ':') {
    const std::string_view scheme = text.substr(0, colon);
    if (std::all_of(scheme.begin(), scheme.end(), IsSchemeChar)) {
      parts.scheme = scheme;
      text.remove_prefix(colon + 1);
    }
  }
  if (text.starts_with("//")) {
    const size_t end = std::min(text.find('/', 2), text.size());
    parts.authority = text.substr(2, end - 2);
    text.remove_prefix(end);
  }
  parts.path = text;
  return parts;
}

// RFC 3986, section 5.2.4.
std::string WithoutDotSegments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    if (path.starts_with("../")) {
      path.remove_prefix(3);
    } else if (path.starts_with("./") || path.starts_with("/./")) {
      path.remove_prefix(2);
    } else if (path == "/.") {
      path = "/";
    } else if (path.starts_with("/../") || path == "/..") {
      path = path.size() == 3 ? "/" : path.substr(3);
      const size_t slash = out.rfind('/');
      out.erase(slash == std::string::npos ? 0 : slash);
    } else if (path == "." || path == "..") {
      path = "";
    } else {
      const size_t end = std::min(path.find('/', 1), path.size());
      out += path.substr(0, end);
      path.remove_prefix(end);
    }
  }
  return out;
}

// RFC 3986, section 5.2.3.
std::string Merged(const UriParts& base, std::string_view path) {
  if (base.authority && base.path.empty()) return "/" + std::string(path);
  const size_t slash = base.path.rfind('/');
  const std::string_view folder =
      slash == std::string_view::npos ? "" : base.path.substr(0, slash + 1);
  return std::string(folder) + std::string(path);
}

}  // namespace

std::string ResolveUri(std::string_view base_text, std::string_view reference_text) {
  const UriParts base = ParseUri(base_text);
  const UriParts reference = ParseUri(reference_text);
  UriParts target = reference;
  std::string path = WithoutDotSegments(reference.path);
  if (!reference.scheme) {
    target.scheme = base.scheme;
    if (!reference.authority) {
      target.authority = base.authority;
      if (reference.path.empty()) {
        path = base.path;
        if (!reference.query) target.query = base.query;
      } else if (!reference.path.starts_with("/")) {
        path = WithoutDotSegments(Merged(base, reference.path));
      }
    }
  }
  std::string out;
  if (target.scheme) out += std::string(*target.scheme) + ":";
  if (target.authority) out += "//" + std::string(*target.authority);
  out += path;
  if (target.query) out += "?" + std::string(*target.query);
  if (target.fragment) out += "#" + std::string(*target.fragment);
  return out;
}

SplitUri SplitFragment(std::string_view uri) {
  const std::optional<std::string_view> fragment = CutAt(uri, '#');
  return {std::string(uri), std::string(fragment.value_or(""))};
}

}  // namespace weir::schema
