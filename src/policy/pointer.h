#pragma once
// Which value of a call's arguments a condition looks at: an argument's name, or a JSON pointer
// (RFC 6901) whose part "*" stands for every element of a list. Immutable; any thread.
//
//   place = name | 1*( "/" part )       part = "*" | text with ~1 for "/" and ~0 for "~"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::policy {

class ArgumentPointer {
 public:
  ArgumentPointer() = default;  // of the argument ""

  // Error kInvalidArgument: an empty part, or a "~" that is neither ~0 nor ~1.
  static Result<ArgumentPointer> Parse(std::string_view written);

  const std::vector<std::string>& parts() const { return parts_; }  // at least one
  // A name alone when it has one part that is no "*" and does not begin with "/".
  std::string Text() const;
  bool operator==(const ArgumentPointer&) const = default;

 private:
  std::vector<std::string> parts_{1};
};

// The index that `part` is in a list, or -1: digits without a leading zero.
int64_t ListIndex(std::string_view part);

}  // namespace weir::policy
