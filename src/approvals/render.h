#pragma once
// An approval request as plain text for a terminal, wrapped, with every line indented by ten
// columns. Nothing is left out silently. Pure; any thread.

#include <string>
#include <string_view>

#include "approvals/request.h"

namespace weir::approvals {

struct RenderOptions {
  int columns = 80;
  // Makes a stranger's text safe to print on one line; columns that such text takes.
  std::string (*escape)(std::string_view text) = nullptr;
  int (*width)(std::string_view escaped) = nullptr;
  bool full = false;  // also long values, hashes and everything else that is known
};

struct Rendered {
  std::string text;     // lines, each with its end
  size_t n_hidden = 0;  // lines that only `full` shows because they are too many; the text says so
};

// Without the action, which stands above it.
Rendered RenderText(const ApprovalView& view, const RenderOptions& options);

// The rule that a yes would grant, with its examples, until `expires_us` (wall time).
std::string RenderRule(const StandingRule& rule, int64_t expires_us, const RenderOptions& options);

// "2026-01-31 23:59 UTC".
std::string TimeText(int64_t unix_us);

}  // namespace weir::approvals
