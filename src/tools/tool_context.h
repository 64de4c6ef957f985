#pragma once
// What a tool is given and what it gives back, inside the worker.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "json/json.h"
#include "platform/workspace.h"
#include "tools/file_tree.h"
#include "tools/undo_store.h"

namespace weir::tools {

inline constexpr size_t kMaxTextFileBytes = 64u << 20;     // read whole into memory
inline constexpr size_t kMaxResultTextBytes = 256u << 10;  // of one result or preview
inline constexpr size_t kMaxListedEntries = 1000;          // in details and structured data
inline constexpr size_t kMaxNamesInSummary = 20;

// Borrowed for one call.
struct ToolContext {
  const platform::Workspace* workspace = nullptr;
  const UndoStore* undo = nullptr;  // null: nothing may be changed
  std::string run_id;               // where undo records go
  const Clock* clock = nullptr;
  int64_t deadline_us = INT64_MAX;  // monotonic; walks stop there

  WalkBudget Budget() const {
    WalkBudget budget;
    budget.clock = clock;
    budget.deadline_us = deadline_us;
    return budget;
  }
};

// The success of a tool. A failure is an Error; the worker makes both into results.
struct ToolOutput {
  std::string summary;  // one sentence a model can restate
  std::string details;  // what follows it; may be empty
  json::Json data;      // the same for programs; an object or null
  std::string undo_id;  // record of what was changed
};

// The path argument `key` in normal form; `fallback` when absent (empty: the argument is needed).
Result<std::string> PathArgument(const json::Json& arguments, std::string_view key,
                                 std::string_view fallback = {});

// What is at `path`, or an error that names near things: "no file 'note.txt'; there is
// 'notes.txt'". `wanted` is "file", "folder" or "file or folder". A link at the leaf is followed.
Result<struct stat> Find(const ToolContext& context, const std::string& path,
                         std::string_view wanted);

// As Find, but the leaf itself counts, and the way to it may not lead through a link: for what
// changes things, so that a path always means what its name says.
Result<struct stat> FindForChange(const ToolContext& context, const std::string& path,
                                  std::string_view wanted);
// kPermissionDenied when a folder on the way to `path` is a link. Missing ones are fine.
Status CheckNoLinks(const ToolContext& context, const std::string& path);

// The error for something that is not there, with names that are near.
tl::unexpected<Error> NotFound(const ToolContext& context, const std::string& path,
                               std::string_view wanted);

// The regular file at `path`, whole. Errors name the path.
Result<std::string> ReadTextFile(const ToolContext& context, const std::string& path,
                                 size_t max_bytes);

// "PDF document", "text", "PNG image": from the first bytes, then from the extension.
std::string FileType(std::string_view path, std::string_view head);
// True when `content` can be shown: UTF-8 or Latin-1 without control characters.
bool LooksLikeText(std::string_view content);

}  // namespace weir::tools
