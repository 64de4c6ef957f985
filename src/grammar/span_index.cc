#include "grammar/span_index.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

namespace weir::grammar {
namespace {

// A span may start right after one of these (or after white space) ...
constexpr std::array<std::string_view, 12> kOpening = {
    "\"", "'", "(", "[", "{", "<", "`", "\u201C", "\u201E", "\u00AB", "\u2018", "\u300C"};
// ... and end right before one of these (or before white space).
constexpr std::array<std::string_view, 17> kClosing = {
    ".", ",", ";", ":", "!",      "?",      "\"",     "'",     ")",
    "]", "}", ">", "`", "\u201D", "\u00BB", "\u2019", "\u300D"};
// White space of Unicode.
constexpr std::array<std::string_view, 25> kSpaces = {
    "\t",     "\n",     "\v",     "\f",     "\r",     " ",      "\u0085", "\u00A0", "\u1680",
    "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008",
    "\u2009", "\u200A", "\u2028", "\u2029", "\u202F", "\u205F", "\u3000"};

template <size_t n>
bool StartsWithAny(std::string_view text, const std::array<std::string_view, n>& list) {
  return std::any_of(list.begin(), list.end(),
                     [&](std::string_view s) { return text.starts_with(s); });
}

template <size_t n>
bool EndsWithAny(std::string_view text, const std::array<std::string_view, n>& list) {
  return std::any_of(list.begin(), list.end(),
                     [&](std::string_view s) { return text.ends_with(s); });
}

// For every position, whether the byte there can be part of a span: whole UTF-8, no control
// character but newline, CR and tab.
std::vector<bool> UsableBytes(std::string_view text) {
  std::vector<bool> usable(text.size(), false);
  size_t begin = 0;  // of the character being read
  StringPos pos = StringPos::kChar;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    if (pos == StringPos::kChar && byte < 0x80) {
      usable[i] = byte >= 0x20 || byte == '\n' || byte == '\r' || byte == '\t';
      begin = i + 1;
      continue;
    }
    pos = NextStringPos(Syntax::kPython, pos, byte);
    if (pos == StringPos::kInvalid) {
      pos = StringPos::kChar;
      if (i > begin) --i;  // a sequence was cut; this byte may begin another character
      begin = i + 1;
    } else if (pos == StringPos::kChar) {
      std::fill(usable.begin() + static_cast<ptrdiff_t>(begin),
                usable.begin() + static_cast<ptrdiff_t>(i) + 1, true);
      begin = i + 1;
    }
  }
  return usable;
}

}  // namespace

SpanIndex::SpanIndex(std::string text, schema::CountRange length, size_t max_bytes)
    : text_(std::move(text)), length_(length), max_bytes_(max_bytes) {
  const std::string_view all = text_;
  const std::vector<bool> usable = UsableBytes(all);
  const auto size = static_cast<uint32_t>(all.size());
  ends_.resize(size + 1);
  n_chars_.resize(size + 1);
  for (uint32_t i = 0; i <= size; ++i) {
    const std::string_view before = all.substr(0, i);
    const std::string_view after = all.substr(i);
    const bool bounded =
        i == size || StartsWithAny(after, kSpaces) || StartsWithAny(after, kClosing);
    ends_[i] = bounded && !EndsWithAny(before, kSpaces);
    const bool lead = i < size && (static_cast<uint8_t>(all[i]) & 0xC0) != 0x80;
    if (i < size) n_chars_[i + 1] = n_chars_[i] + (lead ? 1 : 0);
  }
  uint32_t stop = size;  // the first unusable byte at or after i
  for (uint32_t i = size; i-- > 0;) {
    if (!usable[i]) stop = i;
    const std::string_view before = all.substr(0, i);
    const std::string_view after = all.substr(i);
    const bool starts = i == 0 || EndsWithAny(before, kSpaces) || EndsWithAny(before, kOpening);
    if (!starts || StartsWithAny(after, kSpaces)) continue;
    const auto longest = static_cast<uint32_t>(std::min<size_t>(stop, i + max_bytes_));
    for (uint32_t end = longest; end > i; --end) {
      if (!IsSpan(i, end)) continue;
      starts_.push_back({i, end - i});
      break;
    }
  }
  std::sort(starts_.begin(), starts_.end(), [&](const Start& a, const Start& b) {
    return all.substr(a.offset, max_bytes_) < all.substr(b.offset, max_bytes_);
  });
}

// Whether [begin, end), from a legal start and of usable bytes, is a legal span.
bool SpanIndex::IsSpan(uint32_t begin, uint32_t end) const {
  const int64_t n_chars = n_chars_[end] - n_chars_[begin];
  return ends_[end] && end > begin && n_chars >= length_.min && n_chars <= length_.max;
}

// The n-th byte from a start; -1 beyond the end of the text.
int SpanIndex::ByteAt(const Start& start, uint32_t n) const {
  const size_t at = static_cast<size_t>(start.offset) + n;
  return at < text_.size() ? static_cast<uint8_t>(text_[at]) : -1;
}

bool SpanIndex::Extend(Position& position, char byte) const {
  const uint32_t n = position.n_bytes;
  const int wanted = static_cast<uint8_t>(byte);
  const auto begin = starts_.begin();
  const auto first = std::partition_point(begin + position.first, begin + position.last,
                                          [&](const Start& s) { return ByteAt(s, n) < wanted; });
  const auto last = std::partition_point(first, begin + position.last,
                                         [&](const Start& s) { return ByteAt(s, n) == wanted; });
  if (std::none_of(first, last, [&](const Start& s) { return s.reach > n; })) return false;
  position = {static_cast<uint32_t>(first - begin), static_cast<uint32_t>(last - begin), n + 1};
  return true;
}

bool SpanIndex::CanEnd(const Position& position) const {
  const auto begin = starts_.begin();
  return std::any_of(begin + position.first, begin + position.last, [&](const Start& s) {
    return s.reach >= position.n_bytes && IsSpan(s.offset, s.offset + position.n_bytes);
  });
}

}  // namespace weir::grammar
