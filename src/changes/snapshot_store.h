#pragma once
// What runs changed and how it was before, on disk: contents by their SHA-256, a list of changes
// for each step of a run, and the journal of the one step that may be under way. Knows nothing of
// workspaces; changes/history.h is what callers use. docs/formats/changes.md has the layout:
//
//   STATE/snapshots/objects/ab/cdef...      a content
//   STATE/snapshots/runs/RUN/run.json       which workspace, when, what it takes back
//   STATE/snapshots/runs/RUN/000001.json    the changes of one step
//   STATE/snapshots/pending.json            the journal; there only while something is under way
//
// Folders 0700, files 0600. One writer at a time, kept so by Lock; reading needs no lock.

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "changes/change_set.h"

namespace weir::changes {

struct RunHeader {
  std::string run_id;     // [A-Za-z0-9_-]{1,64}
  std::string workspace;  // absolute path
  std::string undoes;     // the run that this one takes back; empty for an ordinary run
  int64_t time_us = 0;    // wall time of its first step

  bool operator==(const RunHeader&) const = default;
};

// One step as it was recorded.
struct StepRecord {
  int number = 0;       // in its run, from 1
  int64_t time_us = 0;  // wall time
  ChangeSet changes = {};
  // Ids of the steps, "RUN/000001", that this one takes back; only when it took all of them back.
  std::vector<std::string> reverses = {};
};
// "RUN/000001": names a step among all.
std::string StepId(const std::string& run_id, int number);

// A folder that was made writable for the time of a step, and the mode it gets back.
struct LiftedFolder {
  std::string path;
  mode_t mode = 0;
};

// What is needed to finish or take back a step that was cut off.
struct Journal {
  std::string run_id;
  int number = 0;            // of the step
  std::string workspace;     // absolute path
  std::string staging;       // name in the workspace: ".weir-" + 16 hex digits + ".commit"
  bool is_applying = false;  // false: only preparing, nothing visible has changed
  bool is_backward = false;  // true: taking back what was done of it
  std::vector<LiftedFolder> lifted;
};

struct RemovedRuns {
  std::vector<std::string> run_ids;
  size_t n_objects = 0;
  uint64_t object_bytes = 0;
};

class SnapshotStore {
 public:
  // Makes the folders when they are not there.
  static Result<SnapshotStore> Open(const std::string& state_folder);

  // The right to write; waits for it. Ends with the descriptor or the process.
  Result<UniqueFd> Lock() const;

  // Keeps the content of an open file from its offset on. A content that is there already is
  // checked instead of written again, and replaced when damaged. Error kCorruptData when the file
  // is not what `state` says. Durable after SyncObjects.
  Status PutObject(int fd, const EntryState& state) const;
  Status SyncObjects() const;
  // Opens a content; it is not checked. Error kNotFound naming the digest.
  Result<UniqueFd> OpenObject(const std::string& digest) const;
  // Errors kNotFound, kCorruptData: the content of one of these is missing or damaged.
  Status CheckObjects(const std::vector<EntryState>& states) const;

  // A step of the run, at the header's time; the first makes the run. Durable when it returns.
  // Error kInvalidArgument when the run id is taken by a run with another header (times do not
  // count).
  Status WriteStep(const RunHeader& header, const StepRecord& step) const;
  // The number the next step of the run gets, 1 for a new run.
  Result<int> NextNumber(const std::string& run_id) const;
  // Undoes WriteStep: a run without steps goes as well.
  Status DropStep(const std::string& run_id, int number) const;

  Result<RunHeader> ReadRun(const std::string& run_id) const;
  // All runs, oldest first. Error when one is damaged.
  Result<std::vector<RunHeader>> ListRuns() const;
  // Its steps, oldest first. Error kCorruptData naming a damaged one.
  Result<std::vector<StepRecord>> ReadSteps(const RunHeader& run) const;

  Result<std::optional<Journal>> ReadJournal() const;
  Status WriteJournal(const Journal& journal) const;
  Status RemoveJournal() const;
  Result<ChangeSet> ReadStep(const std::string& run_id, int number) const;

  // Removes the runs whose time is before `time_us` and which are not held, then the contents that
  // no run refers to any more. Call it under Lock with no journal. When a run that stays can not be
  // read, nothing is removed (kCorruptData). A cut-off removal is completed by the next. `dry_run`
  // only counts.
  Result<RemovedRuns> RemoveRunsBefore(
      int64_t time_us, const std::function<bool(const std::string& run_id)>& is_held,
      bool dry_run) const;

 private:
  explicit SnapshotStore(std::string folder) : folder_(std::move(folder)) {}

  std::string ObjectPath(const std::string& digest) const;
  std::string RunPath(const std::string& run_id) const;
  Result<std::vector<int>> StepNumbers(const std::string& run_id) const;
  Status RemoveRun(const std::string& run_id) const;
  Status RemoveUnusedObjects(const std::vector<std::string>& used, bool dry_run,
                             RemovedRuns& removed) const;
  Status RemoveHalfRemovedRuns() const;

  std::string folder_;  // STATE/snapshots
};

// [A-Za-z0-9_-]{1,64}
bool IsRunId(std::string_view run_id);

}  // namespace weir::changes
