#pragma once
// Whole JSON Schema (draft 2020-12, and draft 7 where $schema says so), for schemas that strangers
// wrote: what a tool declares of its arguments and results. Has the last word where the subset of
// schema/schema.h, which a grammar enforces while a model writes, says less.
//
// Fail closed: a schema that is malformed, refers to a document that was not given, names an
// unknown dialect or holds a pattern that does not match in linear time does not compile. Unknown
// keywords are annotations, as the specification has it. Nothing is ever fetched.
//
// Every part is bounded: the number of subschemas and patterns, the depth, and the work of one
// validation. Immutable after Compile; copies share; any thread.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "json/json.h"
#include "schema/schema_index.h"

namespace weir::schema {

struct ValidatorOptions {
  // Further documents that the schema may refer to, by absolute URI without fragment. Borrowed for
  // Compile; may be null. The meta-schemas of drafts 2020-12 and 7 need not be here.
  const SchemaDocuments* documents = nullptr;

  // Whether `format` is enforced, for the formats that schema/format.h knows. Else it is an
  // annotation, unless the schema's own vocabulary demands it.
  bool assert_formats = false;

  size_t max_subschemas = 20'000;
  int max_depth = 400;             // of subschemas applied inside one another
  int64_t max_steps = 10'000'000;  // of one validation, which is less than a second
};

// `instance` is the place in the value (RFC 6901), `schema` the keyword that it breaks, such as
// "#/properties/a/type" or "https://example.org/s#/minLength".
struct Violation {
  std::string instance;
  std::string schema;
  std::string message;
};

struct ValidatorGraph;

class Validator {
 public:
  // `document` is an object or a boolean and need not outlive the call. Errors, which name the
  // place: kInvalidArgument (malformed, or referring to itself without end), kUnsupported (see
  // above), kResourceExhausted (too large).
  static Result<Validator> Compile(const json::Json& document,
                                   const ValidatorOptions& options = {});

  // Empty when `value` is valid; otherwise the first few violations, always the same in the same
  // order. Error kResourceExhausted: the limits did not suffice to tell. Such a value must be
  // treated as invalid.
  Result<std::vector<Violation>> Validate(const json::Json& value) const;

 private:
  explicit Validator(std::shared_ptr<const ValidatorGraph> graph) : graph_(std::move(graph)) {}

  std::shared_ptr<const ValidatorGraph> graph_;  // shared by copies
};

}  // namespace weir::schema
