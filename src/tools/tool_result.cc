#include "tools/tool_result.h"

namespace weir::tools {

ToolResult ErrorResult(const Error& error) {
  ToolResult result;
  result.is_error = true;
  result.summary = error.message;
  result.data = {{"error", ErrorCodeName(error.code)}};
  return result;
}

}  // namespace weir::tools
