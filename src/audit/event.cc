#include "audit/event.h"

#include <array>
#include <span>
#include <utility>

#include "base/crypto.h"

namespace weir::audit {
namespace {

constexpr size_t kMaxTextBytes = 16384;
constexpr size_t kMaxIdBytes = 256;
constexpr int64_t kMaxWhole = int64_t{1} << 53;  // what JSON readers keep exactly

enum class Type { kText, kWhole, kBool, kObject };

struct Member {
  std::string_view name;
  Type type;
};

constexpr auto kLogStartedMembers = std::to_array<Member>({{"format", Type::kWhole}});
constexpr auto kTornTailMembers = std::to_array<Member>(
    {{"bytes", Type::kWhole}, {"digest", Type::kText}, {"file", Type::kText}});
constexpr auto kSealingStartedMembers =
    std::to_array<Member>({{"format", Type::kWhole}, {"key_id", Type::kText}});
constexpr auto kSealMembers = std::to_array<Member>({{"epoch", Type::kWhole},
                                                     {"first", Type::kWhole},
                                                     {"last", Type::kWhole},
                                                     {"root", Type::kText},
                                                     {"mac", Type::kText}});
constexpr auto kRunStartedMembers = std::to_array<Member>({{"interface", Type::kText},
                                                           {"model", Type::kText},
                                                           {"model_hash", Type::kText},
                                                           {"policy", Type::kText},
                                                           {"workspace", Type::kText},
                                                           {"version", Type::kText},
                                                           {"dry_run", Type::kBool}});
constexpr auto kDecisionMembers = std::to_array<Member>({{"server", Type::kText},
                                                         {"tool", Type::kText},
                                                         {"effect", Type::kText},
                                                         {"definition", Type::kText},
                                                         {"verdict", Type::kText},
                                                         {"rule", Type::kText},
                                                         {"reason", Type::kText},
                                                         {"policy", Type::kText},
                                                         {"arguments_digest", Type::kText},
                                                         {"arguments_commitment", Type::kText},
                                                         {"arguments_payload", Type::kText}});
constexpr auto kApprovalMembers = std::to_array<Member>({{"answer", Type::kText},
                                                         {"by", Type::kText},
                                                         {"request", Type::kText},
                                                         {"request_commitment", Type::kText},
                                                         {"request_payload", Type::kText},
                                                         {"reason", Type::kText}});
constexpr auto kIntentMembers = std::to_array<Member>({{"server", Type::kText},
                                                       {"tool", Type::kText},
                                                       {"effect", Type::kText},
                                                       {"definition", Type::kText},
                                                       {"program", Type::kText},
                                                       {"verdict", Type::kText},
                                                       {"rule", Type::kText},
                                                       {"policy", Type::kText},
                                                       {"approver", Type::kText},
                                                       {"approval", Type::kText},
                                                       {"nonce", Type::kText},
                                                       {"arguments", Type::kObject},
                                                       {"arguments_digest", Type::kText},
                                                       {"arguments_commitment", Type::kText},
                                                       {"arguments_payload", Type::kText},
                                                       {"expires_us", Type::kWhole}});
constexpr auto kOutcomeMembers = std::to_array<Member>({{"is_error", Type::kBool},
                                                        {"result_digest", Type::kText},
                                                        {"result_commitment", Type::kText},
                                                        {"result_payload", Type::kText},
                                                        {"result_bytes", Type::kWhole},
                                                        {"duration_us", Type::kWhole},
                                                        {"intent", Type::kWhole},
                                                        {"undo", Type::kText}});
constexpr auto kDeniedMembers = std::to_array<Member>({{"by", Type::kText},
                                                       {"reason", Type::kText},
                                                       {"server", Type::kText},
                                                       {"tool", Type::kText},
                                                       {"effect", Type::kText}});
constexpr auto kRunFinishedMembers = std::to_array<Member>(
    {{"outcome", Type::kText}, {"duration_us", Type::kWhole}, {"n_calls", Type::kWhole}});
constexpr auto kUndoMembers = std::to_array<Member>({{"undo", Type::kText},
                                                     {"action", Type::kText},
                                                     {"is_error", Type::kBool},
                                                     {"digest", Type::kText}});
constexpr auto kNoticeMembers =
    std::to_array<Member>({{"notice", Type::kText}, {"subject", Type::kText}});

struct Kind {
  EventKind kind;
  std::string_view name;
  std::span<const Member> members;
};

constexpr auto kKinds = std::to_array<Kind>({
    {EventKind::kLogStarted, "log_started", kLogStartedMembers},
    {EventKind::kTornTail, "torn_tail", kTornTailMembers},
    {EventKind::kSealingStarted, "sealing_started", kSealingStartedMembers},
    {EventKind::kSeal, "seal", kSealMembers},
    {EventKind::kRunStarted, "run_started", kRunStartedMembers},
    {EventKind::kDecision, "decision", kDecisionMembers},
    {EventKind::kApproval, "approval", kApprovalMembers},
    {EventKind::kIntent, "intent", kIntentMembers},
    {EventKind::kOutcome, "outcome", kOutcomeMembers},
    {EventKind::kDenied, "denied", kDeniedMembers},
    {EventKind::kRunFinished, "run_finished", kRunFinishedMembers},
    {EventKind::kUndo, "undo", kUndoMembers},
    {EventKind::kNotice, "notice", kNoticeMembers},
});

const Kind& InfoOf(EventKind kind) {
  for (const Kind& info : kKinds) {
    if (info.kind == kind) return info;
  }
  return kKinds.back();
}

bool IsOfType(const json::Json& value, Type type) {
  switch (type) {
    case Type::kText:
      return value.is_string();
    case Type::kBool:
      return value.is_boolean();
    case Type::kObject:
      return value.is_object();
    case Type::kWhole:
      return value.is_number_integer() && value >= 0 && value <= kMaxWhole;
  }
  return false;
}

std::string_view TypeName(Type type) {
  switch (type) {
    case Type::kText:
      return "a text";
    case Type::kBool:
      return "true or false";
    case Type::kObject:
      return "an object";
    case Type::kWhole:
      return "a whole number from 0 to 2^53";
  }
  return "";
}

Status CheckMember(const Kind& kind, const std::string& name, const json::Json& value) {
  for (const Member& member : kind.members) {
    if (member.name != name) continue;
    if (!IsOfType(value, member.type)) {
      return MakeError(ErrorCode::kInvalidArgument, "member '{}' of a {} event must be {}", name,
                       kind.name, TypeName(member.type));
    }
    if (value.is_string() && value.get_ref<const std::string&>().size() > kMaxTextBytes) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "member '{}' of a {} event has {} bytes; at most {} are recorded", name,
                       kind.name, value.get_ref<const std::string&>().size(), kMaxTextBytes);
    }
    return {};
  }
  return MakeError(ErrorCode::kInvalidArgument, "a {} event has no member '{}'", kind.name, name);
}

}  // namespace

std::string_view EventKindName(EventKind kind) { return InfoOf(kind).name; }

std::optional<EventKind> EventKindFromName(std::string_view name) {
  for (const Kind& info : kKinds) {
    if (info.name == name) return info.kind;
  }
  return std::nullopt;
}

bool IsWrittenByTheLog(EventKind kind) {
  return kind == EventKind::kLogStarted || kind == EventKind::kTornTail ||
         kind == EventKind::kSealingStarted || kind == EventKind::kSeal;
}

Event MakeEvent(EventKind kind, std::string run_id, std::string call_id, json::Json data) {
  return {kind, std::move(run_id), std::move(call_id), std::move(data)};
}

Result<Event> MakeIntent(const IntentFields& fields) {
  ASSIGN_OR_RETURN(json::Json arguments, json::Parse(fields.canonical_arguments));
  ASSIGN_OR_RETURN(const std::string canonical, json::Canonical(arguments));
  if (!arguments.is_object() || canonical != fields.canonical_arguments) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "the arguments of '{}' are no canonical JSON object", fields.tool);
  }
  json::Json data = {{"server", fields.server},
                     {"tool", fields.tool},
                     {"effect", fields.effect},
                     {"definition", fields.definition_hash},
                     {"verdict", fields.verdict},
                     {"rule", fields.rule_id},
                     {"policy", fields.policy_hash},
                     {"approver", fields.approver},
                     {"approval", fields.approval_digest},
                     {"nonce", fields.nonce},
                     {"arguments", std::move(arguments)},
                     {"arguments_digest", Sha256Hex(canonical)},
                     {"expires_us", fields.expires_us}};
  if (!fields.program_hash.empty()) data["program"] = fields.program_hash;
  return MakeEvent(EventKind::kIntent, fields.run_id, fields.call_id, std::move(data));
}

Event MakeOutcome(const OutcomeFields& fields) {
  json::Json data = {{"is_error", fields.is_error},
                     {"result_digest", Sha256Hex(fields.result)},
                     {"result_bytes", fields.result.size()},
                     {"duration_us", fields.duration_us},
                     {"intent", fields.intent_seq}};
  if (!fields.undo_id.empty()) data["undo"] = fields.undo_id;
  return MakeEvent(EventKind::kOutcome, fields.run_id, fields.call_id, std::move(data));
}

Status CheckEvent(const Event& event) {
  const Kind& kind = InfoOf(event.kind);
  if (!event.data.is_object()) {
    return MakeError(ErrorCode::kInvalidArgument, "the data of a {} event must be an object",
                     kind.name);
  }
  if (event.run_id.size() > kMaxIdBytes || event.call_id.size() > kMaxIdBytes) {
    return MakeError(ErrorCode::kInvalidArgument, "run and call ids have at most {} bytes",
                     kMaxIdBytes);
  }
  for (const auto& [name, value] : event.data.items()) {
    RETURN_IF_ERROR(CheckMember(kind, name, value));
  }
  return {};
}

}  // namespace weir::audit
