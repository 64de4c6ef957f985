#include "audit/sealer.h"

#include <algorithm>
#include <string>

#include "audit/log_file.h"
#include "base/check.h"
#include "base/hmac.h"

namespace weir::audit {
namespace {

constexpr int64_t kSealedEndBytes = 64 << 10;
constexpr int kSealedFormat = 2;

tl::unexpected<Error> KeyDoesNotFit(const SealingState& state, std::string_view why) {
  return MakeError(
      ErrorCode::kCorruptData,
      "the sealing key of the audit log goes on from record {} at byte {}, but {}: the "
      "log's end was cut off or replaced, or the key is that of another log; verify "
      "it, and move its folder away to start a new one",
      state.first, state.offset, why);
}

bool IsOfSealing(const Record& record) {
  return record.event.kind == EventKind::kSeal || record.event.kind == EventKind::kSealingStarted;
}

}  // namespace

Event MakeSealingStarted(const VerificationKey& key) {
  return MakeEvent(EventKind::kSealingStarted, "", "",
                   {{"format", kSealedFormat}, {"key_id", KeyId(key)}});
}

uint64_t Sealer::n_unsealed() const {
  const bool starts_with_seal = state_.key.epoch() > 0 && !empty();
  return tree_.n_leaves() - (starts_with_seal ? 1 : 0);
}

void Sealer::Add(const Record& record) {
  const std::optional<Sha256Digest> hash = DigestFromHex(record.hash);
  CHECK(hash.has_value());
  tree_.Add(*hash);
}

Seal Sealer::Current() const {
  return {state_.key.epoch(), state_.first, state_.first + tree_.n_leaves() - 1, tree_.Root()};
}

Event Sealer::NextSeal() const {
  const Seal seal = Current();
  return MakeSealEvent(seal, state_.key.Mac(seal));
}

void Sealer::StartBatch(uint64_t seq, int64_t offset) {
  state_.key.Evolve();
  state_.first = seq;
  state_.offset = offset;
  tree_ = {};
}

// One more record of the log that is there already.
Status Sealer::Follow(const Record& record, int64_t offset, const Head& before) {
  if (empty()) {
    if (record.seq != state_.first || !IsOfSealing(record)) {
      return KeyDoesNotFit(state_, "that is not where a batch starts");
    }
  } else if (record.seq != before.seq + 1 || record.prev != before.hash) {
    return KeyDoesNotFit(state_, fmt::format("record {} does not follow", record.seq));
  } else if (record.event.kind == EventKind::kSeal) {
    const Result<SealAndMac> found = ReadSealEvent(record.event);
    const Seal expected = Current();
    if (!found || found->seal != expected || !SameDigest(found->mac, state_.key.Mac(expected))) {
      return KeyDoesNotFit(
          state_, fmt::format("the seal in record {} is not the one of this key", record.seq));
    }
    StartBatch(record.seq, offset);
  }
  Add(record);
  return {};
}

Result<Sealer> Sealer::Resume(platform::FileOps& ops, int fd, int64_t size, SealingState state) {
  const int64_t begin = state.offset;
  Sealer sealer(std::move(state));
  if (begin > size) {
    return KeyDoesNotFit(sealer.state_, fmt::format("the log has only {} bytes", size));
  }
  ASSIGN_OR_RETURN(const std::string bytes,
                   ReadRange(ops, fd, begin, static_cast<size_t>(size - begin)));
  Head before;
  size_t at = 0;
  for (size_t end = 0; (end = bytes.find('\n', at)) != std::string::npos; at = end + 1) {
    const Result<Record> record = ParseRecord(std::string_view(bytes).substr(at, end - at));
    if (!record) return KeyDoesNotFit(sealer.state_, record.error().message);
    RETURN_IF_ERROR(sealer.Follow(*record, begin + static_cast<int64_t>(at), before));
    before = {record->seq, record->hash};
  }
  if (at != bytes.size() || (sealer.empty() && sealer.state_.key.epoch() > 0)) {
    return KeyDoesNotFit(sealer.state_, "the log ends there");
  }
  return sealer;
}

Result<bool> EndIsSealed(platform::FileOps& ops, int fd, int64_t size) {
  const int64_t begin = std::max<int64_t>(0, size - kSealedEndBytes);
  ASSIGN_OR_RETURN(const std::string bytes,
                   ReadRange(ops, fd, begin, static_cast<size_t>(size - begin)));
  size_t at = begin == 0 ? 0 : bytes.find('\n') + 1;
  for (size_t end = 0; (end = bytes.find('\n', at)) != std::string::npos; at = end + 1) {
    const Result<Record> record = ParseRecord(std::string_view(bytes).substr(at, end - at));
    if (record && IsOfSealing(*record)) return true;
  }
  return false;
}

}  // namespace weir::audit
