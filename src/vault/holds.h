#pragma once
// Legal holds: what a held run left behind does not expire, in the vault and in every other store
// that expires with it. "holds.json" of the vault keeps every hold there ever was.
//
// Holds have a lock of their own, so that one can be added while a run writes to the vault. An
// expiry takes it too: a hold is either before it or after it.

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "vault/vault_files.h"

namespace weir::vault {

struct Hold {
  uint64_t id = 0;  // 1, 2, 3, ...
  std::string run_id;
  std::string reason;
  int64_t added_us = 0;    // Unix, microseconds
  int64_t removed_us = 0;  // 0: in force
};

// The runs that a hold is in force for. A value; any thread.
class HeldRuns {
 public:
  HeldRuns() = default;
  explicit HeldRuns(const std::vector<Hold>& holds);
  bool Contains(std::string_view run_id) const { return runs_.contains(run_id); }
  bool empty() const { return runs_.empty(); }

 private:
  std::set<std::string, std::less<>> runs_;
};

// Longest reason, in bytes.
inline constexpr size_t kMaxReasonBytes = 4096;

// One thread at a time.
class Holds {
 public:
  // Takes the lock, waiting up to `lock_wait_ms`; held until destroyed. The vault's folder is made
  // when missing. `ops` is for tests; null: the system's; outlives this. Errors: kUnavailable when
  // another process holds the lock; kCorruptData when the file was damaged: then nothing can
  // expire until it is restored.
  static Result<Holds> Open(const std::string& state_folder, int64_t lock_wait_ms = 0,
                            platform::FileOps* ops = nullptr);

  // Durable when they return. `run_id` is [A-Za-z0-9_-]{1,64}; a reason is required. Errors:
  // kInvalidArgument, kNotFound for a hold that is not in force, or what the system said.
  Result<Hold> Add(const std::string& run_id, const std::string& reason, int64_t now_us);
  Result<Hold> Remove(uint64_t id, int64_t now_us);

  // Oldest first, removed ones too.
  const std::vector<Hold>& all() const { return all_; }
  HeldRuns held() const { return HeldRuns(all_); }

  // The same without the lock, for showing. A vault that is not there has none.
  static Result<std::vector<Hold>> Read(const std::string& state_folder);

 private:
  Holds(VaultFolder folder, UniqueFd lock, std::vector<Hold> all)
      : folder_(std::move(folder)), lock_(std::move(lock)), all_(std::move(all)) {}
  Status Save(const std::vector<Hold>& holds) const;

  VaultFolder folder_;
  UniqueFd lock_;
  std::vector<Hold> all_;
};

}  // namespace weir::vault
