#pragma once
// A set of changes for people: one line a change, and a unified diff of what is text.
//
//   modified notes.txt: +2 -1 lines, mode unchanged
//   renamed draft.txt -> archive/draft.txt
//   deleted photo.jpg: a file of 81234 bytes, mode 0644, sha256 0123456789ab
//   NOT POSSIBLE run.sock: 'run.sock' is a special file ...
//
// Names take one line each (OneLine of changes/entry.h); invisible characters beyond ASCII and the
// text of files are escaped by whoever displays them. Any thread.

#include <string>
#include <vector>

#include "base/result.h"
#include "changes/change_set.h"
#include "platform/workspace.h"

namespace weir::changes {

struct Rendering {
  std::vector<std::string> lines;  // of changes, then of problems
  std::string diff;                // of text files that come, go or change, in order of paths
};

// Contents come from the same path in `before` and `after`: the workspace and the upper folder of a
// view, or turned round. A content that is not the recorded one any more is an error
// (kCorruptData). Files over 1 MiB and what is no UTF-8 text are shown by size and digest.
Result<Rendering> Render(const ChangeSet& set, const platform::Workspace& before,
                         const platform::Workspace& after);

// The lines alone, without counting lines of text: nothing is read.
std::vector<std::string> RenderLines(const ChangeSet& set);

}  // namespace weir::changes
