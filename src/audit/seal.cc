#include "audit/seal.h"

#include <optional>

#include "base/hmac.h"

namespace weir::audit {
namespace {

constexpr std::string_view kKeyFilePrefix = "weir-audit-key-1 ";
// Each use of a key has a word of its own, so that none gives anything away about another.
constexpr std::string_view kForNext = "weir audit log 2: next key";
constexpr std::string_view kForSeals = "weir audit log 2: seal";
constexpr std::string_view kForId = "weir audit log 2: key id";
constexpr size_t kKeyIdDigits = 16;

std::optional<uint64_t> WholeMember(const json::Json& data, const char* name) {
  const auto value = data.find(name);
  if (value == data.end() || !value->is_number_unsigned()) return std::nullopt;
  return value->get<uint64_t>();
}

std::optional<Sha256Digest> DigestMember32(const json::Json& data, const char* name) {
  const auto value = data.find(name);
  if (value == data.end() || !value->is_string()) return std::nullopt;
  return DigestFromHex(value->get_ref<const std::string&>());
}

}  // namespace

VerificationKey NewVerificationKey() { return {RandomKey()}; }

std::string FormatVerificationKey(const VerificationKey& key) {
  return fmt::format("{}{}\n", kKeyFilePrefix, ToHex(key.bytes));
}

Result<VerificationKey> ParseVerificationKey(std::string_view text) {
  std::optional<Sha256Digest> bytes;
  if (text.starts_with(kKeyFilePrefix)) {
    text.remove_prefix(kKeyFilePrefix.size());
    if (text.ends_with('\n')) text.remove_suffix(1);
    bytes = DigestFromHex(text);
  }
  if (!bytes) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "that is no verification key; expected the one line that `weir audit key "
                     "--out FILE` wrote, '{}' and 64 digits",
                     kKeyFilePrefix);
  }
  return VerificationKey{*bytes};
}

std::string KeyId(const VerificationKey& key) {
  return ToHex(HmacSha256(BytesOf(key.bytes), kForId)).substr(0, kKeyIdDigits);
}

SealingKey::~SealingKey() { Wipe(key_); }

void SealingKey::Evolve() {
  key_ = HmacSha256(BytesOf(key_), kForNext);
  ++epoch_;
}

Sha256Digest SealingKey::Mac(const Seal& seal) const {
  Sha256Digest mac_key = HmacSha256(BytesOf(key_), kForSeals);
  const Sha256Digest mac = HmacSha256(
      BytesOf(mac_key), fmt::format(R"({{"epoch":{},"first":{},"last":{},"root":"{}"}})",
                                    seal.epoch, seal.first, seal.last, ToHex(seal.root)));
  Wipe(mac_key);
  return mac;
}

Event MakeSealEvent(const Seal& seal, const Sha256Digest& mac) {
  return MakeEvent(EventKind::kSeal, "", "",
                   {{"epoch", seal.epoch},
                    {"first", seal.first},
                    {"last", seal.last},
                    {"root", ToHex(seal.root)},
                    {"mac", ToHex(mac)}});
}

Result<SealAndMac> ReadSealEvent(const Event& event) {
  const auto epoch = WholeMember(event.data, "epoch");
  const auto first = WholeMember(event.data, "first");
  const auto last = WholeMember(event.data, "last");
  const auto root = DigestMember32(event.data, "root");
  const auto mac = DigestMember32(event.data, "mac");
  if (event.kind != EventKind::kSeal || event.data.size() != 5 || !epoch || !first || !last ||
      !root || !mac) {
    return MakeError(ErrorCode::kCorruptData, "it does not have the members of a seal");
  }
  return SealAndMac{{*epoch, *first, *last, *root}, *mac};
}

}  // namespace weir::audit
