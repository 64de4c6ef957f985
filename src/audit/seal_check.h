#pragma once
// Checks the seals of a log that is read from its start. One thread.

#include <cstdint>
#include <optional>
#include <string>

#include "audit/key_file.h"
#include "audit/merkle.h"
#include "audit/record.h"
#include "audit/seal.h"

namespace weir::audit {

class SealCheck {
 public:
  // Without a key the roots and places of seals are checked, but not who made them.
  explicit SealCheck(const std::optional<VerificationKey>& key) : key_(key) {}

  // What is wrong with this record of sealing (a seal, or the start) as the next one; empty when
  // nothing is. To be asked before Add.
  std::string Problem(const Record& record) const;
  // The next record, which was found good.
  void Add(uint64_t seq, EventKind kind, const Sha256Digest& hash);

  // What is wrong with the end of the log, given the sealing key that lies beside it; empty when
  // nothing is. `size`: bytes of the log's whole lines.
  std::string ProblemOfEnd(const std::optional<SealingState>& beside, uint64_t size) const;

  uint64_t started() const { return started_; }  // seq of sealing_started; 0: not sealed
  uint64_t n_seals() const { return n_seals_; }
  uint64_t sealed_to() const { return sealed_to_; }  // last record under a seal; 0: none

 private:
  std::string ProblemOfStart(const Record& record) const;
  std::string ProblemOfSeal(const Record& record) const;

  std::optional<VerificationKey> key_;
  std::optional<SealingKey> epoch_key_;  // of the next seal; only with key_
  uint64_t started_ = 0;
  uint64_t n_seals_ = 0;
  uint64_t sealed_to_ = 0;
  uint64_t first_ = 0;  // of the current batch
  MerkleTree tree_;
};

}  // namespace weir::audit
