#pragma once
// What expires beside the payloads of the vault, under the same retention and the same holds:
// undo records, caches, sessions. Each store destroys its own; the vault says what is due.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "vault/data_class.h"
#include "vault/holds.h"

namespace weir::vault {

struct ExpiryCount {
  uint64_t n_destroyed = 0;  // with dry_run: that would be
  uint64_t n_bytes = 0;      // on disk, of those
  uint64_t n_held = 0;       // due, and kept for a hold
  uint64_t n_kept = 0;       // not due
  // What could not be judged or destroyed, a line each, with the way out.
  std::vector<std::string> problems;
};

class ExpirableStore {
 public:
  virtual ~ExpirableStore() = default;
  // For people: "undo records".
  virtual std::string_view Name() const = 0;
  virtual DataClass Class() const = 0;
  // Destroys, durably, everything last written at or before `cutoff_us` (Unix, microseconds) whose
  // run is not held; with `dry_run` only counts. Stopped at any point it leaves a store that opens,
  // and the next call goes on. One thread; nobody else writes to the store meanwhile.
  virtual Result<ExpiryCount> Expire(int64_t cutoff_us, const HeldRuns& held, bool dry_run) = 0;
};

}  // namespace weir::vault
