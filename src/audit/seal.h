#pragma once
// Forward-secure seals: what makes a stolen machine unable to rewrite what was logged before.
//
// A seal is a record with the Merkle root of the records since the last one and a MAC over it. The
// key of a MAC is used for one seal, then replaced by its one-way successor:
//
//   key(0) random     key(e + 1) = HMAC(key(e), "next")     mac(e) = HMAC(HMAC(key(e), "seal"),
//   seal)
//
// so whoever takes the current key can make later seals but no earlier one. Who holds key(0), kept
// elsewhere, can check all of them. The epoch of a seal is its place: the first has 0, the next 1.
// A seal at place e that was made with a newer key is therefore wrong, whatever it says of itself.
//
// Values; any thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "audit/event.h"
#include "base/crypto.h"
#include "base/result.h"

namespace weir::audit {

// key(0). Belongs away from the machine that writes the log.
struct VerificationKey {
  Sha256Digest bytes{};
};

VerificationKey NewVerificationKey();
// One line of text with its newline, as it is kept in a file.
std::string FormatVerificationKey(const VerificationKey& key);
// Error kInvalidArgument when the text is no such line.
Result<VerificationKey> ParseVerificationKey(std::string_view text);
// Names the key without telling it: 16 hexadecimal digits, also in the log.
std::string KeyId(const VerificationKey& key);

// What is sealed: records `first` to `last` (seqs, both included).
struct Seal {
  uint64_t epoch = 0;
  uint64_t first = 0;
  uint64_t last = 0;
  Sha256Digest root{};  // MerkleTree over them

  bool operator==(const Seal&) const = default;
};

// key(epoch). Wiped when destroyed.
class SealingKey {
 public:
  explicit SealingKey(const VerificationKey& first) : key_(first.bytes) {}
  SealingKey(uint64_t epoch, const Sha256Digest& key) : epoch_(epoch), key_(key) {}
  SealingKey(const SealingKey&) = default;
  SealingKey& operator=(const SealingKey&) = default;
  ~SealingKey();

  uint64_t epoch() const { return epoch_; }
  const Sha256Digest& bytes() const { return key_; }
  // Becomes key(epoch + 1); the way back does not exist.
  void Evolve();
  Sha256Digest Mac(const Seal& seal) const;

 private:
  uint64_t epoch_ = 0;
  Sha256Digest key_;
};

// The record of a seal, and back. Error kCorruptData when the data is not that of a seal.
Event MakeSealEvent(const Seal& seal, const Sha256Digest& mac);
struct SealAndMac {
  Seal seal;
  Sha256Digest mac{};
};
Result<SealAndMac> ReadSealEvent(const Event& event);

}  // namespace weir::audit
