// Compiling any JSON as a schema, and validating any JSON against it, never crashes; the two agree
// on what an enum holds.
//
// Input: a JSON Schema, a zero byte, a JSON value.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "json/json.h"
#include "schema/schema.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using weir::json::Json;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t zero = input.find('\0');
  if (zero == std::string_view::npos || size > 16384) return 0;
  const weir::Result<Json> document = weir::json::Parse(input.substr(0, zero));
  const weir::Result<Json> value = weir::json::Parse(input.substr(zero + 1));
  if (!document) return 0;
  const weir::Result<weir::schema::Schema> schema = weir::schema::Schema::Compile(*document);
  if (!schema) return 0;
  if (value) {
    const bool valid = schema->Validate(*value).empty();
    CHECK(valid == schema->IsValid(schema->root(), *value));
  }
  const weir::schema::Node& root = schema->node(schema->root());
  if (!root.values) return 0;
  for (const Json& listed : *root.values) CHECK(schema->Validate(listed).empty());
  return 0;
}
