#include "schema/pointer.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace weir::schema {
namespace {

std::optional<int> HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

std::string PercentDecode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const std::optional<int> high = HexDigit(text[i + 1]);
      const std::optional<int> low = HexDigit(text[i + 2]);
      if (high && low) {
        out.push_back(static_cast<char>(*high * 16 + *low));
        i += 2;
        continue;
      }
    }
    out.push_back(text[i]);
  }
  return out;
}

std::string Unescape(std::string_view token) {
  std::string out;
  for (size_t i = 0; i < token.size(); ++i) {
    const bool escape = token[i] == '~' && i + 1 < token.size();
    if (escape && (token[i + 1] == '0' || token[i + 1] == '1')) {
      out.push_back(token[i + 1] == '0' ? '~' : '/');
      ++i;
    } else {
      out.push_back(token[i]);
    }
  }
  return out;
}

}  // namespace

std::vector<std::string> FragmentTokens(std::string_view fragment) {
  const std::string path = PercentDecode(fragment);
  std::vector<std::string> tokens;
  size_t begin = 0;
  while (begin < path.size()) {
    const size_t end = std::min(path.find('/', begin + 1), path.size());
    tokens.push_back(Unescape(std::string_view(path).substr(begin + 1, end - begin - 1)));
    begin = end;
  }
  return tokens;
}

const json::Json* Child(const json::Json& parent, const std::string& token) {
  if (parent.is_object()) {
    const auto it = parent.find(token);
    return it == parent.end() ? nullptr : &*it;
  }
  if (!parent.is_array()) return nullptr;
  size_t index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  const bool whole = error == std::errc() && end == token.data() + token.size();
  return whole && index < parent.size() ? &parent[index] : nullptr;
}

std::string Append(std::string_view pointer, std::string_view token) {
  std::string out(pointer);
  out.push_back('/');
  for (const char c : token) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string Append(std::string_view pointer, size_t index) {
  return Append(pointer, std::to_string(index));
}

std::string Place(std::string_view pointer) {
  return pointer.empty() ? "the schema's root" : "'" + std::string(pointer) + "'";
}

Result<Target> Resolve(const json::Json& document, std::string_view ref) {
  const bool local = ref == "#" || ref.starts_with("#/");
  if (!local) {
    return MakeError(ErrorCode::kUnsupported,
                     "$ref '{}' leaves the document; only '#' and '#/...' are followed", ref);
  }
  Target target{&document, ""};
  for (const std::string& token : FragmentTokens(ref.substr(1))) {
    target.json = Child(*target.json, token);
    target.pointer = Append(target.pointer, token);
    if (target.json == nullptr) {
      return MakeError(ErrorCode::kInvalidArgument, "$ref '{}' points to nothing", ref);
    }
  }
  return target;
}

}  // namespace weir::schema
