#pragma once
// Destroying what is due: the vault's own part of an expiry. docs/formats/vault.md, "Expiry".
//
// First a plan is made by reading every key file; then "expiry.json" makes the beginning durable;
// then secrets are overwritten in place and buckets with nothing left in them removed; last
// "expiry.json" goes. A kill in between is made good by doing the same again with the same terms.
// Only the vault's writer calls this; one thread.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "vault/expirable_store.h"
#include "vault/key_file.h"
#include "vault/tombstones.h"

namespace weir::vault {

// What decides what is due.
struct ExpiryTerms {
  int64_t now_us = 0;  // Unix, microseconds
  RetentionTable retention;
};

struct BucketPlan {
  BucketId id;
  std::vector<uint64_t> due;  // slots to destroy
  bool whole = false;         // nothing else is alive in it: its files go
  bool is_gone = false;       // a tombstone is there already
  int64_t first_destroyed_us = 0;
  uint64_t n_records = 0;  // in all
};

struct ExpiryPlan {
  std::vector<BucketPlan> buckets;                        // only those with something to do
  std::vector<std::pair<DataClass, ExpiryCount>> counts;  // one a class
};

// Reads only. `finishing`: an expiry with these terms has begun, so that damaged secrets are its
// own half-done work. Problems with single buckets are in the counts.
Result<ExpiryPlan> PlanExpiry(const VaultFolder& folder, const ExpiryTerms& terms,
                              const HeldRuns& held, const Tombstones& gone, bool finishing);

// The terms of an expiry that has begun and not ended. Error kCorruptData.
Result<std::optional<ExpiryTerms>> ReadBegunExpiry(const VaultFolder& folder);
Status BeginExpiry(const VaultFolder& folder, const ExpiryTerms& terms);
// Durable when it returns; `gone` learns of the removed buckets. After an error call it again with
// a new plan.
Status CarryOut(const VaultFolder& folder, const ExpiryPlan& plan, const ExpiryTerms& terms,
                Tombstones& gone);
Status EndExpiry(const VaultFolder& folder);

}  // namespace weir::vault
