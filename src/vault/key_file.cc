#include "vault/key_file.h"

#include <cstring>

#include "base/check.h"

namespace weir::vault {
namespace {

constexpr std::string_view kMagic = "weirkeys";
constexpr uint32_t kVersion = 1;
constexpr size_t kMaxRunBytes = 64;

// Where things are in a header ...
constexpr size_t kHeaderSumAt = kKeyHeaderBytes - 8;
// ... and in a slot.
constexpr size_t kRunAt = 24;
constexpr size_t kPlainSumAt = kSecretPartOffset - 8;
constexpr size_t kKeyAt = kSecretPartOffset;
constexpr size_t kSaltAt = kKeyAt + kSecretBytes;
constexpr size_t kDestroyedAt = kSaltAt + kSecretBytes;
constexpr size_t kSecretSumAt = kSlotBytes - 8;
static_assert(kRunAt + kMaxRunBytes == kPlainSumAt && kDestroyedAt + 24 == kSecretSumAt);

// Little endian.
template <class T>
void Store(std::string& bytes, size_t at, T value) {
  const auto bits = static_cast<uint64_t>(value);
  for (size_t i = 0; i < sizeof(T); ++i) bytes[at + i] = static_cast<char>(bits >> (8 * i));
}

template <class T>
T Load(std::string_view bytes, size_t at) {
  uint64_t bits = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    bits |= uint64_t{static_cast<uint8_t>(bytes[at + i])} << (8 * i);
  }
  return static_cast<T>(bits);
}

// The first part of a slot is bound to its place, so that a slot elsewhere counts as damaged.
uint64_t PlainSum(std::string_view slot, const Reference& reference) {
  std::string text = reference.Text();
  text += slot.substr(0, kPlainSumAt);
  return Checksum(text);
}

uint64_t SecretSum(std::string_view slot) {
  return Checksum(slot.substr(kSecretPartOffset, kSecretSumAt - kSecretPartOffset));
}

tl::unexpected<Error> BadHeader(const BucketId& bucket, std::string_view why) {
  return MakeError(ErrorCode::kCorruptData,
                   "key file '{}' of the vault has a damaged header: {}; its payloads are lost, "
                   "remove it and '{}' to have it gone",
                   bucket.KeysName(), why, bucket.DataName());
}

}  // namespace

std::string EncodeHeader(const KeyHeader& header) {
  std::string bytes(kKeyHeaderBytes, '\0');
  bytes.replace(0, kMagic.size(), kMagic);
  Store(bytes, 8, kVersion);
  Store(bytes, 12, static_cast<uint32_t>(header.bucket.data_class));
  Store(bytes, 16, header.bucket.number);
  Store(bytes, 24, header.begin_us);
  Store(bytes, 32, header.end_us);
  Store(bytes, kHeaderSumAt, Checksum(std::string_view(bytes).substr(0, kHeaderSumAt)));
  return bytes;
}

Result<KeyHeader> DecodeHeader(std::string_view bytes, const BucketId& bucket) {
  if (bytes.size() < kKeyHeaderBytes) return BadHeader(bucket, "it is cut off");
  bytes = bytes.substr(0, kKeyHeaderBytes);
  if (!bytes.starts_with(kMagic)) return BadHeader(bucket, "it is no key file");
  if (Load<uint64_t>(bytes, kHeaderSumAt) != Checksum(bytes.substr(0, kHeaderSumAt))) {
    return BadHeader(bucket, "its content does not fit its checksum");
  }
  if (const auto version = Load<uint32_t>(bytes, 8); version != kVersion) {
    return MakeError(ErrorCode::kUnsupported,
                     "key file '{}' of the vault has version {}, expected {}; a newer weir made it",
                     bucket.KeysName(), version, kVersion);
  }
  if (Load<uint32_t>(bytes, 12) != static_cast<uint32_t>(bucket.data_class) ||
      Load<uint64_t>(bytes, 16) != bucket.number) {
    return BadHeader(bucket, "it belongs to another bucket");
  }
  return KeyHeader{bucket, Load<int64_t>(bytes, 24), Load<int64_t>(bytes, 32)};
}

std::string EncodeSlot(const Reference& reference, const Slot& slot) {
  CHECK(slot.run_id.size() <= kMaxRunBytes);
  std::string bytes(kSlotBytes, '\0');
  Store(bytes, 0, slot.time_us);
  Store(bytes, 8, slot.offset);
  Store(bytes, 16, slot.n_bytes);
  Store(bytes, 20, static_cast<uint32_t>(slot.run_id.size()));
  bytes.replace(kRunAt, slot.run_id.size(), slot.run_id);
  Store(bytes, kPlainSumAt, PlainSum(bytes, reference));
  if (slot.destroyed) {
    bytes.replace(kSecretPartOffset, std::string::npos, EncodeDestroyed(*slot.destroyed));
    return bytes;
  }
  std::memcpy(bytes.data() + kKeyAt, slot.secrets.key.data(), kSecretBytes);
  std::memcpy(bytes.data() + kSaltAt, slot.secrets.salt.data(), kSecretBytes);
  Store(bytes, kSecretSumAt, SecretSum(bytes));
  return bytes;
}

std::string EncodeDestroyed(const Destroyed& destroyed) {
  std::string bytes(kSlotBytes, '\0');
  Store(bytes, kDestroyedAt, destroyed.time_us);
  Store(bytes, kDestroyedAt + 8, destroyed.retention.seconds);
  Store(bytes, kDestroyedAt + 16, uint64_t{1});
  Store(bytes, kSecretSumAt, SecretSum(bytes));
  return bytes.substr(kSecretPartOffset);
}

SlotState DecodeSlot(std::string_view bytes, const Reference& reference, Slot* slot) {
  const auto run_bytes = Load<uint32_t>(bytes, 20);
  if (Load<uint64_t>(bytes, kPlainSumAt) != PlainSum(bytes, reference) ||
      run_bytes > kMaxRunBytes) {
    return SlotState::kDamaged;
  }
  slot->time_us = Load<int64_t>(bytes, 0);
  slot->offset = Load<uint64_t>(bytes, 8);
  slot->n_bytes = Load<uint32_t>(bytes, 16);
  slot->run_id = bytes.substr(kRunAt, run_bytes);
  slot->destroyed.reset();
  if (Load<uint64_t>(bytes, kSecretSumAt) != SecretSum(bytes)) return SlotState::kSecretsDamaged;
  std::memcpy(slot->secrets.key.data(), bytes.data() + kKeyAt, kSecretBytes);
  std::memcpy(slot->secrets.salt.data(), bytes.data() + kSaltAt, kSecretBytes);
  if (Load<uint64_t>(bytes, kDestroyedAt + 16) == 0) return SlotState::kWhole;
  // A class that went to "memory" expires with no seconds.
  const auto seconds = Load<int64_t>(bytes, kDestroyedAt + 8);
  slot->destroyed = Destroyed{Load<int64_t>(bytes, kDestroyedAt),
                              seconds == 0 ? KeepInMemory() : KeepSeconds(seconds)};
  return SlotState::kWhole;
}

}  // namespace weir::vault
