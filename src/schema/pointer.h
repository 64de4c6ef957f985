#pragma once
// JSON pointers (RFC 6901). Pure; any thread.

#include <string>
#include <string_view>

#include "base/result.h"
#include "json/json.h"

namespace weir::schema {

// `pointer` + "/" + `token`, with ~ and / escaped.
std::string Append(std::string_view pointer, std::string_view token);
std::string Append(std::string_view pointer, size_t index);

// A pointer for messages, in quotes; the root has an empty one and is named in words.
std::string Place(std::string_view pointer);

struct Target {
  const json::Json* json = nullptr;  // inside the document
  std::string pointer;               // in its one spelling
};

// What `ref` means in `document`: "#" or "#/a/b" (percent-escapes allowed). Errors: kUnsupported
// for a reference to another document or an anchor, kInvalidArgument when nothing is there.
Result<Target> Resolve(const json::Json& document, std::string_view ref);

}  // namespace weir::schema
