#pragma once
// The schemas of a server's tools as the server declares them, compiled once: the last word about
// arguments and results. Immutable after Add; any thread.

#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "catalog/catalog.h"
#include "json/json.h"
#include "schema/validator.h"

namespace weir::mcp_host {

class ToolSchemas {
 public:
  // Errors: a schema of the tool does not compile; the tool can not be offered then.
  Status Add(const catalog::CatalogTool& tool);

  // By the server's own name of the tool. Errors kInvalidArgument: what does not fit, in one
  // sentence; kNotFound for a tool that was not added.
  Status CheckArguments(const std::string& tool, const json::Json& arguments) const;
  // Structured content (null: none) against the output schema. Ok where none is declared; an error
  // where one is and there is no structured content, unless the result is an error.
  Status CheckResult(const std::string& tool, const json::Json& structured, bool is_error) const;

 private:
  struct Schemas {
    schema::Validator input;
    std::optional<schema::Validator> output;
  };
  std::map<std::string, Schemas> by_tool_;
};

}  // namespace weir::mcp_host
