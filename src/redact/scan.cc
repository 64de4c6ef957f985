#include "redact/scan.h"

#include <algorithm>

#include "redact/chars.h"
#include "redact/detectors.h"
#include "redact/placeholder.h"

namespace weir::redact {
namespace {

// The letter of \n, \r or \t in a quoted text ends the line and belongs to no word.
bool EndsWithEscape(std::string_view before) {
  if (before.size() < 2 || before[before.size() - 2] != '\\') return false;
  const char letter = before.back();
  return letter == 'n' || letter == 'r' || letter == 't';
}

// The longest wins; of equal ones the first, which knows more about what it found.
void Keep(const Match& match, Match* best) {
  if (match.needs_more || match.size > best->size) *best = match;
}

Match MatchAt(const View& view) {
  Match best;
  const char first = view.line.front();
  const char last = view.before.empty() ? '\0' : view.before.back();
  if (first == '-') {
    const Match key = MatchPrivateKey(view);
    if (key.needs_more || key.size > 0) return key;
  }
  if (IsWord(first) && AtWordStart(view)) {
    if (IsDigit(first)) {
      Keep(MatchCardNumber(view), &best);
    } else {
      Keep(MatchToken(view), &best);
      Keep(MatchJwt(view), &best);
      Keep(MatchIban(view), &best);
    }
  }
  if (last == ':' || last == '/') Keep(MatchUrlPassword(view), &best);
  if (last == ' ') Keep(MatchAuthorization(view), &best);
  Keep(MatchAssigned(view), &best);
  return best;
}

}  // namespace

bool AtWordStart(const View& view) {
  if (view.before.empty()) return true;
  if (IsWord(view.before.back())) return EndsWithEscape(view.before);
  return !EndsWithPlaceholder(view.before);
}

bool EndsWordAt(const View& view, size_t n) {
  return n >= view.line.size() ||
         (!IsWord(view.line[n]) && PlaceholderLength(view.line.substr(n)) == 0);
}

size_t ScanFrom(std::string_view text, size_t pos, bool final, std::vector<Finding>* findings) {
  size_t newline = text.find('\n', pos);
  while (pos < text.size()) {
    if (newline < pos) newline = text.find('\n', pos);
    const size_t window_end = std::min(text.size(), pos + kLookAheadBytes);
    const bool full = final || window_end - pos == kLookAheadBytes;
    if (!full && newline == std::string_view::npos) return pos;
    const char c = text[pos];
    const size_t begin = pos > kLookBehindBytes ? pos - kLookBehindBytes : 0;
    const std::string_view before = text.substr(begin, pos - begin);
    const bool inside_word = IsWord(c) && !before.empty() && IsWord(before.back());
    if (c == '\n' || (inside_word && !EndsWithEscape(before))) {
      ++pos;
      continue;
    }
    const size_t line_end = std::min(newline, window_end);
    const View view{before, text.substr(pos, line_end - pos), text.substr(pos, window_end - pos),
                    full};
    if (const size_t placeholder = PlaceholderLength(view.line); placeholder > 0) {
      pos += placeholder;
      continue;
    }
    const Match match = MatchAt(view);
    if (match.needs_more) return pos;
    if (match.size > 0) findings->push_back({match.kind, pos, pos + match.size});
    pos += std::max<size_t>(match.size, 1);
  }
  return pos;
}

}  // namespace weir::redact
