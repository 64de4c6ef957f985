#pragma once
// The key file of a bucket: a header and one slot of fixed size a record, which holds what is
// needed to find and open it. docs/formats/vault.md has the layout. Pure; any thread.
//
// The secrets of a slot stand together behind everything else, with a checksum of their own, so
// that destroying them is one small write in place, and what the rest says stays true when that
// write is cut off.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "vault/reference.h"
#include "vault/retention.h"
#include "vault/seal.h"

namespace weir::vault {

inline constexpr size_t kKeyHeaderBytes = 64;
inline constexpr size_t kSlotBytes = 192;
// The part of a slot that is overwritten when its record expires, up to the end of the slot.
inline constexpr size_t kSecretPartOffset = 96;

// Which times a bucket holds: begin_us <= time < end_us, Unix, microseconds.
struct KeyHeader {
  BucketId bucket;
  int64_t begin_us = 0;
  int64_t end_us = 0;
};

std::string EncodeHeader(const KeyHeader& header);
// Error kCorruptData when the bytes are no header, or one of another bucket.
Result<KeyHeader> DecodeHeader(std::string_view bytes, const BucketId& bucket);

// When and why a record was destroyed.
struct Destroyed {
  int64_t time_us = 0;  // Unix, microseconds
  Retention retention;
};

struct Slot {
  int64_t time_us = 0;   // when it was put; Unix, microseconds
  uint64_t offset = 0;   // of the sealed payload in the data file
  uint32_t n_bytes = 0;  // of the sealed payload
  std::string run_id;    // may be empty
  RecordSecrets secrets;
  std::optional<Destroyed> destroyed;  // then the secrets are zeros
};

std::string EncodeSlot(const Reference& reference, const Slot& slot);
// What takes the place of a slot's secrets, from kSecretPartOffset to its end.
std::string EncodeDestroyed(const Destroyed& destroyed);

enum class SlotState {
  kWhole,
  kSecretsDamaged,  // time, place and run are good; the rest is not to be used
  kDamaged,         // nothing is to be used
};
// `bytes` has kSlotBytes.
SlotState DecodeSlot(std::string_view bytes, const Reference& reference, Slot* slot);

constexpr int64_t SlotOffset(uint64_t index) {
  return static_cast<int64_t>(kKeyHeaderBytes + index * kSlotBytes);
}
// Whole slots in a key file of this size.
constexpr uint64_t SlotCount(int64_t file_bytes) {
  const auto size = static_cast<uint64_t>(file_bytes);
  return size < kKeyHeaderBytes ? 0 : (size - kKeyHeaderBytes) / kSlotBytes;
}

}  // namespace weir::vault
