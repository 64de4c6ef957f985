#include "vault/vault.h"

#include <algorithm>
#include <array>
#include <mutex>

#include "base/printable.h"
#include "vault/bucket.h"
#include "vault/expiry.h"
#include "vault/holds.h"
#include "vault/tombstones.h"

namespace weir::vault {
namespace {

const std::string kVaultLock = "lock";
// Payloads that are sealed in memory before they are written.
constexpr size_t kMaxBatchBytes = kMaxPayloadBytes;
constexpr size_t kCallLengthBytes = 2;

Status CheckPayload(const NewPayload& payload, const RetentionTable& retention) {
  const std::string_view name = DataClassName(payload.data_class);
  if (retention.of(payload.data_class).kind == Retention::Kind::kMemory) {
    return MakeError(ErrorCode::kPermissionDenied,
                     "{} is kept in memory only and is not written to disk; to keep it, give it a "
                     "time under [retention] in weir.toml",
                     name);
  }
  if (!payload.run_id.empty() && !IsRunId(payload.run_id)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "'{}' is no run; expected 1 to 64 letters, digits, '-' or '_'",
                     Printable(payload.run_id));
  }
  if (payload.call_id.size() > kMaxCallIdBytes) {
    return MakeError(ErrorCode::kInvalidArgument, "a call id of {} bytes; at most {} are possible",
                     payload.call_id.size(), kMaxCallIdBytes);
  }
  if (payload.bytes.size() > kMaxPayloadBytes) {
    return MakeError(ErrorCode::kResourceExhausted,
                     "a payload of {} bytes; at most {} can be kept, shorten it",
                     payload.bytes.size(), kMaxPayloadBytes);
  }
  return {};
}

// What is sealed: the call id with its length before it, and the payload.
SecretText PlainOf(const NewPayload& payload) {
  SecretText plain;
  plain.bytes.reserve(kCallLengthBytes + payload.call_id.size() + payload.bytes.size());
  plain.bytes += static_cast<char>(payload.call_id.size() & 0xFF);
  plain.bytes += static_cast<char>(payload.call_id.size() >> 8);
  plain.bytes += payload.call_id;
  plain.bytes += payload.bytes;
  return plain;
}

ExpiryReport ReportOf(ExpiryPlan plan, const ExpiryTerms& terms) {
  ExpiryReport report{.now_us = terms.now_us, .stores = {}};
  for (auto& [data_class, count] : plan.counts) {
    report.stores.push_back(
        {"vault", data_class, terms.retention.of(data_class), std::move(count)});
  }
  return report;
}

}  // namespace

uint64_t ExpiryReport::n_destroyed() const {
  uint64_t n = 0;
  for (const StoreExpiry& store : stores) n += store.count.n_destroyed;
  return n;
}

bool ExpiryReport::has_problems() const {
  return std::any_of(stores.begin(), stores.end(),
                     [](const StoreExpiry& store) { return !store.count.problems.empty(); });
}

struct Vault::Impl {
  explicit Impl(VaultFolder opened) : reader(std::move(opened)) {}

  const VaultReader reader;
  std::string state_folder;
  RetentionTable retention;
  platform::FileOps* ops = nullptr;  // as given
  UniqueFd lock;
  std::optional<ExpiryReport> finished;

  // Writers take turns; the mutex is held during I/O. It guards the members below.
  std::mutex mutex;
  Tombstones gone;
  std::array<std::optional<Bucket>, kDataClasses.size()> buckets;  // those being filled
  std::optional<Error> failure;

  const VaultFolder& folder() const { return reader.folder(); }

  Status FinishBegunExpiry(int64_t lock_wait_ms);
  Status PutClass(DataClass data_class, std::span<const NewPayload> payloads, int64_t now_us,
                  std::vector<Stored>& stored);
  Result<Bucket*> BucketFor(DataClass data_class, int64_t now_us);
  Result<ExpiryReport> Destroy(const ExpiryTerms& terms, const HeldRuns& held, bool finishing);
};

// ---- expiry ----

Result<ExpiryReport> Vault::Impl::Destroy(const ExpiryTerms& terms, const HeldRuns& held,
                                          bool finishing) {
  ASSIGN_OR_RETURN(ExpiryPlan plan, PlanExpiry(folder(), terms, held, gone, finishing));
  if (!plan.buckets.empty() || finishing) {
    RETURN_IF_ERROR(BeginExpiry(folder(), terms));
    RETURN_IF_ERROR(CarryOut(folder(), plan, terms, gone));
    RETURN_IF_ERROR(EndExpiry(folder()));
  }
  return ReportOf(std::move(plan), terms);
}

Status Vault::Impl::FinishBegunExpiry(int64_t lock_wait_ms) {
  ASSIGN_OR_RETURN(const std::optional<ExpiryTerms> begun, ReadBegunExpiry(folder()));
  if (!begun) return {};
  ASSIGN_OR_RETURN(const Holds holds, Holds::Open(state_folder, lock_wait_ms, ops));
  ASSIGN_OR_RETURN(finished, Destroy(*begun, holds.held(), true));
  return {};
}

Result<ExpiryReport> Vault::Expire(int64_t now_us, const ExpireOptions& options) {
  const std::lock_guard turn(impl_->mutex);
  const ExpiryTerms terms{now_us, impl_->retention};
  ASSIGN_OR_RETURN(const Holds holds,
                   Holds::Open(impl_->state_folder, options.lock_wait_ms, impl_->ops));
  for (std::optional<Bucket>& bucket : impl_->buckets) bucket.reset();  // any may go
  ExpiryReport report;
  if (options.dry_run) {
    ASSIGN_OR_RETURN(ExpiryPlan plan,
                     PlanExpiry(impl_->folder(), terms, holds.held(), impl_->gone, false));
    report = ReportOf(std::move(plan), terms);
  } else {
    Result<ExpiryReport> destroyed = impl_->Destroy(terms, holds.held(), false);
    if (!destroyed) {
      // What is on the disk is for the next Open to find out.
      impl_->failure = destroyed.error();
      return destroyed;
    }
    report = std::move(*destroyed);
  }
  for (ExpirableStore* store : options.stores) {
    const Retention& retention = impl_->retention.of(store->Class());
    const std::optional<int64_t> cutoff_us = DueCutoff(retention, now_us);
    ExpiryCount count;
    // Kept forever: everything is younger than the beginning of time.
    Result<ExpiryCount> expired =
        store->Expire(cutoff_us.value_or(INT64_MIN), holds.held(), options.dry_run);
    if (expired) {
      count = std::move(*expired);
    } else {
      count.problems.push_back(expired.error().message);
    }
    report.stores.push_back(
        {std::string(store->Name()), store->Class(), retention, std::move(count)});
  }
  return report;
}

// ---- putting ----

Result<Bucket*> Vault::Impl::BucketFor(DataClass data_class, int64_t now_us) {
  std::optional<Bucket>& bucket = buckets[static_cast<size_t>(data_class)];
  if (!bucket || !bucket->Takes(now_us)) {
    bucket.reset();
    ASSIGN_OR_RETURN(bucket, Bucket::OpenFor(folder(), gone, data_class, now_us));
  }
  return &*bucket;
}

// Puts those of the class among `payloads`, and fills their places in `stored`.
Status Vault::Impl::PutClass(DataClass data_class, std::span<const NewPayload> payloads,
                             int64_t now_us, std::vector<Stored>& stored) {
  size_t next = 0;
  while (next < payloads.size()) {
    ASSIGN_OR_RETURN(Bucket* const bucket, BucketFor(data_class, now_us));
    std::vector<size_t> places;
    std::vector<SecretText> plains;
    std::vector<NewRecord> records;
    size_t n_bytes = 0;
    for (; next < payloads.size() && records.size() < bucket->Room() && n_bytes < kMaxBatchBytes;
         ++next) {
      if (payloads[next].data_class != data_class) continue;
      places.push_back(next);
      plains.push_back(PlainOf(payloads[next]));
      records.push_back({payloads[next].run_id, {}, RecordSecrets::Random()});
      n_bytes += payloads[next].bytes.size();
      stored[next].commitment = Commitment(records.back().secrets, payloads[next].bytes);
    }
    if (records.empty()) break;
    // Only now: a short text moves its bytes when the vector grows.
    for (size_t i = 0; i < records.size(); ++i) records[i].plain = plains[i].bytes;
    ASSIGN_OR_RETURN(const uint64_t first, bucket->Append(folder(), records, now_us));
    for (size_t i = 0; i < places.size(); ++i) {
      stored[places[i]].reference = Reference{bucket->id(), first + i}.Text();
    }
  }
  return {};
}

Result<std::vector<Stored>> Vault::PutAll(std::span<const NewPayload> payloads, int64_t now_us) {
  if (now_us < 0) {
    return MakeError(ErrorCode::kInvalidArgument, "a payload's time is before 1970; set the clock");
  }
  for (const NewPayload& payload : payloads) {
    RETURN_IF_ERROR(CheckPayload(payload, impl_->retention));
  }
  const std::lock_guard turn(impl_->mutex);
  if (impl_->failure) {
    return MakeError(ErrorCode::kUnavailable,
                     "the vault takes no more payloads after an error ({}); start again once the "
                     "cause is gone",
                     impl_->failure->message);
  }
  std::vector<Stored> stored(payloads.size());
  for (const DataClass data_class : kDataClasses) {
    const bool is_wanted = std::any_of(payloads.begin(), payloads.end(), [&](const auto& payload) {
      return payload.data_class == data_class;
    });
    if (!is_wanted) continue;
    if (Status put = impl_->PutClass(data_class, payloads, now_us, stored); !put) {
      impl_->failure = put.error();
      return MakeError(std::move(put).error());
    }
  }
  return stored;
}

Result<Stored> Vault::Put(const NewPayload& payload, int64_t now_us) {
  ASSIGN_OR_RETURN(std::vector<Stored> stored, PutAll({&payload, 1}, now_us));
  return std::move(stored.front());
}

// ---- opening, reading ----

Vault::Vault(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Vault::Vault(Vault&&) noexcept = default;
Vault& Vault::operator=(Vault&&) noexcept = default;
Vault::~Vault() = default;

Result<Vault> Vault::Open(const std::string& state_folder, const RetentionTable& retention,
                          const VaultOptions& options) {
  RETURN_IF_ERROR(retention.Check());
  ASSIGN_OR_RETURN(VaultFolder folder, VaultFolder::Open(state_folder, options.ops, true));
  auto impl = std::make_unique<Impl>(std::move(folder));
  impl->state_folder = state_folder;
  impl->retention = retention;
  impl->ops = options.ops;
  ASSIGN_OR_RETURN(impl->lock, impl->folder().Lock(kVaultLock, "the vault", options.lock_wait_ms));
  ASSIGN_OR_RETURN(impl->gone, Tombstones::Load(impl->folder()));
  RETURN_IF_ERROR(impl->FinishBegunExpiry(options.lock_wait_ms));
  return Vault(std::move(impl));
}

Result<Payload> Vault::Get(std::string_view reference) const {
  return impl_->reader.Get(reference);
}

Status Vault::Check(std::string_view reference, std::string_view commitment) const {
  return impl_->reader.Check(reference, commitment);
}

const std::optional<ExpiryReport>& Vault::finished() const { return impl_->finished; }

}  // namespace weir::vault
