#include "vault/vault_reader.h"

#include <fcntl.h>

#include "vault/bucket.h"
#include "vault/tombstones.h"

namespace weir::vault {
namespace {

tl::unexpected<Error> NoSuchPayload(const Reference& reference) {
  return MakeError(ErrorCode::kNotFound,
                   "there is no payload '{}' in the vault; the reference is from elsewhere, or the "
                   "vault's files were removed by hand",
                   reference.Text());
}

tl::unexpected<Error> DamagedPayload(const Reference& reference, std::string_view what) {
  return MakeError(ErrorCode::kCorruptData,
                   "payload '{}' of the vault can not be opened: {}; restore the vault's folder "
                   "from a copy to read it",
                   reference.Text(), what);
}

}  // namespace

struct VaultReader::Opened {
  Payload payload;
  RecordSecrets secrets;
};

Result<VaultReader> VaultReader::Open(const std::string& state_folder, platform::FileOps* ops) {
  ASSIGN_OR_RETURN(VaultFolder folder, VaultFolder::Open(state_folder, ops, false));
  return VaultReader(std::move(folder));
}

Result<VaultReader::Opened> VaultReader::FindOnce(const Reference& reference) const {
  const BucketId& bucket = reference.bucket;
  const Result<UniqueFd> keys = folder_.OpenFile(bucket.KeysName(), O_RDONLY);
  if (!keys && keys.error().code == ErrorCode::kNotFound) return NoSuchPayload(reference);
  if (!keys) return MakeError(keys.error());
  std::string header(kKeyHeaderBytes, '\0');
  RETURN_IF_ERROR(folder_.Read(*keys, bucket.KeysName(), 0, &header));
  RETURN_IF_ERROR(DecodeHeader(header, bucket));
  ASSIGN_OR_RETURN(const int64_t key_bytes, folder_.Size(*keys, bucket.KeysName()));
  if (reference.index >= SlotCount(key_bytes)) return NoSuchPayload(reference);

  SecretText text(std::string(kSlotBytes, '\0'));
  RETURN_IF_ERROR(folder_.Read(*keys, bucket.KeysName(), SlotOffset(reference.index), &text.bytes));
  Slot slot;
  if (DecodeSlot(text.bytes, reference, &slot) != SlotState::kWhole) {
    return DamagedPayload(reference, "its slot does not fit its checksum");
  }
  if (slot.destroyed) {
    return MakeError(ExpiredError(reference.Text(), slot.destroyed->time_us,
                                  slot.destroyed->time_us, slot.destroyed->retention));
  }
  const Result<UniqueFd> data = folder_.OpenFile(bucket.DataName(), O_RDONLY);
  if (!data) return DamagedPayload(reference, data.error().message);
  std::string sealed(slot.n_bytes, '\0');
  RETURN_IF_ERROR(
      folder_.Read(*data, bucket.DataName(), static_cast<int64_t>(slot.offset), &sealed));
  const std::optional<SecretText> plain =
      Unseal(slot.secrets, sealed, SealContext(reference, slot.run_id, slot.time_us));
  if (!plain || plain->bytes.size() < 2) {
    return DamagedPayload(reference, "its bytes are not those that were put");
  }
  const std::string_view bytes = plain->bytes;
  const size_t call_bytes =
      static_cast<uint8_t>(bytes[0]) + 256 * size_t{static_cast<uint8_t>(bytes[1])};
  if (bytes.size() < 2 + call_bytes) return DamagedPayload(reference, "its call id is cut off");
  return Opened{{.data_class = bucket.data_class,
                 .run_id = slot.run_id,
                 .call_id = std::string(bytes.substr(2, call_bytes)),
                 .time_us = slot.time_us,
                 .bytes = std::string(bytes.substr(2 + call_bytes))},
                slot.secrets};
}

Result<VaultReader::Opened> VaultReader::Find(std::string_view text) const {
  ASSIGN_OR_RETURN(const Reference reference, ParseReference(text));
  Result<Opened> found = FindOnce(reference);
  if (found) return found;
  // Is the bucket gone, or going?
  ASSIGN_OR_RETURN(const Tombstones gone, Tombstones::Load(folder_));
  if (const Tombstone* tombstone = gone.Find(reference.bucket);
      tombstone != nullptr && reference.index < tombstone->n_records) {
    return MakeError(
        ExpiredError(text, tombstone->first_us, tombstone->last_us, tombstone->retention));
  }
  // An expiry may have been at the slot while it was read; then it is whole by now.
  if (found.error().code == ErrorCode::kCorruptData) return FindOnce(reference);
  return found;
}

Result<Payload> VaultReader::Get(std::string_view reference) const {
  ASSIGN_OR_RETURN(Opened opened, Find(reference));
  return std::move(opened.payload);
}

Status VaultReader::Check(std::string_view reference, std::string_view commitment) const {
  ASSIGN_OR_RETURN(const Opened opened, Find(reference));
  if (SameText(Commitment(opened.secrets, opened.payload.bytes), commitment)) return {};
  return MakeError(ErrorCode::kCorruptData,
                   "payload '{}' of the vault does not fit the commitment {} of the audit log: one "
                   "of the two was changed; verify the log",
                   reference, commitment.substr(0, 64));
}

}  // namespace weir::vault
