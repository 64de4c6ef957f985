#pragma once
// JSON pointers (RFC 6901). Pure; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/json.h"

namespace weir::schema {

// `pointer` + "/" + `token`, with ~ and / escaped.
std::string Append(std::string_view pointer, std::string_view token);
std::string Append(std::string_view pointer, size_t index);

// A pointer for messages, in quotes; the root has an empty one and is named in words.
std::string Place(std::string_view pointer);

// The tokens of a pointer ("" or "/a/b") that stands in the fragment of a URI: percent-decoded and
// unescaped.
std::vector<std::string> FragmentTokens(std::string_view fragment);

// The member or item of `parent` that `token` names; null when there is none.
const json::Json* Child(const json::Json& parent, const std::string& token);

struct Target {
  const json::Json* json = nullptr;  // inside the document
  std::string pointer;               // in its one spelling
};

// What `ref` means in `document`: "#" or "#/a/b" (percent-escapes allowed). Errors: kUnsupported
// for a reference to another document or an anchor, kInvalidArgument when nothing is there.
Result<Target> Resolve(const json::Json& document, std::string_view ref);

}  // namespace weir::schema
