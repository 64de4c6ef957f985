#pragma once
// Makes a set of changes in a workspace, so that it can be cut off anywhere and finished later.
//
// Two phases. Stage puts every new file and link, complete and durable, into a folder of our own in
// the workspace (WORKSPACE/.weir-XXXX.commit): the long part, the one that can run out of room, and
// nothing of the workspace itself is touched. The second phase only renames, unlinks, makes and
// removes folders and sets modes:
//
//   1. folders that may not be written to are lifted to u+rwx
//   2. what goes, and what changes its type from or to a folder, is removed, deepest first
//   3. folders are made (0700) and staged things renamed to their places, parents first
//   4. folders get their modes and attributes, deepest first, the lifted ones their old mode
//
// Every folder on a path is opened without following links. One thread.

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "changes/change_set.h"
#include "changes/check.h"
#include "changes/snapshot_store.h"
#include "platform/workspace.h"

namespace weir::changes {

class Applier {
 public:
  // All are borrowed and outlive this object. `journal` gives the staging folder and the folders to
  // lift.
  Applier(const platform::Workspace& workspace, const ChangeSet& set, const SnapshotStore& store,
          const Journal& journal)
      : workspace_(workspace), set_(set), store_(store), journal_(journal) {}

  // The folders of the workspace that must be lifted for these changes, with their modes now.
  static Result<std::vector<LiftedFolder>> FoldersToLift(const platform::Workspace& workspace,
                                                         const ChangeSet& set);

  // Phase one, from the contents in the store, each checked on the way. Starts afresh when the
  // staging folder is there already.
  Status Stage();

  // Phase two after CheckBase. Every path is compared with what was seen then once more right
  // before it changes; kUnavailable at the first that somebody changed meanwhile, with part of the
  // changes made.
  Status Apply(const std::vector<EntryIdentity>& seen);

  // Phase two after it was cut off: does what is not done yet. A path that is neither as before nor
  // as after nor between is left alone and reported.
  Result<std::vector<Conflict>> Resume();

  // Removes the staging folder; it may be gone.
  Status RemoveStaging();

 private:
  enum class Standing { kToDo, kDone, kConflict };

  std::string StagedName(size_t i) const { return std::to_string(i); }
  Status StageOne(int staging_fd, size_t i);
  Status SecondPhase();
  Status Lift();
  bool IsFinished(const std::string& path) const;
  Status RemoveOld(size_t i);
  Status PutNew(size_t i);
  Status PutStaged(size_t i, int parent_fd, const std::string& leaf, bool replaces);
  Status SetOnFile(size_t i, int parent_fd, const std::string& leaf);
  Status FinishFolder(const std::string& path, mode_t mode, const Attributes* attributes);
  Result<Standing> StandingOf(size_t i, int parent_fd, const std::string& leaf, bool removing);
  Status Leave(size_t i, std::string reason);

  const platform::Workspace& workspace_;
  const ChangeSet& set_;
  const SnapshotStore& store_;
  const Journal& journal_;
  const std::vector<EntryIdentity>* seen_ = nullptr;  // of Apply; null in Resume
  std::map<size_t, std::string> left_;                // Resume: why a change was left alone
};

}  // namespace weir::changes
