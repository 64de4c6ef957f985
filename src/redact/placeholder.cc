#include "redact/placeholder.h"

#include <fmt/format.h>

#include "redact/chars.h"

namespace weir::redact {
namespace {

constexpr size_t kMaxKindLength = 32;
constexpr size_t kMaxNumberLength = 9;

constexpr bool IsKindChar(char c) { return IsLower(c) || c == '-'; }

}  // namespace

std::string MakePlaceholder(Kind kind, uint32_t number) {
  return fmt::format("{}{}:{}]", kPlaceholderStart, KindName(kind), number);
}

size_t PlaceholderLength(std::string_view text) {
  if (!text.starts_with(kPlaceholderStart)) return 0;
  size_t at = kPlaceholderStart.size();
  const size_t kind = RunLength(text.substr(at), IsKindChar, kMaxKindLength);
  at += kind;
  if (kind == 0 || at >= text.size() || text[at] != ':') return 0;
  ++at;
  const size_t number = RunLength(text.substr(at), IsDigit, kMaxNumberLength);
  at += number;
  if (number == 0 || at >= text.size() || text[at] != ']') return 0;
  return at + 1;
}

bool EndsWithPlaceholder(std::string_view text) {
  if (!text.ends_with(']')) return false;
  constexpr size_t kMaxLength = kPlaceholderStart.size() + kMaxKindLength + kMaxNumberLength + 2;
  if (text.size() > kMaxLength) text.remove_prefix(text.size() - kMaxLength);
  const size_t begin = text.rfind(kPlaceholderStart);
  return begin != std::string_view::npos &&
         PlaceholderLength(text.substr(begin)) == text.size() - begin;
}

}  // namespace weir::redact
