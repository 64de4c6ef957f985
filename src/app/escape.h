#pragma once
// Text of strangers made safe for a terminal: nothing that moves the cursor, hides, reorders or
// imitates reaches the screen. Pure functions; any thread.

#include <string>
#include <string_view>

namespace weir::app {

struct EscapeOptions {
  bool keep_newlines =
      false;  // "\n" stays a line break, tabs become spaces; otherwise both are escaped
};

// Every code point that is not plainly visible becomes \n, \t, \xNN (bytes that are no UTF-8) or
// \u{NNNN}: controls, format characters (bidi overrides, zero width, tags), private use,
// unassigned, line and paragraph separators, odd spaces. A backslash of the text itself is doubled,
// so that an escape can not be imitated.
std::string EscapeForTerminal(std::string_view text, const EscapeOptions& options = {});

// Columns that an escaped text takes in a terminal.
int DisplayWidth(std::string_view escaped);

// `text` cut to `columns` at a code point, with "..." when something was cut.
std::string Ellipsize(std::string_view text, int columns);

}  // namespace weir::app
