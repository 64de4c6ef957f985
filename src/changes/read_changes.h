#pragma once
// Reads what happened in a copy-on-write view: the upper folder of an overlay, compared with the
// workspace below it. The overlay was mounted with userxattr, redirect_dir=nofollow and without
// metacopy (changes/cow_view.h), so a path is deleted by a whiteout (a character device 0/0, or an
// empty file with the attribute user.overlay.whiteout), a folder that hides what lies below it has
// user.overlay.opaque=y, and every file is there whole.
//
// What the upper folder holds and what does not differ from the workspace (a file that was written
// with the content it had, a folder that was only passed through) is no change.

#include "base/result.h"
#include "changes/change_set.h"
#include "platform/workspace.h"

namespace weir::changes {

// More changes than this, or a tree deeper than this, are an error.
inline constexpr size_t kMaxChanges = 100'000;
inline constexpr int kMaxDepth = 100;

// Both folders stay as they are. What can not be previewed is a problem in the set, not an error.
// Errors: kResourceExhausted (limits), kUnavailable (somebody changes the folders meanwhile), and
// what the system says. Any thread.
Result<ChangeSet> ReadChanges(const platform::Workspace& base, const platform::Workspace& upper);

}  // namespace weir::changes
