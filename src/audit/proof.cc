#include "audit/proof.h"

#include <algorithm>
#include <optional>

#include "audit/line_reader.h"
#include "audit/merkle.h"
#include "base/check.h"
#include "base/hmac.h"
#include "json/json.h"

namespace weir::audit {
namespace {

constexpr int kProofFormat = 1;
// Two lines and the hashes between them.
constexpr json::ParseLimits kProofLimits = {.max_bytes = 4 * kMaxRecordBytes, .max_depth = 4};
// Deriving a key takes under a microsecond for each seal before it; a forged proof can ask for any.
constexpr uint64_t kMaxProofEpoch = 50'000'000;

Sha256Digest HashOfRecord(const Record& record) {
  const std::optional<Sha256Digest> hash = DigestFromHex(record.hash);
  CHECK(hash.has_value());  // ParseRecord has read it
  return *hash;
}

// The batch that is being read, until the seal over the wanted record comes.
struct Batch {
  uint64_t wanted = 0;
  bool is_sealed_log = false;
  uint64_t first = 0;
  std::vector<Sha256Digest> hashes;
  std::string wanted_line;  // once it was read

  // Whether this record is the seal over the wanted one.
  bool IsItsSeal(const Record& record) const {
    return record.event.kind == EventKind::kSeal && !wanted_line.empty() && wanted >= first;
  }

  void Add(const Record& record, std::string_view line) {
    const EventKind kind = record.event.kind;
    if (kind == EventKind::kSealingStarted || kind == EventKind::kSeal) {
      is_sealed_log = true;
      first = record.seq;
      hashes.clear();
    }
    if (record.seq == wanted) wanted_line = line;
    if (is_sealed_log) hashes.push_back(HashOfRecord(record));
  }
};

std::string FormatProof(const Batch& batch, std::string_view seal_line) {
  json::Json path = json::Json::array();
  for (const Sha256Digest& hash : InclusionPath(batch.hashes, batch.wanted - batch.first)) {
    path.push_back(ToHex(hash));
  }
  return json::Dump({{"format", kProofFormat},
                     {"record", batch.wanted_line},
                     {"path", std::move(path)},
                     {"seal", seal_line}});
}

tl::unexpected<Error> NoSeal(const Batch& batch, uint64_t last) {
  if (batch.wanted > last || batch.wanted == 0) {
    return MakeError(ErrorCode::kNotFound, "the audit log has no record {}; its last is {}",
                     batch.wanted, last);
  }
  if (!batch.is_sealed_log || batch.wanted < batch.first) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "record {} is under no seal: it is older than the sealing of this log; `weir "
                     "audit key --out FILE` starts sealing",
                     batch.wanted);
  }
  return MakeError(ErrorCode::kInvalidArgument,
                   "record {} is not sealed yet; the next seal comes when the run that writes the "
                   "log ends",
                   batch.wanted);
}

tl::unexpected<Error> BadProof(std::string_view why) {
  return MakeError(ErrorCode::kCorruptData, "the proof does not hold: {}", why);
}

std::optional<std::string> TextOf(const json::Json& object, const char* name) {
  const auto value = object.find(name);
  if (value == object.end() || !value->is_string()) return std::nullopt;
  return value->get<std::string>();
}

std::optional<std::vector<Sha256Digest>> PathOf(const json::Json& object) {
  const auto value = object.find("path");
  if (value == object.end() || !value->is_array()) return std::nullopt;
  std::vector<Sha256Digest> path;
  for (const json::Json& item : *value) {
    if (!item.is_string()) return std::nullopt;
    const auto hash = DigestFromHex(item.get_ref<const std::string&>());
    if (!hash) return std::nullopt;
    path.push_back(*hash);
  }
  return path;
}

}  // namespace

Result<std::string> MakeProof(const std::string& path, uint64_t seq) {
  ASSIGN_OR_RETURN(LineReader lines, LineReader::Open(path));
  Batch batch;
  batch.wanted = seq;
  uint64_t last = 0;
  for (;;) {
    ASSIGN_OR_RETURN(const std::optional<std::string_view> line, lines.Next());
    if (!line) return NoSeal(batch, last);
    const Result<Record> record = ParseRecord(*line);
    if (!record) {
      return MakeError(record.error().code, "line {} of the audit log: {}; verify it", lines.line(),
                       record.error().message);
    }
    if (!batch.IsItsSeal(*record)) {
      batch.Add(*record, *line);
      last = record->seq;
      continue;
    }
    if (record->seq - batch.first != batch.hashes.size()) {
      return MakeError(ErrorCode::kCorruptData,
                       "records are missing before record {} of the audit log; verify it",
                       record->seq);
    }
    std::string text = FormatProof(batch, *line);
    RETURN_IF_ERROR(ReadProof(text));
    return text;
  }
}

Result<Proof> ReadProof(std::string_view text) {
  const Result<json::Json> object = json::Parse(text, kProofLimits);
  if (!object) return BadProof(object.error().message);
  if (!object->is_object() || object->size() != 4 || !object->contains("format") ||
      object->at("format") != kProofFormat) {
    return BadProof("it has another form than `weir audit prove` writes");
  }
  const auto record_line = TextOf(*object, "record");
  const auto seal_line = TextOf(*object, "seal");
  const auto path = PathOf(*object);
  if (!record_line || !seal_line || !path) {
    return BadProof("it has another form than `weir audit prove` writes");
  }
  Result<Record> record = ParseRecord(*record_line);
  if (!record) return BadProof(fmt::format("its record: {}", record.error().message));
  const Result<Record> seal_record = ParseRecord(*seal_line);
  if (!seal_record) return BadProof(fmt::format("its seal: {}", seal_record.error().message));
  const Result<SealAndMac> seal = ReadSealEvent(seal_record->event);
  if (!seal) return BadProof(fmt::format("its seal: {}", seal.error().message));

  const auto [epoch, first, last, root] = seal->seal;
  if (record->seq < first || record->seq > last || seal_record->seq != last + 1) {
    return BadProof(fmt::format("record {} is not one of {} to {}, which the seal is over",
                                record->seq, first, last));
  }
  if (RootOfPath(HashOfRecord(*record), record->seq - first, last - first + 1, *path) != root) {
    return BadProof("its path does not lead from the record to the root in the seal");
  }
  return Proof{std::move(*record), seal->seal, seal->mac, {seal_record->seq, seal_record->hash}};
}

Status FitsKey(const Proof& proof, const VerificationKey& key) {
  if (proof.seal.epoch > kMaxProofEpoch) return BadProof("the number of its seal is too large");
  SealingKey derived(key);
  while (derived.epoch() < proof.seal.epoch) derived.Evolve();
  if (SameDigest(derived.Mac(proof.seal), proof.mac)) return {};
  return BadProof(
      fmt::format("its seal was not made with key number {} that follows from the key "
                  "given",
                  proof.seal.epoch));
}

Status FitsAnchors(const Proof& proof, const std::vector<Head>& anchors) {
  if (std::find(anchors.begin(), anchors.end(), proof.seal_head) != anchors.end()) return {};
  return BadProof(fmt::format("its seal, record {} with hash {}, is not in the anchor file",
                              proof.seal_head.seq, proof.seal_head.hash));
}

}  // namespace weir::audit
