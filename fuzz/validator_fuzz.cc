// Compiling any JSON as a schema of the full validator, and checking any value against it, ends in
// bounded time and gives the same answer twice. Where the subset takes the schema too, the two
// agree; the relaxed form compiles and refuses nothing that the original accepts.
//
// Input: a JSON Schema, a zero byte, a JSON value.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "json/json.h"
#include "schema/relax.h"
#include "schema/schema.h"
#include "schema/validator.h"

namespace weir::schema {
namespace {

using json::Json;

void Run(std::string_view schema_text, std::string_view value_text) {
  const Result<Json> document = json::Parse(schema_text);
  const Result<Json> value = json::Parse(value_text);
  if (!document) return;
  const Result<Validator> validator = Validator::Compile(
      *document, {.assert_formats = true, .max_subschemas = 2'000, .max_steps = 200'000});
  if (!validator) return;
  const Result<RelaxedSchema> relaxed = RelaxForGrammar(*document);
  CHECK(relaxed.has_value());
  const Result<Schema> relaxed_schema = Schema::Compile(relaxed->document);
  CHECK(relaxed_schema.has_value());
  if (!value) return;
  const Result<std::vector<Violation>> violations = validator->Validate(*value);
  const Result<std::vector<Violation>> again = validator->Validate(*value);
  CHECK(violations.has_value() == again.has_value());
  if (!violations) return;
  CHECK(violations->size() == again->size());
  const bool valid = violations->empty();
  CHECK(!valid || relaxed_schema->Validate(*value).empty());
  // The subset does not read $schema, which may ask for draft 7.
  if (schema_text.find("$schema") != std::string_view::npos) return;
  const Result<Schema> subset = Schema::Compile(*document);
  CHECK(!subset || subset->Validate(*value).empty() == valid);
}

}  // namespace
}  // namespace weir::schema

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t zero = input.find('\0');
  if (zero == std::string_view::npos || size > 16384) return 0;
  weir::schema::Run(input.substr(0, zero), input.substr(zero + 1));
  return 0;
}
