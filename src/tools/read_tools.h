#pragma once
// The tools that only look.
//
// list_files    one folder, in natural order, folders marked with '/'; extension with or without
//               its dot, in any case
// find_files    names in a whole tree: a part of the name, or a pattern with * and ?; case ignored
// search_text   plain words in text files of a tree, case ignored, as "file:line: text"
// read_file     the text of a file; of other files type and size
// file_info     size, date, type
// compare_files a unified diff
// query_csv     csv_query.h
// calculate     calculate.h
// current_time  local time, UTC, weekday
//
// Trees are walked without following links and without hidden folders (names with a leading dot).

#include <string>
#include <string_view>

#include "base/result.h"
#include "json/json.h"
#include "tools/tool_context.h"

namespace weir::tools {

bool IsReadTool(std::string_view tool);

// Runs one call. `arguments` fit the tool's schema. Errors are sentences for the model.
Result<ToolOutput> RunReadTool(const ToolContext& context, const std::string& tool,
                               const json::Json& arguments);

Result<ToolOutput> ListFiles(const ToolContext& context, const json::Json& arguments);
Result<ToolOutput> FindFiles(const ToolContext& context, const json::Json& arguments);
Result<ToolOutput> SearchText(const ToolContext& context, const json::Json& arguments);
Result<ToolOutput> ReadFileTool(const ToolContext& context, const json::Json& arguments);
Result<ToolOutput> FileInfo(const ToolContext& context, const json::Json& arguments);
Result<ToolOutput> CompareFiles(const ToolContext& context, const json::Json& arguments);
Result<ToolOutput> QueryCsv(const ToolContext& context, const json::Json& arguments);
Result<ToolOutput> CalculateTool(const ToolContext& context, const json::Json& arguments);
Result<ToolOutput> CurrentTime(const ToolContext& context, const json::Json& arguments);

// "2026-03-01 14:05" in local time.
std::string FormatLocalTime(int64_t unix_us);
// "a.pdf, b.pdf and 12 more".
std::string NamesInSummary(const std::vector<std::string>& names);

}  // namespace weir::tools
