#pragma once
// `weir undo`: takes back what a run did to files, newest call first.
//
// The records are written by the worker before each effect; docs/formats/undo.md has the layout. An
// undo is a run of its own in the same store, so it can be undone too. What somebody changed since
// is left alone and reported. Runs in the process of the command, on one thread.

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace weir::tools {

struct UndoRecordInfo {
  std::string id;       // "RUN/000001"
  std::string action;   // one line for people
  int64_t time_us = 0;  // wall time
  bool is_undone = false;
};

struct UndoRunInfo {
  std::string run_id;
  std::string workspace;   // absolute path the run worked in
  std::string undoes;      // the run that this one took back; empty for an ordinary run
  int64_t time_us = 0;     // wall time of its first effect
  bool is_undone = false;  // every call of it is taken back
  std::vector<UndoRecordInfo> records;  // of calls that changed something, oldest first
};

// All runs with undo records, oldest first. A store that is not there yet is an empty list; a
// damaged run is skipped and named in `damaged` when given.
Result<std::vector<UndoRunInfo>> ListUndoRuns(const std::string& state_folder,
                                              std::vector<std::string>* damaged = nullptr);

struct UndoReport {
  std::string run_id;             // what was taken back
  std::string undo_run_id;        // the run that recorded this undo; empty when nothing was done
  std::vector<std::string> done;  // one line per step: "moved archive/a.txt back to a.txt"
  std::vector<std::string> conflicts;  // one line per step that was left alone, and why
  bool complete() const { return conflicts.empty(); }
};

struct UndoOptions {
  std::string run_id;       // empty: the newest ordinary run that is not undone yet
  std::string undo_run_id;  // the name of the new run; unused, or an undo of the same run
  std::vector<std::string> records = {};  // ids: only these of the run; empty: all
  bool dry_run = false;  // say what would be done to the newest call states, change nothing
};

// Errors: no such run, nothing left to undo, its workspace is gone, the store can not be written.
// Conflicts are in the report, not errors. The caller records the undo in the audit log.
Result<UndoReport> UndoRun(const std::string& state_folder, const UndoOptions& options,
                           const Clock& clock);

}  // namespace weir::tools
