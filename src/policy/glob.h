#pragma once
// Patterns with wildcards, matched in time proportional to text times pattern, whatever they are.
//
//   *   any run of characters; in a path without "/"
//   **  any run of characters
//   ?   one character (a UTF-8 code point); in a path not "/"
//   \x  the character x itself
//
// Everything else stands for itself; a pattern covers the whole text. Pure; any thread.

#include <string_view>

#include "base/result.h"

namespace weir::policy {

enum class GlobKind { kText, kPath };

// Error kInvalidArgument: empty, longer than 1024 bytes, or ending in a lone backslash.
Status CheckGlob(std::string_view pattern);

// `pattern` has passed CheckGlob; otherwise nothing matches.
bool GlobMatch(std::string_view pattern, std::string_view text, GlobKind kind);

}  // namespace weir::policy
