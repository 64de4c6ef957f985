#pragma once
// Walks a text from place to place and asks the detectors at each. Pure; any thread.

#include <string_view>
#include <vector>

#include "redact/finding.h"

namespace weir::redact {

// Decides the bytes of `text` from `pos` on, in order, and appends what was found. Returns the
// first byte that is not decided: the end of the text when `final`, and otherwise where a line that
// is still to be continued begins to matter. A later call with a longer text goes on from there and
// finds what one call would have. Bytes more than kLookBehindBytes before `pos` are not looked at.
size_t ScanFrom(std::string_view text, size_t pos, bool final, std::vector<Finding>* findings);

}  // namespace weir::redact
