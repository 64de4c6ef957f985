#pragma once
// JSON values as the chat templates print them, which are Jinja programs running in Python: repr()
// and json.dumps(ensure_ascii=False) of the value that json.loads would have made. Pure; any
// thread.

#include <string>
#include <string_view>

#include "json/json.h"

namespace weir::prompt {

// An integer beyond 64 bits, as ParseKeepingIntegers stores it: a binary value with this subtype
// that holds the digits.
inline constexpr unsigned kBigIntegerSubtype = 1;

// repr(value): True, None, 1e+16, 'it''s' quoting by content, {'k': [1]}. Recursion is as deep as
// the value.
std::string PythonRepr(const json::Json& value);

// repr(text) of a Python str. Bytes that are not UTF-8 become U+FFFD.
std::string PythonRepr(std::string_view text);

// repr(number) of a Python float: shortest digits, exponent from 1e16 up and below 1e-4, inf, nan.
std::string PythonRepr(double number);

// json.dumps(value, ensure_ascii=False).
std::string PythonJson(const json::Json& value);

// str.strip() of a Python str.
std::string_view PythonStrip(std::string_view text);

}  // namespace weir::prompt
