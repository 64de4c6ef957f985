#pragma once
// A bucket of the vault while payloads are put into it. One thread at a time.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "vault/key_file.h"
#include "vault/tombstones.h"
#include "vault/vault_files.h"

namespace weir::vault {

// A bucket holds one day (UTC), so that its files are removed a day after its first record expires
// at the latest, and no more than this.
inline constexpr int64_t kBucketUs = int64_t{86'400} * 1'000'000;
inline constexpr uint64_t kMaxBucketRecords = 1u << 16;
inline constexpr int64_t kMaxBucketBytes = 64 << 20;

struct NewRecord {
  std::string_view run_id;
  std::string_view plain;  // what is sealed
  RecordSecrets secrets;
};

class Bucket {
 public:
  // The newest bucket of the class when a record of `now_us` (0 or later) fits into it, else a new
  // one.
  static Result<Bucket> OpenFor(const VaultFolder& folder, const Tombstones& gone,
                                DataClass data_class, int64_t now_us);

  // Whether a further record of this time belongs here.
  bool Takes(int64_t now_us) const;
  // How many further records there is room for; 0 when it is full of bytes.
  size_t Room() const;

  // Puts records of time `now_us` behind the others; returns the index of the first. Durable when
  // it returns, payloads before secrets. After an error the bucket must not be used any more: some
  // of the records may be there.
  Result<uint64_t> Append(const VaultFolder& folder, std::span<const NewRecord> records,
                          int64_t now_us);

  const BucketId& id() const { return header_.bucket; }

 private:
  KeyHeader header_;
  UniqueFd keys_, data_;
  uint64_t n_records_ = 0;
  int64_t data_bytes_ = 0;

  static Result<Bucket> OpenFiles(const VaultFolder& folder, const BucketId& id);
};

// What a sealed payload is bound to besides its key.
std::string SealContext(const Reference& reference, std::string_view run_id, int64_t time_us);

}  // namespace weir::vault
