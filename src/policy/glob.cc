#include "policy/glob.h"

#include <algorithm>
#include <array>

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

uint32_t Packed(std::string_view character) {
  uint32_t packed = 0;
  for (const char byte : character) packed = packed << 8 | static_cast<unsigned char>(byte);
  return packed;
}

}  // namespace

Glob::Glob() : pattern_("*"), elements_{{Element::kRun, 0}} {}

Result<Glob> Glob::Parse(std::string_view pattern) {
  RETURN_IF_ERROR(CheckGlob(pattern));
  Glob glob;
  glob.pattern_ = pattern;
  glob.elements_.clear();
  while (!pattern.empty()) {
    std::string_view c = TakeChar(pattern);
    if (c == "*") {
      const bool doubled = pattern.starts_with('*');
      while (pattern.starts_with('*')) pattern.remove_prefix(1);
      glob.elements_.push_back({doubled ? Element::kRunWithSlashes : Element::kRun, 0});
      continue;
    }
    if (c == "?") {
      glob.elements_.push_back({Element::kAnyOne, 0});
      continue;
    }
    if (c == "\\" && !pattern.empty()) c = TakeChar(pattern);
    if (glob.elements_.empty()) {
      glob.prefix_ += c;
    } else {
      glob.elements_.push_back({Element::kCharacter, Packed(c)});
    }
  }
  return glob;
}

bool Glob::is_everything() const {
  return prefix_.empty() && elements_.size() == 1 && elements_[0].is_run();
}

bool Glob::Matches(std::string_view text, GlobKind kind) const {
  if (!text.starts_with(prefix_)) return false;
  text.remove_prefix(prefix_.size());
  return elements_.empty() ? text.empty() : MatchElements(text, kind);
}

bool Glob::Element::Takes(uint32_t c, GlobKind in) const {
  if (kind == kCharacter) return c == character;
  return kind == kRunWithSlashes || in == GlobKind::kText || c != '/';
}

// All positions in the pattern that the text read so far can have reached, in order, advanced by
// one character at a time: no backtracking.
bool Glob::MatchElements(std::string_view text, GlobKind kind) const {
  struct Positions {
    std::array<uint16_t, kMaxPatternBytes + 1> at;
    size_t n = 0;
  };
  // Adds a position and, behind runs, the ones that need no character. They come in order, so
  // what is not behind the last one is there already.
  const auto reach = [this](Positions& positions, size_t at) {
    for (;; ++at) {
      if (positions.n == 0 || at > positions.at[positions.n - 1]) {
        positions.at[positions.n++] = static_cast<uint16_t>(at);
      }
      if (at == elements_.size() || !elements_[at].is_run()) return;
    }
  };
  Positions first;
  Positions second;
  Positions* reached = &first;
  Positions* next = &second;
  reach(*reached, 0);
  while (!text.empty() && reached->n > 0) {
    const uint32_t c = Packed(TakeChar(text));
    next->n = 0;
    for (size_t i = 0; i < reached->n; ++i) {
      const size_t at = reached->at[i];
      if (at == elements_.size() || !elements_[at].Takes(c, kind)) continue;
      reach(*next, elements_[at].is_run() ? at : at + 1);
    }
    std::swap(reached, next);
  }
  return reached->n > 0 && reached->at[reached->n - 1] == elements_.size();
}

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
  const Result<Glob> glob = Glob::Parse(pattern);
  return glob && glob->Matches(text, kind);
}

}  // namespace weir::policy
