#pragma once
// Regular expressions in RE2's syntax, matched against the whole text in time linear in it.
//
// No look-around and no back references. "." is any character, a newline too, as "*" in a glob.
// Copies share the compiled program. Immutable; any thread. Hides RE2.

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace re2 {
class RE2;
}

namespace weir::policy {

class Regex {
 public:
  // Error kInvalidArgument: no valid expression, longer than 1024 bytes, or its program takes more
  // than 1 MiB.
  static Result<Regex> Compile(std::string_view pattern);

  // Bytes that are not UTF-8 match nothing.
  bool Matches(std::string_view text) const;

  const std::string& pattern() const { return pattern_; }

 private:
  Regex(std::string pattern, std::shared_ptr<const re2::RE2> program);

  std::string pattern_;
  std::shared_ptr<const re2::RE2> program_;
};

}  // namespace weir::policy
