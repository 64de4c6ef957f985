#pragma once
// Whether the workspace still is as a set of changes expects it: what the set calls `before` is
// what is there. Any thread.

#include <string>
#include <vector>

#include "base/result.h"
#include "changes/change_set.h"
#include "platform/workspace.h"

namespace weir::changes {

// A path that is not as expected, and how.
struct Conflict {
  std::string path;
  std::string reason;  // "expected a file of 12 bytes ..., found nothing"

  bool operator==(const Conflict&) const = default;
};

struct BaseCheck {
  std::vector<Conflict> conflicts;        // by path
  std::vector<EntryIdentity> identities;  // of set.changes, in order: what was looked at
};

// Compares every path with its `before`. Beyond that, a path whose folder is gone or reached
// through a link is a conflict, and so is a folder that is to go and holds something that is not to
// go. Errors: only what the system says; what can not be read is a conflict.
Result<BaseCheck> CheckBase(const platform::Workspace& base, const ChangeSet& set);

// The changes that can be made although others can not: those in conflict are taken out, and then
// those that need them, until what is left fits together. *conflicts gets what was taken out.
Result<ChangeSet> WithoutConflicts(const platform::Workspace& base, const ChangeSet& set,
                                   std::vector<Conflict>* conflicts);

}  // namespace weir::changes
