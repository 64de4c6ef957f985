#pragma once
// Words for messages about values, shared by everything that checks them. Internal to schema/.
// Pure; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "schema/schema.h"

namespace weir::schema {

// `value` as JSON, cut after some 60 bytes.
std::string Show(const json::Json& value);

// The first 200 bytes of a text.
std::string Short(std::string_view text);

// Values as "1, 2, ...", cut after some 240 bytes.
std::string ShowList(const std::vector<json::Json>& values);

// "integer or string"; "nothing" for none.
std::string KindNames(KindSet kinds);

// Code points of a valid UTF-8 text.
int64_t CountChars(std::string_view text);

}  // namespace weir::schema
