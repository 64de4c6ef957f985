#include "schema/validator.h"

#include <utility>

#include "schema/evaluator.h"
#include "schema/validator_compiler.h"

namespace weir::schema {

Result<Validator> Validator::Compile(const json::Json& document, const ValidatorOptions& options) {
  ASSIGN_OR_RETURN(std::shared_ptr<const ValidatorGraph> graph,
                   ValidatorCompiler(options).Run(document));
  return Validator(std::move(graph));
}

Result<std::vector<Violation>> Validator::Validate(const json::Json& value) const {
  return Evaluator(*graph_).Run(value);
}

}  // namespace weir::schema
