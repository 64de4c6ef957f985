#pragma once
// The few Unicode properties that the tokenizer's splitter and Python's repr need, from a generated
// table (scripts/make_unicode_tables.py, Unicode 15). Values above U+10FFFF have none. Pure; any
// thread.

#include <array>
#include <cstdint>

namespace weir::unicode {

// Bits of ClassOf.
enum ClassBits : uint8_t {
  kLetter = 1,     // general category L*
  kNumber = 2,     // general category N*
  kSpace = 4,      // property White_Space
  kPrintable = 8,  // Python's str.isprintable: not C*, Zl, Zp, nor Zs other than U+0020
};

// The bits of one code point.
uint8_t ClassOf(char32_t value);

inline bool IsLetter(char32_t value) { return (ClassOf(value) & kLetter) != 0; }
inline bool IsNumber(char32_t value) { return (ClassOf(value) & kNumber) != 0; }
inline bool IsSpace(char32_t value) { return (ClassOf(value) & kSpace) != 0; }
inline bool IsPrintable(char32_t value) { return (ClassOf(value) & kPrintable) != 0; }

// Python's str.isspace, which str.strip uses: White_Space and the separators U+001C to U+001F.
inline bool IsPythonSpace(char32_t value) {
  return IsSpace(value) || (value >= 0x1C && value <= 0x1F);
}

}  // namespace weir::unicode
