#pragma once
// A schema of any form, widened until a grammar can enforce it: the subset of schema/schema.h that
// accepts every value the original accepts, and as few others as it can say. A tool whose schema
// says more than the subset is offered under the relaxed form, and its arguments are checked
// against the original (schema/validator.h, with assert_formats) once they are written.
// docs/structured-output.md has the rules. Pure; any thread.

#include <string>
#include <vector>

#include "base/result.h"
#include "json/json.h"
#include "schema/schema_index.h"

namespace weir::schema {

struct RelaxedSchema {
  json::Json document;  // Schema::Compile takes it

  // What the document does not say: "'not' at '#/properties/a'". Empty when it says everything,
  // else to be checked afterwards.
  std::vector<std::string> dropped;
};

// The original itself where the subset takes it. `documents` as in ValidatorOptions. Errors are
// those of Validator::Compile: what can not be checked afterwards must not be offered at all.
Result<RelaxedSchema> RelaxForGrammar(const json::Json& document,
                                      const SchemaDocuments* documents = nullptr);

}  // namespace weir::schema
