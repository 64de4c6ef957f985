#include "policy/pointer.h"

#include <charconv>
#include <optional>

namespace weir::policy {
namespace {

std::optional<std::string> Unescaped(std::string_view part) {
  std::string text;
  for (size_t i = 0; i < part.size(); ++i) {
    if (part[i] != '~') {
      text += part[i];
      continue;
    }
    ++i;
    if (i == part.size() || (part[i] != '0' && part[i] != '1')) return std::nullopt;
    text += part[i] == '0' ? '~' : '/';
  }
  return text;
}

std::string Escaped(std::string_view part) {
  std::string text;
  for (const char c : part) {
    if (c == '~' || c == '/') {
      text += c == '~' ? "~0" : "~1";
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

Result<ArgumentPointer> ArgumentPointer::Parse(std::string_view written) {
  ArgumentPointer pointer;
  if (!written.starts_with('/')) {
    pointer.parts_[0] = written;
    return pointer;
  }
  pointer.parts_.clear();
  for (std::string_view rest = written; !rest.empty();) {
    rest.remove_prefix(1);
    const std::string_view part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(part.size());
    const std::optional<std::string> text = Unescaped(part);
    if (!text || text->empty()) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "'{}' is no pointer: {}; write parts such as /to/0/address", written,
                       text ? "a part is empty" : "after '~' only 0 or 1 may stand");
    }
    pointer.parts_.push_back(*text);
  }
  return pointer;
}

std::string ArgumentPointer::Text() const {
  if (parts_.size() == 1 && parts_[0] != "*" && !parts_[0].starts_with('/')) return parts_[0];
  std::string text;
  for (const std::string& part : parts_) text += "/" + Escaped(part);
  return text;
}

int64_t ListIndex(std::string_view part) {
  int64_t index = -1;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), index);
  const bool is_whole = error == std::errc() && end == part.data() + part.size();
  const bool is_plain = !part.empty() && part[0] != '-' && (part.size() == 1 || part[0] != '0');
  return is_whole && is_plain ? index : -1;
}

}  // namespace weir::policy
