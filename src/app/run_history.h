#pragma once
// What runs changed, out of both stores as one history: calls of built-in tools (STATE/undo,
// tools/undo.h) and committed previews of other tools (STATE/snapshots, changes/history.h). A run
// may have changed things through both in turns, and the same file; so its parts are in the order
// of time, and are taken back newest first across the stores.
//
// An undo is a run of the same name in each store that it touched, so it can be taken back too. One
// thread; no run may be active in the state folder while something is undone: hold its audit log's
// lock.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "changes/history.h"

namespace weir::app {

// What one call or one commit changed.
struct RunPart {
  enum Store { kTools, kViews } store = kTools;
  std::string id;       // "RUN/000001", in its store
  int number = 0;       // in its store
  int64_t time_us = 0;  // wall time
  bool is_undone = false;
  std::vector<std::string> lines;  // for people; escape to show
};
// "tools", "views".
std::string_view StoreName(RunPart::Store store);

struct RunChanges {
  std::string run_id;
  std::string workspace;       // absolute path
  std::string undoes;          // the run that this one took back; empty for an ordinary run
  int64_t time_us = 0;         // of its first part
  std::vector<RunPart> parts;  // oldest first

  bool is_undone() const;  // every part is taken back
};

struct RunUndoRequest {
  std::string run_id;       // empty: the newest ordinary run that is not undone yet
  std::string undo_run_id;  // the name of the new run; must be unused
  bool dry_run = false;     // say what would be done, change nothing
};

struct RunUndo {
  std::string run_id;                  // what was taken back
  std::string undo_run_id;             // the run that this undo is; empty when nothing was done
  std::vector<std::string> done;       // a line each, newest change first; escape to show
  std::vector<std::string> conflicts;  // what was left alone, and why
  // Dry runs only: what does not fit now and may fit once the newer changes are taken back.
  std::vector<std::string> unclear;
  std::optional<Error> stopped_by;  // the older changes were not looked at because of it

  bool complete() const { return conflicts.empty() && !stopped_by; }
};

// Never tells the same time twice, nor an earlier one: so that the parts of an undo, which are made
// within moments in two stores, have an order. One thread.
class RisingClock : public Clock {
 public:
  explicit RisingClock(const Clock& clock) : clock_(clock) {}
  int64_t UnixMicros() const override;
  int64_t MonotonicMicros() const override { return clock_.MonotonicMicros(); }

 private:
  const Clock& clock_;
  mutable int64_t last_us_ = 0;
};

class RunHistory {
 public:
  // `clock` outlives this object. Finishes a commit that was cut off. A store that is not there is
  // an empty one; one that can not be read is told by Runs and refused by Undo.
  static RunHistory Open(std::string state_folder, const Clock& clock);

  // All runs, oldest first. What can not be read is left out and told in *damaged, a line each.
  Result<std::vector<RunChanges>> Runs(std::vector<std::string>* damaged) const;

  // Errors: kNotFound when there is no such run or nothing left to undo, kCorruptData when records
  // can not be read, and what taking back the newest changes came to. Nothing was done then.
  Result<RunUndo> Undo(const RunUndoRequest& request);

  // A commit that had been cut off and was dealt with by Open, if there was one.
  const std::optional<changes::Recovery>& recovery() const;

 private:
  RunHistory(std::string state_folder, const Clock& clock)
      : state_folder_(std::move(state_folder)), clock_(std::make_unique<RisingClock>(clock)) {}

  Result<RunChanges> Choose(const std::string& run_id) const;

  std::string state_folder_;
  std::unique_ptr<RisingClock> clock_;
  std::optional<changes::History> views_;  // empty: no store, or one that can not be opened
  std::optional<Error> views_error_;       // why it can not be opened
};

}  // namespace weir::app
