#pragma once
// What stands in the place of a secret: [secret:KIND:NUMBER], as in [secret:aws-key:1]. It has no
// character that JSON, a shell or a regular expression engine of a log would change. Pure; any
// thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "redact/finding.h"

namespace weir::redact {

inline constexpr std::string_view kPlaceholderStart = "[secret:";

std::string MakePlaceholder(Kind kind, uint32_t number);

// Length of the placeholder at the begin of `text`; 0 when there is none.
size_t PlaceholderLength(std::string_view text);

// Whether a placeholder ends where `text` ends.
bool EndsWithPlaceholder(std::string_view text);

}  // namespace weir::redact
