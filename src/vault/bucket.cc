#include "vault/bucket.h"

#include <fcntl.h>

#include <algorithm>

#include "platform/files.h"

namespace weir::vault {
std::string SealContext(const Reference& reference, std::string_view run_id, int64_t time_us) {
  return fmt::format("weir vault 1\n{}\n{}\n{}\n{}", reference.Text(),
                     DataClassName(reference.bucket.data_class), run_id, time_us);
}

bool Bucket::Takes(int64_t now_us) const {
  return header_.begin_us <= now_us && now_us < header_.end_us && Room() > 0;
}

size_t Bucket::Room() const {
  if (data_bytes_ >= kMaxBucketBytes || n_records_ >= kMaxBucketRecords) return 0;
  return kMaxBucketRecords - n_records_;
}

Result<Bucket> Bucket::OpenFiles(const VaultFolder& folder, const BucketId& id) {
  Bucket bucket;
  ASSIGN_OR_RETURN(bucket.keys_, folder.OpenFile(id.KeysName(), O_RDWR));
  std::string header(kKeyHeaderBytes, '\0');
  RETURN_IF_ERROR(folder.Read(bucket.keys_, id.KeysName(), 0, &header));
  ASSIGN_OR_RETURN(bucket.header_, DecodeHeader(header, id));
  ASSIGN_OR_RETURN(const int64_t key_bytes, folder.Size(bucket.keys_, id.KeysName()));
  bucket.n_records_ = SlotCount(key_bytes);
  // A slot that a kill cut off; nobody was told of it. A whole one is left, even a bad one.
  if (key_bytes != SlotOffset(bucket.n_records_) &&
      folder.ops->Truncate(bucket.keys_.get(), SlotOffset(bucket.n_records_)) != 0) {
    return folder.FileError(id.KeysName(), "cutting");
  }
  ASSIGN_OR_RETURN(bucket.data_, folder.OpenFile(id.DataName(), O_RDWR | O_CREAT));
  ASSIGN_OR_RETURN(bucket.data_bytes_, folder.Size(bucket.data_, id.DataName()));
  RETURN_IF_ERROR(folder.SyncFolder(id.FolderName()));
  return bucket;
}

Result<Bucket> Bucket::OpenFor(const VaultFolder& folder, const Tombstones& gone,
                               DataClass data_class, int64_t now_us) {
  BucketId id{data_class, gone.LastNumber(data_class)};
  RETURN_IF_ERROR(platform::EnsurePrivateFolder(folder.path + "/" + id.FolderName()));
  ASSIGN_OR_RETURN(const std::vector<uint64_t> numbers, folder.BucketNumbers(data_class));
  if (!numbers.empty() && numbers.back() > id.number) {
    id.number = numbers.back();
    // A damaged one is left for the expiry to tell of.
    Result<Bucket> newest = OpenFiles(folder, id);
    if (newest && newest->Takes(now_us)) return newest;
    const bool usable = newest || newest.error().code == ErrorCode::kCorruptData ||
                        newest.error().code == ErrorCode::kNotFound;
    if (!usable) return newest;
  }
  ++id.number;
  const int64_t begin_us = now_us - now_us % kBucketUs;
  RETURN_IF_ERROR(folder.Replace(id.FolderName(), id.KeysName(),
                                 EncodeHeader({id, begin_us, begin_us + kBucketUs})));
  return OpenFiles(folder, id);
}

Result<uint64_t> Bucket::Append(const VaultFolder& folder, std::span<const NewRecord> records,
                                int64_t now_us) {
  const uint64_t first = n_records_;
  std::string sealed;
  SecretText slots;
  slots.bytes.reserve(records.size() * kSlotBytes);
  for (const NewRecord& record : records) {
    const Reference reference{id(), first + slots.bytes.size() / kSlotBytes};
    const std::string one =
        Seal(record.secrets, record.plain, SealContext(reference, record.run_id, now_us));
    Slot slot;
    slot.time_us = now_us;
    slot.offset = static_cast<uint64_t>(data_bytes_) + sealed.size();
    slot.n_bytes = static_cast<uint32_t>(one.size());
    slot.run_id = record.run_id;
    slot.secrets = record.secrets;
    slots.bytes += SecretText(EncodeSlot(reference, slot)).bytes;
    sealed += one;
  }
  RETURN_IF_ERROR(folder.Write(data_, id().DataName(), data_bytes_, sealed));
  RETURN_IF_ERROR(folder.SyncData(data_, id().DataName()));
  RETURN_IF_ERROR(folder.Write(keys_, id().KeysName(), SlotOffset(first), slots.bytes));
  RETURN_IF_ERROR(folder.SyncData(keys_, id().KeysName()));
  data_bytes_ += static_cast<int64_t>(sealed.size());
  n_records_ += records.size();
  return first;
}

}  // namespace weir::vault
