#pragma once
// The undo records of a state folder as a store that expires: whole runs, by the newest record. A
// run may have records of built-in tools (STATE/undo) and of committed previews (STATE/snapshots):
// both count for its time, and both go together.
//
// Records of tools are first renamed to a name that is none of a run, so that they are never half
// there, and then removed; what a kill left of that is removed by the next expiry. Of committed
// previews contents that another run needs stay. A run that another one takes back (an undo of it)
// stays as long as that one, which needs its files. Removing is unlinking: undo records are plain
// copies of files and are not encrypted.

#include <string>

#include "vault/expirable_store.h"

namespace weir::app {

class UndoExpiry : public vault::ExpirableStore {
 public:
  explicit UndoExpiry(std::string state_folder) : state_folder_(std::move(state_folder)) {}

  std::string_view Name() const override { return "undo records"; }
  vault::DataClass Class() const override { return vault::DataClass::kUndo; }
  // Counts runs; one with records in both places once. No run may be active in the state folder:
  // hold its audit log's lock.
  Result<vault::ExpiryCount> Expire(int64_t cutoff_us, const vault::HeldRuns& held,
                                    bool dry_run) override;

 private:
  std::string state_folder_;
};

}  // namespace weir::app
