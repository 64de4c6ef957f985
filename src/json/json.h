#pragma once
// The project's one door to nlohmann::json: bounded parsing and two ways of writing.
//
// `Json` keeps the order of object keys, because that order decides prompt tokens and so
// prefix-cache hits. All functions are pure; any thread.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::json {

using Json = nlohmann::ordered_json;

struct ParseLimits {
  size_t max_bytes = 16u << 20;
  int max_depth = 64;
};

// Parses one JSON text (RFC 8259, UTF-8). Refuses: more than max_bytes, deeper than max_depth, a
// duplicate key in an object, invalid UTF-8, trailing bytes. Errors are kCorruptData with the byte
// offset, or kResourceExhausted.
Result<Json> Parse(std::string_view text, const ParseLimits& limits = {});

// Compact JSON in key order, non-ASCII kept; bytes that are not UTF-8 become U+FFFD. Never fails.
std::string Dump(const Json& value);

// As Python's json.dumps(value, ensure_ascii=False): ", " and ": " between items. What the chat
// templates print.
std::string DumpPython(const Json& value);

// RFC 8785 (JSON Canonicalization Scheme): sorted by UTF-16 code units, shortest numbers. The bytes
// that are hashed and approved. Error: a number without a JSON form, or integers beyond 2^53 that
// would lose digits.
Result<std::string> Canonical(const Json& value);

// True when `text` is well-formed UTF-8 (no surrogates, no overlong forms).
bool IsValidUtf8(std::string_view text);

}  // namespace weir::json
