#include "audit/seal_check.h"

#include "base/hmac.h"

namespace weir::audit {
namespace {

constexpr int kFormatOfSealing = 2;

}  // namespace

std::string SealCheck::Problem(const Record& record) const {
  return record.event.kind == EventKind::kSeal ? ProblemOfSeal(record) : ProblemOfStart(record);
}

std::string SealCheck::ProblemOfStart(const Record& record) const {
  if (started_ != 0) return fmt::format("sealing started in record {} already", started_);
  const auto format = record.event.data.find("format");
  if (format == record.event.data.end() || *format != kFormatOfSealing) {
    return "the log goes on in a format other than 2; a newer version may have written it";
  }
  if (!key_) return "";
  const auto id = record.event.data.find("key_id");
  if (id == record.event.data.end() || *id != KeyId(*key_)) {
    return fmt::format(
        "it is sealed with another key than the one given ({}): the log was sealed anew by "
        "somebody, or the key is that of another log",
        KeyId(*key_));
  }
  return "";
}

std::string SealCheck::ProblemOfSeal(const Record& record) const {
  if (started_ == 0) return "it is a seal, but the log does not say that it is sealed";
  const Result<SealAndMac> found = ReadSealEvent(record.event);
  if (!found) return found.error().message;
  const Seal expected{n_seals_, first_, record.seq - 1, tree_.Root()};
  if (found->seal.epoch != expected.epoch) {
    return fmt::format(
        "it is seal number {} and says {}: seals before it were removed, or it was made later with "
        "a newer key",
        expected.epoch, found->seal.epoch);
  }
  if (!(found->seal == expected)) {
    return fmt::format(
        "it does not seal the records {} to {} as they are: they were replaced after it was made",
        expected.first, expected.last);
  }
  if (epoch_key_ && !SameDigest(epoch_key_->Mac(expected), found->mac)) {
    return fmt::format(
        "its MAC is not that of key number {}: the records {} to {} were sealed anew by somebody "
        "who did not have that key",
        expected.epoch, expected.first, expected.last);
  }
  return "";
}

void SealCheck::Add(uint64_t seq, EventKind kind, const Sha256Digest& hash) {
  if (kind == EventKind::kSealingStarted) {
    started_ = first_ = seq;
    if (key_) epoch_key_.emplace(*key_);
  }
  if (started_ == 0) return;
  if (kind == EventKind::kSeal) {
    sealed_to_ = seq - 1;
    ++n_seals_;
    if (epoch_key_) epoch_key_->Evolve();
    first_ = seq;
    tree_ = {};
  }
  tree_.Add(hash);
}

std::string SealCheck::ProblemOfEnd(const std::optional<SealingState>& beside,
                                    uint64_t size) const {
  if (!beside) {
    if (started_ == 0) return "";
    return fmt::format(
        "the log is sealed, but '{}' is missing beside it: it can not be ruled out that its tail "
        "was cut off",
        kSealingKeyName);
  }
  // The key is replaced after the seal is in the log, so it never is ahead of it.
  if (beside->key.epoch() > n_seals_ || static_cast<uint64_t>(beside->offset) > size) {
    return fmt::format(
        "the log ends after {} seals and {} bytes, but the key beside it has made {} seals and "
        "goes on at byte {}: the log's tail was cut off",
        n_seals_, size, beside->key.epoch(), beside->offset);
  }
  if (!key_ || started_ == 0) return "";
  SealingKey derived(*key_);
  while (derived.epoch() < beside->key.epoch()) derived.Evolve();
  if (SameDigest(derived.bytes(), beside->key.bytes())) return "";
  return fmt::format("'{}' beside the log is not key number {} that follows from the key given",
                     kSealingKeyName, beside->key.epoch());
}

}  // namespace weir::audit
