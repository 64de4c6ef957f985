#include "vault/expiry.h"

#include <fcntl.h>

#include <algorithm>

#include "json/json.h"

namespace weir::vault {
namespace {

const std::string kBegunFile = "expiry.json";
constexpr size_t kMaxBegunBytes = 64 << 10;
constexpr int kBegunVersion = 1;
constexpr size_t kEraseChunkBytes = 256 << 10;

// Decides slot by slot, and counts.
struct Judge {
  std::optional<int64_t> cutoff_us;  // nothing: nothing of the class is due
  const HeldRuns& held;
  bool finishing;
  ExpiryCount& count;
  uint64_t n_damaged = 0;

  // Whether the slot is to be destroyed. `is_left`: something of it stays alive.
  bool IsDue(const Slot& slot, SlotState state, int64_t bucket_end_us, bool* is_left) {
    *is_left = false;
    if (state == SlotState::kWhole && slot.destroyed) return false;
    // Of a damaged slot the bucket tells the latest time it can be of, and it may be of any run.
    const bool is_damaged = state == SlotState::kDamaged;
    const int64_t time_us = is_damaged ? bucket_end_us : slot.time_us;
    const bool is_held = is_damaged ? !held.empty() : held.Contains(slot.run_id);
    const bool half_destroyed = finishing && state == SlotState::kSecretsDamaged;
    if (state != SlotState::kWhole && !half_destroyed) ++n_damaged;
    if (!cutoff_us || time_us > *cutoff_us) {
      ++count.n_kept;
    } else if (is_held && !half_destroyed) {
      ++count.n_held;
    } else {
      ++count.n_destroyed;
      if (!is_damaged) count.n_bytes += slot.n_bytes;
      return true;
    }
    *is_left = true;
    return false;
  }
};

// Fills `plan` for one bucket. A header that can not be read is the caller's to tell.
Status PlanBucket(const VaultFolder& folder, Judge& judge, BucketPlan& plan) {
  const std::string name = plan.id.KeysName();
  const Result<UniqueFd> opened = folder.OpenFile(name, O_RDONLY);
  if (!opened && opened.error().code == ErrorCode::kNotFound) {
    return MakeError(ErrorCode::kCorruptData,
                     "'{}' of the vault has no key file beside it; its payloads are lost, remove "
                     "it to have it gone",
                     plan.id.DataName());
  }
  if (!opened) return MakeError(opened.error());
  const UniqueFd& keys = *opened;
  ASSIGN_OR_RETURN(const int64_t n_bytes, folder.Size(keys, name));
  plan.n_records = SlotCount(n_bytes);
  SecretText text(std::string(static_cast<size_t>(SlotOffset(plan.n_records)), '\0'));
  RETURN_IF_ERROR(folder.Read(keys, name, 0, &text.bytes));
  ASSIGN_OR_RETURN(const KeyHeader header, DecodeHeader(text.bytes, plan.id));
  bool any_left = false;
  for (uint64_t i = 0; i < plan.n_records; ++i) {
    Slot slot;
    const std::string_view bytes =
        std::string_view(text.bytes).substr(static_cast<size_t>(SlotOffset(i)), kSlotBytes);
    const SlotState state = DecodeSlot(bytes, {plan.id, i}, &slot);
    bool is_left = false;
    if (judge.IsDue(slot, state, header.end_us, &is_left)) plan.due.push_back(i);
    any_left |= is_left;
    if (state == SlotState::kWhole && slot.destroyed) {
      const int64_t time_us = slot.destroyed->time_us;
      const bool is_first = plan.first_destroyed_us == 0 || time_us < plan.first_destroyed_us;
      if (is_first) plan.first_destroyed_us = time_us;
    }
  }
  // An empty bucket goes once its day is over and due.
  const bool is_over = judge.cutoff_us && header.end_us <= *judge.cutoff_us;
  plan.whole = !any_left && (plan.n_records > 0 || is_over);
  return {};
}

Status PlanClass(const VaultFolder& folder, DataClass data_class, Judge& judge,
                 const Tombstones& gone, std::vector<BucketPlan>& buckets) {
  ASSIGN_OR_RETURN(const std::vector<uint64_t> numbers, folder.BucketNumbers(data_class));
  for (const uint64_t number : numbers) {
    BucketPlan plan;
    plan.id = {data_class, number};
    plan.is_gone = gone.Find(plan.id) != nullptr;
    if (plan.is_gone) {
      plan.whole = true;
    } else if (const Status read = PlanBucket(folder, judge, plan); !read) {
      judge.count.problems.push_back(read.error().message);
      continue;
    }
    if (plan.whole || !plan.due.empty()) buckets.push_back(std::move(plan));
  }
  if (judge.n_damaged > 0) {
    judge.count.problems.push_back(fmt::format(
        "{}: {} damaged records, which can not be opened any more; they expire with their bucket",
        DataClassName(data_class), judge.n_damaged));
  }
  return {};
}

// Overwrites a whole file in place, so that its blocks are free of secrets before they are freed.
Status OverwriteFile(const VaultFolder& folder, const std::string& name) {
  const Result<UniqueFd> file = folder.OpenFile(name, O_WRONLY);
  if (!file && file.error().code == ErrorCode::kNotFound) return {};
  if (!file) return MakeError(file.error());
  ASSIGN_OR_RETURN(const int64_t size, folder.Size(*file, name));
  const std::string zeros(kEraseChunkBytes, '\0');
  for (int64_t at = 0; at < size; at += static_cast<int64_t>(kEraseChunkBytes)) {
    const auto left = static_cast<size_t>(size - at);
    RETURN_IF_ERROR(folder.Write(*file, name, at, std::string_view(zeros).substr(0, left)));
  }
  return folder.SyncData(*file, name);
}

Status RemoveBucket(const VaultFolder& folder, const BucketId& id) {
  RETURN_IF_ERROR(OverwriteFile(folder, id.KeysName()));
  RETURN_IF_ERROR(folder.Remove(id.KeysName()));
  return folder.Remove(id.DataName());
}

Status OverwriteSecrets(const VaultFolder& folder, const BucketPlan& plan,
                        const Destroyed& destroyed) {
  const std::string name = plan.id.KeysName();
  ASSIGN_OR_RETURN(const UniqueFd keys, folder.OpenFile(name, O_RDWR));
  const std::string bytes = EncodeDestroyed(destroyed);
  for (const uint64_t index : plan.due) {
    const int64_t offset = SlotOffset(index) + static_cast<int64_t>(kSecretPartOffset);
    RETURN_IF_ERROR(folder.Write(keys, name, offset, bytes));
  }
  return folder.SyncData(keys, name);
}

tl::unexpected<Error> BadBegun() {
  return MakeError(ErrorCode::kCorruptData,
                   "'expiry.json' of the vault, which tells of an expiry that has begun, is "
                   "damaged; remove it, and run: weir audit expire");
}

}  // namespace

Result<ExpiryPlan> PlanExpiry(const VaultFolder& folder, const ExpiryTerms& terms,
                              const HeldRuns& held, const Tombstones& gone, bool finishing) {
  ExpiryPlan plan;
  for (const DataClass data_class : kDataClasses) {
    ExpiryCount& count = plan.counts.emplace_back(data_class, ExpiryCount()).second;
    Judge judge{.cutoff_us = DueCutoff(terms.retention.of(data_class), terms.now_us),
                .held = held,
                .finishing = finishing,
                .count = count};
    RETURN_IF_ERROR(PlanClass(folder, data_class, judge, gone, plan.buckets));
  }
  return plan;
}

Result<std::optional<ExpiryTerms>> ReadBegunExpiry(const VaultFolder& folder) {
  ASSIGN_OR_RETURN(const auto text, folder.ReadWhole(kBegunFile, kMaxBegunBytes));
  if (!text) return std::optional<ExpiryTerms>();
  const Result<json::Json> parsed = json::Parse(*text);
  if (!parsed || !parsed->is_object() || !parsed->contains("version") ||
      (*parsed)["version"] != kBegunVersion || !parsed->contains("now_us") ||
      !(*parsed)["now_us"].is_number_integer() || !parsed->contains("retention") ||
      !(*parsed)["retention"].is_object()) {
    return BadBegun();
  }
  ExpiryTerms terms;
  terms.now_us = (*parsed)["now_us"].get<int64_t>();
  for (const DataClass data_class : kDataClasses) {
    const auto found = (*parsed)["retention"].find(std::string(DataClassName(data_class)));
    if (found == (*parsed)["retention"].end() || !found->is_string()) return BadBegun();
    const Result<Retention> retention = ParseRetention(found->get_ref<const std::string&>());
    if (!retention) return BadBegun();
    terms.retention.Set(data_class, *retention);
  }
  return std::optional(terms);
}

Status BeginExpiry(const VaultFolder& folder, const ExpiryTerms& terms) {
  json::Json retention = json::Json::object();
  for (const DataClass data_class : kDataClasses) {
    retention[std::string(DataClassName(data_class))] =
        RetentionText(terms.retention.of(data_class));
  }
  const json::Json file = {
      {"version", kBegunVersion}, {"now_us", terms.now_us}, {"retention", std::move(retention)}};
  return folder.Replace(".", kBegunFile, json::Dump(file) + "\n");
}

Status CarryOut(const VaultFolder& folder, const ExpiryPlan& plan, const ExpiryTerms& terms,
                Tombstones& gone) {
  bool any_new = false;
  for (const BucketPlan& bucket : plan.buckets) {
    if (!bucket.whole || bucket.is_gone) continue;
    const bool was_begun = bucket.first_destroyed_us != 0;
    gone.Add({.bucket = bucket.id,
              .first_us = was_begun ? bucket.first_destroyed_us : terms.now_us,
              .last_us = terms.now_us,
              .retention = terms.retention.of(bucket.id.data_class),
              .n_records = bucket.n_records});
    any_new = true;
  }
  if (any_new) {
    RETURN_IF_ERROR(gone.Save(folder));
  }
  for (const BucketPlan& bucket : plan.buckets) {
    if (bucket.whole) {
      RETURN_IF_ERROR(RemoveBucket(folder, bucket.id));
    } else {
      RETURN_IF_ERROR(OverwriteSecrets(folder, bucket,
                                       {terms.now_us, terms.retention.of(bucket.id.data_class)}));
    }
  }
  for (const DataClass data_class : kDataClasses) {
    const bool removed = std::any_of(plan.buckets.begin(), plan.buckets.end(), [&](const auto& b) {
      return b.whole && b.id.data_class == data_class;
    });
    if (removed) {
      RETURN_IF_ERROR(folder.SyncFolder(std::string(DataClassName(data_class))));
    }
  }
  return {};
}

Status EndExpiry(const VaultFolder& folder) {
  RETURN_IF_ERROR(folder.Remove(kBegunFile));
  return folder.SyncFolder(".");
}

}  // namespace weir::vault
