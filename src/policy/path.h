#pragma once
// The normal form of a path argument: what rules are matched against, and what tools should open,
// so that both mean the same bytes.
//
//   normal form = "." | name *( "/" name )     name = 1 or more bytes except NUL and "/",
//                                                     neither "." nor ".."
//
// Got from the argument by dropping "." parts, empty parts (doubled and trailing slashes), and each
// ".." together with the part before it; an argument that is empty or has nothing left is ".".
// Refused (kInvalidArgument): a NUL byte, more than 4095 bytes. Refused (kPermissionDenied):
// absolute, or a ".." that climbs above the workspace at any point.
//
// Purely lexical: symlinks are not looked at (opening beneath the workspace enforces that truth);
// bytes are compared as they are, without case folding or Unicode normalisation. Any thread.

#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::policy {

Result<std::string> NormalPath(std::string_view path);

// True when normal form `path` is `folder` or beneath it. "." holds everything.
bool IsInside(std::string_view path, std::string_view folder);

}  // namespace weir::policy
