#pragma once
// Commits previewed changes to a workspace and takes runs back: the one door to everything that
// changes a workspace here. docs/formats/changes.md tells how each step survives a kill at any
// moment.
//
// What holds:
//   * a commit makes exactly the approved changes, or none: when any path it touches is no longer
//   as
//     it was previewed, nothing is done and the paths are named;
//   * before anything changes, what was there and what comes is kept by content (SHA-256), durable;
//   * a restore only touches paths that still are as the run left them, names the others, and is a
//     run of its own that can be restored too;
//   * a step that was cut off is finished by the next Open or call, or taken back when nothing
//     visible had been done yet.
//
// One thread at a time; several processes take turns by a file lock in the state folder.

#include <climits>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "changes/check.h"
#include "changes/snapshot_store.h"
#include "platform/workspace.h"

namespace weir::changes {

// What became of a step that had been cut off.
struct Recovery {
  std::string run_id;
  std::string workspace;
  enum Outcome {
    kFinished,       // all its changes are made now
    kTakenBack,      // none of its changes are made, the step is forgotten
    kWorkspaceGone,  // the folder is not there any more; the step is forgotten
  } outcome = kFinished;
  std::vector<Conflict> conflicts;  // paths that somebody changed meanwhile; left as they are
};

struct CommitRequest {
  std::string run_id;           // [A-Za-z0-9_-]{1,64}; a run may have several commits
  std::string approved_digest;  // ChangeSet::Digest() of what the person approved
};

struct CommitReport {
  bool committed = false;
  std::vector<Conflict> conflicts;  // why not; nothing was changed then
};

// Steps of a run by number, both included. All of them by default.
struct StepRange {
  int first = 1;
  int last = INT_MAX;
};

struct RunStep {
  int number = 0;
  int64_t time_us = 0;  // wall time
  ChangeSet changes;
  bool is_undone = false;  // wholly taken back, and that was not taken back again
};

struct RunInfo {
  RunHeader header;
  std::vector<RunStep> steps;  // oldest first
};

struct RestoreReport {
  std::string undo_run_id;          // the run that this restore is; empty when nothing was done
  ChangeSet done;                   // what was changed
  std::vector<Conflict> conflicts;  // paths that were left alone, and why
  bool complete() const { return conflicts.empty(); }
};

class History {
 public:
  // `clock` outlives this object. Finishes a step that was cut off; see recovery(). Error
  // kCorruptData when the journal or what it needs is damaged: then nothing was touched, and the
  // message names the file.
  static Result<History> Open(const std::string& state_folder, const Clock& clock);

  // The last one, of Open or of a later call; nothing when there was nothing to do.
  const std::optional<Recovery>& recovery() const { return recovery_; }

  // Makes the changes of `set` in the workspace whose absolute path is `workspace`. New contents
  // are read from the same paths in `content` (the upper folder of the view) and must be what the
  // set says. Errors: kPermissionDenied when the set is not the approved one, kUnsupported when it
  // has problems, kResourceExhausted and the like when it could not be done; nothing is changed
  // then, unless the message says that the next start has to take it back.
  Result<CommitReport> Commit(const std::string& workspace, const ChangeSet& set,
                              const platform::Workspace& content, const CommitRequest& request);

  // Puts back what these steps of the run changed, all of them as one, as a new run `undo_run_id`,
  // or as a further step of that run when it takes back the same one. What is back already is left
  // as it is. Errors: kNotFound for the run, kInvalidArgument when the new id is taken,
  // kCorruptData or kNotFound when a kept content is damaged or missing: before anything is
  // touched.
  Result<RestoreReport> Restore(const std::string& run_id, const std::string& undo_run_id,
                                StepRange range = {});
  // What Restore would do now. Changes nothing.
  Result<RestoreReport> PreviewRestore(const std::string& run_id, StepRange range = {});

  // All runs, oldest first.
  Result<std::vector<RunHeader>> ListRuns() const { return store_.ListRuns(); }
  // The same with their steps.
  Result<std::vector<RunInfo>> ReadRuns() const;

  // Forgets the runs before the time (Unix, microseconds) that are not held, and contents that no
  // other run needs. What is forgotten can not be restored any more. `dry_run` only counts.
  Result<RemovedRuns> RemoveRunsBefore(
      int64_t time_us, const std::function<bool(const std::string& run_id)>& is_held,
      bool dry_run = false);

 private:
  History(SnapshotStore store, const Clock& clock) : store_(std::move(store)), clock_(&clock) {}

  Status RecoverFirst();
  Result<std::optional<Recovery>> Recover();
  // *reverses, when wanted, gets the ids of the steps of the range.
  Result<RestoreReport> PlanRestore(const RunHeader& run, StepRange range,
                                    const platform::Workspace& workspace,
                                    std::vector<std::string>* reverses);
  Status Keep(const platform::Workspace& base, const platform::Workspace& content,
              const ChangeSet& set);
  Result<CommitReport> Perform(const platform::Workspace& workspace, const RunHeader& header,
                               const ChangeSet& set, const std::vector<std::string>& reverses);
  Status TakeBack(const platform::Workspace& workspace, Journal journal, const ChangeSet& set);
  Status Forget(const Journal& journal);

  SnapshotStore store_;
  const Clock* clock_;
  std::optional<Recovery> recovery_;
};

}  // namespace weir::changes
