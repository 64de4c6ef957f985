#pragma once
// Numbers as JSON writes them, compared exactly: 0.1 is one tenth here, and 9007199254740993
// differs from 9007199254740992.0. A double stands for the shortest decimal that reads back as it.
// Pure; any thread.

#include <cstdint>
#include <string>

#include "json/json.h"

namespace weir::schema {

// (-1)^negative * digits * 10^exponent. Normal form, which every function here expects and returns:
// digits do not end in a decimal zero; zero is {false, 0, 0}.
struct Decimal {
  bool negative = false;
  uint64_t digits = 0;
  int exponent = 0;

  bool IsInteger() const { return exponent >= 0; }
  bool operator==(const Decimal&) const = default;
};

// `number` must be a finite JSON number (CHECKed).
Decimal ToDecimal(const json::Json& number);

// Negative, zero or positive as a < b, a == b, a > b.
int Compare(const Decimal& a, const Decimal& b);

// Whether `value` is a whole multiple of `step`; `step` is not zero.
bool IsMultiple(const Decimal& value, const Decimal& step);

// For messages: plain digits, or with an exponent when very large or small.
std::string ToString(const Decimal& value);

}  // namespace weir::schema
