#pragma once
// What is known of buckets that are gone: "expired.json" of the vault. Its entry is durable before
// the first byte of a bucket is destroyed, so it also says which removals have begun, and no number
// is ever given twice. One thread at a time.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "vault/retention.h"
#include "vault/vault_files.h"

namespace weir::vault {

struct Tombstone {
  BucketId bucket;
  int64_t first_us = 0;  // when its first record was destroyed; Unix, microseconds
  int64_t last_us = 0;   // when its last one was
  Retention retention;   // under which that happened
  uint64_t n_records = 0;
};

class Tombstones {
 public:
  // Error kCorruptData when the file is not what Save writes.
  static Result<Tombstones> Load(const VaultFolder& folder);
  Status Save(const VaultFolder& folder) const;

  // Null when the bucket did not expire.
  const Tombstone* Find(const BucketId& bucket) const;
  void Add(const Tombstone& tombstone) { all_.push_back(tombstone); }
  // The highest number of a class that is gone; 0 for none.
  uint64_t LastNumber(DataClass data_class) const;

 private:
  std::vector<Tombstone> all_;
};

// "expired on 2026-01-31 under retention 7d", of a payload.
Error ExpiredError(std::string_view reference, int64_t first_us, int64_t last_us,
                   const Retention& retention);

}  // namespace weir::vault
