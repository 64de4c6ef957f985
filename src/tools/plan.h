#pragma once
// Changing files in two halves: a tool first plans, which looks and touches nothing; then Commit
// saves what undo needs, durably, and only then acts. A preview is a plan that is not committed,
// and an undo is a plan made from a record, so all three say and do the same.

#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "tools/tool_context.h"
#include "tools/undo_store.h"

namespace weir::tools {

inline constexpr std::string_view kUndoTool = "undo";

// One change and what is needed to make it. Commit fills the digests, temporary names and places in
// the store.
struct PlannedStep {
  UndoStep undo;
  std::string content;                // kWrite: the new content
  std::optional<std::string> before;  // kWrite: the content now; absent: there must be no such file
  struct stat seen{};                 // kWrite with `before`: the file as it was looked at
  mode_t exact_mode = 0;              // kWrite: the mode to give; 0: the one it has
};

struct Plan {
  std::string tool;
  std::string action;   // one line: "move notes.txt -> archive/notes.txt"
  std::string body;     // for the preview: a diff or sentences; may be empty
  std::string summary;  // what to say once it is done; also the result when there are no steps
  std::string details;
  json::Json data;
  std::string reverses;           // undo only: the record that is taken back
  int64_t restored_mtime_ns = 0;  // undo only: kWrite sets this time of change; 0: none
  std::vector<PlannedStep> steps;
};

// Does what the plan says, step by step. Returns the id of the undo record, empty when there were
// no steps. On an error nothing is changed, or, where the system refused only after the change (a
// failing fsync), the record stays and undo knows what to do.
Result<std::string> Commit(const ToolContext& context, Plan plan);

}  // namespace weir::tools
