#pragma once
// Patterns with wildcards, matched in time proportional to text times pattern, whatever they are.
//
//   *   any run of characters; in a path without "/"
//   **  any run of characters
//   ?   one character (a UTF-8 code point); in a path not "/"
//   \x  the character x itself
//
// Everything else stands for itself; a pattern covers the whole text. Immutable; any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::policy {

enum class GlobKind { kText, kPath };

class Glob {
 public:
  // "*"
  Glob();

  // Error kInvalidArgument: empty, longer than 1024 bytes, or ending in a lone backslash.
  static Result<Glob> Parse(std::string_view pattern);

  bool Matches(std::string_view text, GlobKind kind) const;

  const std::string& pattern() const { return pattern_; }
  // Whether it matches one text only, then prefix().
  bool is_literal() const { return elements_.empty(); }
  // Whether it matches every text that is no path.
  bool is_everything() const;
  // The characters before the first wildcard, without backslashes.
  const std::string& prefix() const { return prefix_; }

 private:
  struct Element {
    enum Kind : uint8_t { kCharacter, kAnyOne, kRun, kRunWithSlashes } kind = kCharacter;
    uint32_t character = 0;  // its bytes, the first the most significant

    bool is_run() const { return kind == kRun || kind == kRunWithSlashes; }
    bool Takes(uint32_t c, GlobKind in) const;
  };

  bool MatchElements(std::string_view text, GlobKind kind) const;

  std::string pattern_;
  std::string prefix_;
  std::vector<Element> elements_;  // from the first wildcard on
};

// Ok when Glob::Parse takes it.
Status CheckGlob(std::string_view pattern);

// `pattern` has passed CheckGlob; otherwise nothing matches. Parses it every time.
bool GlobMatch(std::string_view pattern, std::string_view text, GlobKind kind);

}  // namespace weir::policy
