#include "policy/glob.h"

#include <algorithm>
#include <vector>

namespace weir::policy {
namespace {

constexpr size_t kMaxPatternBytes = 1024;

// Bytes of the code point that starts with `lead`; 1 for a byte that starts none.
size_t CharBytes(unsigned char lead) {
  if (lead >= 0xF0) return 4;
  if (lead >= 0xE0) return 3;
  return lead >= 0xC0 ? 2 : 1;
}

std::string_view TakeChar(std::string_view& text) {
  const size_t n = std::min(CharBytes(static_cast<unsigned char>(text.front())), text.size());
  const std::string_view character = text.substr(0, n);
  text.remove_prefix(n);
  return character;
}

struct Element {
  enum Kind { kCharacter, kAnyOne, kRun, kRunWithSlashes } kind = kCharacter;
  std::string_view character;

  bool is_run() const { return kind == kRun || kind == kRunWithSlashes; }
  // Whether it takes `c`, alone or as a part of a run.
  bool Takes(std::string_view c, GlobKind in) const {
    if (kind == kCharacter) return c == character;
    return kind == kRunWithSlashes || in == GlobKind::kText || c != "/";
  }
};

std::vector<Element> Elements(std::string_view pattern) {
  std::vector<Element> elements;
  while (!pattern.empty()) {
    std::string_view c = TakeChar(pattern);
    if (c == "*") {
      const bool doubled = pattern.starts_with('*');
      while (pattern.starts_with('*')) pattern.remove_prefix(1);
      elements.push_back({doubled ? Element::kRunWithSlashes : Element::kRun, {}});
      continue;
    }
    if (c == "?") {
      elements.push_back({Element::kAnyOne, {}});
      continue;
    }
    if (c == "\\" && !pattern.empty()) c = TakeChar(pattern);
    elements.push_back({Element::kCharacter, c});
  }
  return elements;
}

// All positions in the pattern that the text read so far can have reached, advanced by one
// character at a time: no backtracking.
bool MatchElements(const std::vector<Element>& elements, std::string_view text, GlobKind kind) {
  const size_t n = elements.size();
  std::vector<char> reached(n + 1, 0);
  std::vector<char> next(n + 1, 0);
  const auto skip_empty_runs = [&](std::vector<char>& positions) {
    for (size_t i = 0; i < n; ++i) {
      if (positions[i] != 0 && elements[i].is_run()) positions[i + 1] = 1;
    }
  };
  reached[0] = 1;
  skip_empty_runs(reached);
  while (!text.empty()) {
    const std::string_view c = TakeChar(text);
    std::fill(next.begin(), next.end(), 0);
    for (size_t i = 0; i < n; ++i) {
      if (reached[i] != 0 && elements[i].Takes(c, kind)) next[elements[i].is_run() ? i : i + 1] = 1;
    }
    skip_empty_runs(next);
    reached.swap(next);
  }
  return reached[n] != 0;
}

}  // namespace

Status CheckGlob(std::string_view pattern) {
  if (pattern.empty()) return MakeError(ErrorCode::kInvalidArgument, "an empty pattern");
  if (pattern.size() > kMaxPatternBytes) {
    return MakeError(ErrorCode::kInvalidArgument, "a pattern of {} bytes; at most {} are possible",
                     pattern.size(), kMaxPatternBytes);
  }
  const size_t end = pattern.find_last_not_of('\\');
  const size_t n_backslashes = pattern.size() - (end == std::string_view::npos ? 0 : end + 1);
  if (n_backslashes % 2 == 1) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "pattern '{}' ends in a lone backslash; write two for a backslash", pattern);
  }
  return {};
}

bool GlobMatch(std::string_view pattern, std::string_view text, GlobKind kind) {
  if (pattern.find_first_of("*?\\") == std::string_view::npos) return pattern == text;
  if (!CheckGlob(pattern)) return false;
  return MatchElements(Elements(pattern), text, kind);
}

}  // namespace weir::policy
