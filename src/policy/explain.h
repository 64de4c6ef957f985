#pragma once
// Text about decisions for a person. Pure; any thread.

#include <string>
#include <string_view>

#include "policy/call.h"

namespace weir::policy {

struct Explanation;

// The columns that texts for people keep to.
inline constexpr size_t kTextColumns = 80;

// `line` broken at spaces into lines of at most kTextColumns, each after the first indented by
// `indent`, and ended with a newline. A word that is longer stands on a line of its own.
std::string Wrapped(std::string_view line, size_t indent);

// Fills Explanation::text from its other members.
std::string ExplanationText(const ProposedCall& call, const Explanation& explanation);

}  // namespace weir::policy
