#pragma once
// A small arithmetic evaluator for `calculate`: no names, no evaluation of anything but numbers.
//
//   sum     = product (("+" | "-") product)*          a + b% and a - b%: of the left value
//   product = power (("*" | "/" | "%" | "% of") power)*
//   power   = ("-" | "+") power | postfix ("^" power)?    right to left, binds tighter than a sign
//   postfix = (number | "(" sum ")" | "sqrt" postfix) "%"?
//
// `%` before a number or "(" is the remainder, otherwise per cent. Also read: x × · ÷ − **, "15% of
// 80", plus, minus, times, divided by, mod, and numbers such as 1,234.5. Values are long double
// (64-bit mantissa); results print with up to 15 significant digits, whole numbers below 2^63 in
// full while every step was exact.

#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::tools {

struct Calculation {
  std::string value;  // "12", "0.3", "1.2e+30"
  std::string note;   // how something unclear was read; may be empty
};

// Errors (kInvalidArgument) say what was found where, and the way out.
Result<Calculation> Calculate(std::string_view expression);

// `value` with up to 15 significant digits, no trailing zeros, "-0" as "0".
std::string FormatNumber(long double value);

}  // namespace weir::tools
