#pragma once
// The batch of records since the last seal, as the writer of a log keeps it. One thread at a time.

#include <cstdint>

#include "audit/event.h"
#include "audit/key_file.h"
#include "audit/merkle.h"
#include "audit/record.h"
#include "base/result.h"
#include "platform/file_ops.h"

namespace weir::audit {

class Sealer {
 public:
  // A batch without records.
  explicit Sealer(SealingState state) : state_(std::move(state)) {}

  // The batch that begins at `state.offset` of the log and goes on to `size`, read again after a
  // restart. Seals in it, whose key had not been replaced yet when the writer was stopped, are
  // checked and followed. Error kCorruptData when key and log do not fit each other.
  static Result<Sealer> Resume(platform::FileOps& ops, int fd, int64_t size, SealingState state);

  const SealingState& state() const { return state_; }
  // Records of the batch that have to be sealed: a seal at its start does not count.
  uint64_t n_unsealed() const;
  // Whether the batch has not even its first record.
  bool empty() const { return tree_.n_leaves() == 0; }

  // The next record of the log.
  void Add(const Record& record);
  // The seal over the batch, as the record that has to come next.
  Event NextSeal() const;
  // That seal is going to be record `seq` in a line that starts at byte `offset`: the key evolves,
  // and a new batch begins. Add the record then.
  void StartBatch(uint64_t seq, int64_t offset);

 private:
  Status Follow(const Record& record, int64_t offset, const Head& before);
  Seal Current() const;

  SealingState state_;
  MerkleTree tree_;
};

// The event that sealing starts with.
Event MakeSealingStarted(const VerificationKey& key);

// Whether the end of the log, `size` bytes long, has records of a sealed log in it; looks at the
// last 64 KiB. For a log without a key beside it.
Result<bool> EndIsSealed(platform::FileOps& ops, int fd, int64_t size);

}  // namespace weir::audit
