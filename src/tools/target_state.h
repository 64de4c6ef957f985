#pragma once
// What the targets of a call look like now: what an approval of it is bound to. Any thread.

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "json/json.h"
#include "platform/workspace.h"
#include "policy/approved_call.h"
#include "tools/registry.h"

namespace weir::tools {

// One entry for each different path that the call names, in normal form: a digest of the file's
// content and mode, of a link's target, of a folder's mode, or "absent". A file beyond
// kMaxTextFileBytes counts by size and time of change. Errors: a path that policy would refuse, or
// what can not be read; then nothing can be approved.
Result<std::vector<policy::Precondition>> TargetStates(const platform::Workspace& workspace,
                                                       const ToolEntry& entry,
                                                       const json::Json& arguments);

}  // namespace weir::tools
