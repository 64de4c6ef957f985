#pragma once
// The two spellings of values, byte by byte: Python literals (in calls) and JSON. One value has one
// spelling: single quotes in Python, ", " and ": " as separators, no other white space.
// Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "json/json.h"

namespace weir::grammar {

enum class Syntax : uint8_t { kPython, kJson };

inline char QuoteOf(Syntax syntax) { return syntax == Syntax::kPython ? '\'' : '"'; }

// The raw byte that backslash + `escape` stands for, if that escape is used.
std::optional<char> Unescape(Syntax syntax, char escape);

// The bytes inside the quotes, escaped; nothing when `raw` holds a control character that the
// syntax does not spell.
std::optional<std::string> Escape(Syntax syntax, std::string_view raw);

// The one spelling of a value; nothing where Escape has none.
std::optional<std::string> WriteValue(Syntax syntax, const json::Json& value);

// Where an open string is. kChar awaits a character, kEscape the letter after a backslash, the
// others the rest of a UTF-8 sequence. Strings hold valid UTF-8 only and can close in kChar only.
enum class StringPos : uint8_t {
  kChar,
  kEscape,
  kTail1,  // one more continuation byte
  kTail2,
  kTail3,
  kAfterE0,  // a continuation byte that is not overlong, a surrogate or beyond U+10FFFF
  kAfterED,
  kAfterF0,
  kAfterF4,
  kClosed,   // the quote was read
  kInvalid,  // the byte can not stand here
};

StringPos NextStringPos(Syntax syntax, StringPos pos, uint8_t byte);

}  // namespace weir::grammar
