#pragma once
// What stands directly before a value: the name it is assigned to, and how. Reads backwards over
// `"api_key": "`, `export TOKEN=`, `--password `, `setenv("PGPASSWORD", "`, `<password>`,
// `login me password `, `const apiKey: string = '`. Pure; any thread.

#include <optional>
#include <string_view>

#include "redact/key_name.h"

namespace weir::redact {

struct KeyContext {
  std::string_view name;  // as it is written
  KeyClass key_class = KeyClass::kNone;
  char quote = 0;           // that opened the value; 0: none
  bool escaped = false;     // the quote is written \"
  bool spaced = false;      // blanks stand before the value or its quote
  char separator = 0;       // '=', ':', ',', '(', '>' or ' '
  char before_name = 0;     // 0 at the begin of the text
  bool opens_line = false;  // the name is the first word of its line, but for `export` and `-`
};

// Nothing when no name of a secret is there.
std::optional<KeyContext> KeyBefore(std::string_view before);

}  // namespace weir::redact
