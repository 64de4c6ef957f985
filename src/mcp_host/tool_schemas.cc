#include "mcp_host/tool_schemas.h"

#include <utility>
#include <vector>

namespace weir::mcp_host {
namespace {

Status Check(const schema::Validator& validator, const json::Json& value, const std::string& what) {
  ASSIGN_OR_RETURN(const std::vector<schema::Violation> violations, validator.Validate(value));
  if (violations.empty()) return {};
  std::string text;
  for (const schema::Violation& violation : violations) {
    if (!text.empty()) text += "; ";
    if (!violation.instance.empty()) text += "'" + violation.instance.substr(1) + "' ";
    text += violation.message;
  }
  return MakeError(ErrorCode::kInvalidArgument, "{} do not fit: {}", what, text);
}

}  // namespace

Status ToolSchemas::Add(const catalog::CatalogTool& tool) {
  ASSIGN_OR_RETURN(schema::Validator input,
                   schema::Validator::Compile(tool.input_schema, {.assert_formats = true}));
  Schemas schemas{std::move(input), std::nullopt};
  if (!tool.output_schema.is_null()) {
    ASSIGN_OR_RETURN(schemas.output, schema::Validator::Compile(tool.output_schema));
  }
  by_tool_.insert_or_assign(tool.id.tool, std::move(schemas));
  return {};
}

Status ToolSchemas::CheckArguments(const std::string& tool, const json::Json& arguments) const {
  const auto found = by_tool_.find(tool);
  if (found == by_tool_.end()) {
    return MakeError(ErrorCode::kNotFound, "the schema of '{}' is not known", tool);
  }
  return Check(found->second.input, arguments, fmt::format("the arguments of {}", tool));
}

Status ToolSchemas::CheckResult(const std::string& tool, const json::Json& structured,
                                bool is_error) const {
  const auto found = by_tool_.find(tool);
  if (found == by_tool_.end() || !found->second.output) return {};
  if (structured.is_null() && is_error) return {};
  if (structured.is_null()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "{} declares structured results and answered without one", tool);
  }
  return Check(*found->second.output, structured, fmt::format("the results of {}", tool));
}

}  // namespace weir::mcp_host
