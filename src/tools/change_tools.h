#pragma once
// The tools that change files, each as a planner (tools/plan.h): look, decide, describe; touch
// nothing.
//
// write_file   new or overwriting, the exact text; missing folders are made
// append_file  one line at the end of an existing file, in the file's own line ends
// edit_file    one text that occurs exactly once, replaced
// make_folder  with missing parents; one that is there already is fine
// move_file    never overwrites. An existing folder as destination means "into it". A destination
//              that is not there is the new name, except that a file with an extension moved to a
//              name without one (or with a slash at its end) goes into a new folder of that name
// copy_file    as move_file, folders with all they hold
// delete_file  to the trash in the undo store

#include <string>
#include <string_view>

#include "base/result.h"
#include "json/json.h"
#include "tools/plan.h"
#include "tools/tool_context.h"

namespace weir::tools {

// True for the tools above.
bool IsChangeTool(std::string_view tool);

// The plan for one call of a change tool. Errors are sentences for the model.
Result<Plan> PlanChange(const ToolContext& context, const std::string& tool,
                        const json::Json& arguments);

// Planners, one file each group. `arguments` are an object that fits the tool's schema.
Result<Plan> PlanWriteFile(const ToolContext& context, const json::Json& arguments);
Result<Plan> PlanAppendFile(const ToolContext& context, const json::Json& arguments);
Result<Plan> PlanEditFile(const ToolContext& context, const json::Json& arguments);
Result<Plan> PlanMakeFolder(const ToolContext& context, const json::Json& arguments);
Result<Plan> PlanMoveFile(const ToolContext& context, const json::Json& arguments);
Result<Plan> PlanCopyFile(const ToolContext& context, const json::Json& arguments);
Result<Plan> PlanDeleteFile(const ToolContext& context, const json::Json& arguments);

// The folders on the way to `folder` (itself included) that are not there, outermost first. Errors:
// something on the way is a link or not a folder.
Result<std::vector<std::string>> MissingFolders(const ToolContext& context,
                                                const std::string& folder);
// Appends a step that makes each of them.
void AddMakeFolders(const std::vector<std::string>& folders, Plan* plan);

// `text` within kMaxResultTextBytes, whole lines, with a note of what was cut.
std::string BoundedText(std::string text);

}  // namespace weir::tools
