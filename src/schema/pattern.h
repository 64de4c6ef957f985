#pragma once
// A `pattern` of JSON Schema: a regular expression of ECMA-262 that must match somewhere in a
// string. Linear time in the text (RE2), so look-around and back references are refused. Immutable;
// any thread.

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::schema {

class Pattern {
 public:
  // Error kUnsupported names the pattern: not a regular expression that matches in linear time.
  static Result<std::shared_ptr<const Pattern>> Compile(const std::string& source);
  ~Pattern();
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;

  bool Matches(std::string_view text) const;
  const std::string& source() const { return source_; }

  // Instructions of the compiled pattern. Matching takes at most so many steps for each byte.
  int program_size() const;

 private:
  struct Impl;
  Pattern(std::string source, std::unique_ptr<Impl> impl);

  std::string source_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::schema
