#include "redact/stream_redactor.h"

#include <algorithm>

#include "redact/detectors.h"
#include "redact/scan.h"

namespace weir::redact {

std::string StreamRedactor::Push(std::string_view chunk) {
  std::string released;
  // In steps, so that a large piece does not have to be held as a whole.
  while (!chunk.empty()) {
    const std::string_view part = chunk.substr(0, kLookAheadBytes);
    chunk.remove_prefix(part.size());
    text_ += part;
    // Nothing can be decided before a line ends or the window is full; a window at a time costs
    // less.
    const bool may_decide =
        part.find('\n') != std::string_view::npos || text_.size() - decided_ >= 2 * kLookAheadBytes;
    if (may_decide) released += Release(/*final=*/false);
  }
  return released;
}

std::string StreamRedactor::Finish() {
  std::string released = Release(/*final=*/true);
  text_.clear();
  decided_ = 0;
  return released;
}

std::string StreamRedactor::Release(bool final) {
  std::vector<Finding> findings;
  const size_t end = ScanFrom(text_, decided_, final, &findings);
  std::string released;
  for (const Finding& finding : findings) {
    released.append(text_, decided_, finding.begin - decided_);
    released += redactor_.PlaceholderFor(
        finding.kind, std::string_view(text_).substr(finding.begin, finding.end - finding.begin));
    decided_ = finding.end;
  }
  released.append(text_, decided_, end - decided_);
  decided_ = end;
  const size_t kept = std::min(decided_, kLookBehindBytes);
  text_.erase(0, decided_ - kept);
  decided_ = kept;
  return released;
}

}  // namespace weir::redact
