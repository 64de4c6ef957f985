#include "audit/record.h"

#include <array>

#include "base/crypto.h"
#include "json/json.h"

namespace weir::audit {
namespace {

constexpr std::string_view kHashMember = ",\"hash\":\"";
constexpr size_t kHashDigits = 64;
constexpr size_t kSealBytes = kHashMember.size() + kHashDigits + 2;  // ,"hash":"..."}
// Arguments nest up to 64 deep, inside "arguments", "data" and the record.
constexpr json::ParseLimits kLimits = {.max_bytes = kMaxRecordBytes, .max_depth = 80};

constexpr auto kMembers = std::to_array<std::string_view>(
    {"seq", "time_us", "boot", "prev", "kind", "run", "call", "data", "hash"});

Result<std::string> Quoted(const std::string& text) { return json::Canonical(json::Json(text)); }

bool IsHash(std::string_view text) {
  return text.size() == kHashDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

tl::unexpected<Error> Corrupt(std::string_view what) {
  return MakeError(ErrorCode::kCorruptData, "{}", what);
}

// The members must be these, in this order, each of its type.
Status CheckShape(const json::Json& object) {
  if (!object.is_object() || object.size() != kMembers.size()) {
    return Corrupt("it does not have the members of a record");
  }
  size_t i = 0;
  for (const auto& [name, value] : object.items()) {
    const bool is_whole = i < 2;
    const bool is_data = name == "data";
    const bool fits =
        is_whole ? value.is_number_unsigned() : (is_data ? value.is_object() : value.is_string());
    if (name != kMembers[i++] || !fits) return Corrupt("it does not have the members of a record");
  }
  return {};
}

Result<std::string> EventText(const Event& event) {
  ASSIGN_OR_RETURN(const std::string run, Quoted(event.run_id));
  ASSIGN_OR_RETURN(const std::string call, Quoted(event.call_id));
  ASSIGN_OR_RETURN(const std::string data, json::Canonical(event.data));
  return fmt::format(R"("kind":"{}","run":{},"call":{},"data":{})", EventKindName(event.kind), run,
                     call, data);
}

// What the hash is made of.
Result<std::string> SealedText(const Record& record, std::string_view event_text) {
  ASSIGN_OR_RETURN(const std::string boot, Quoted(record.boot));
  return fmt::format(R"({{"seq":{},"time_us":{},"boot":{},"prev":"{}",{})", record.seq,
                     record.time_us, boot, record.prev, event_text);
}

// Whether a record that says the same would be written with the same bytes.
Status CheckForm(const Record& record, std::string_view sealed) {
  const Result<std::string> event_text = EventText(record.event);
  if (!event_text) return Corrupt(event_text.error().message);
  const Result<std::string> expected = SealedText(record, *event_text);
  if (!expected || *expected != sealed) return Corrupt("it is not in canonical form");
  return {};
}

}  // namespace

Result<std::string> FormatEvent(const Event& event) {
  RETURN_IF_ERROR(CheckEvent(event));
  return EventText(event);
}

Result<std::string> FormatRecord(Record& record, std::string_view event_text) {
  if (record.time_us < 0) {
    return MakeError(ErrorCode::kInvalidArgument, "a record's time is before 1970");
  }
  ASSIGN_OR_RETURN(std::string line, SealedText(record, event_text));
  if (line.size() + kSealBytes + 1 > kMaxRecordBytes) {
    return MakeError(ErrorCode::kResourceExhausted,
                     "an audit record of {} bytes; at most {} can be written", line.size(),
                     kMaxRecordBytes);
  }
  record.hash = Sha256Hex(line);
  line += kHashMember;
  line += record.hash;
  line += "\"}\n";
  return line;
}

Result<std::string> FormatRecord(Record& record) {
  ASSIGN_OR_RETURN(const std::string event_text, FormatEvent(record.event));
  return FormatRecord(record, event_text);
}

Result<Record> ParseRecord(std::string_view line) {
  if (line.size() < kSealBytes) return Corrupt("it is too short to be a record");
  const std::string_view sealed = line.substr(0, line.size() - kSealBytes);
  const std::string_view seal = line.substr(sealed.size());
  const std::string_view hash = seal.substr(kHashMember.size(), kHashDigits);
  if (!seal.starts_with(kHashMember) || !seal.ends_with("\"}") || !IsHash(hash)) {
    return Corrupt("it does not end in a hash");
  }
  if (Sha256Hex(sealed) != hash) return Corrupt("its content does not fit its hash");
  Result<json::Json> parsed = json::Parse(line, kLimits);
  if (!parsed) return Corrupt(parsed.error().message);
  json::Json& object = *parsed;
  RETURN_IF_ERROR(CheckShape(object));

  Record record;
  record.seq = object["seq"].get<uint64_t>();
  record.time_us = object["time_us"].get<int64_t>();
  record.boot = object["boot"].get<std::string>();
  record.prev = object["prev"].get<std::string>();
  record.hash = std::string(hash);
  if (record.time_us < 0 || !IsHash(record.prev)) {
    return Corrupt("it does not have the members of a record");
  }
  const auto& kind_name = object["kind"].get_ref<const std::string&>();
  const std::optional<EventKind> kind = EventKindFromName(kind_name);
  if (!kind) {
    return MakeError(ErrorCode::kCorruptData,
                     "its kind '{}' is unknown; a newer version may have written it", kind_name);
  }
  record.event = MakeEvent(*kind, object["run"].get<std::string>(),
                           object["call"].get<std::string>(), std::move(object["data"]));
  RETURN_IF_ERROR(CheckForm(record, sealed));
  return record;
}

}  // namespace weir::audit
