#pragma once
// What can be written to the audit log. docs/formats/audit_log.md lists the members of each kind.
//
// The set of members is closed: Append refuses an event with a member that its kind does not have,
// so reasoning, answers and result texts have no place to slip into. Values; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "json/json.h"

namespace weir::audit {

enum class EventKind {
  kLogStarted,      // format                                            (written by the log itself)
  kTornTail,        // bytes, digest, file                               (written by the log itself)
  kSealingStarted,  // format, key_id                                (written by the log itself)
  kSeal,            // epoch, first, last, root, mac                 (written by the log itself)
  kRunStarted,      // interface, model, model_hash, policy, workspace, version, dry_run
  kDecision,  // server, tool, effect, definition, verdict, rule, reason, policy, arguments_digest
  kApproval,  // answer, by, request, reason
  kIntent,  // server, tool, effect, definition, program, verdict, rule, policy, approver, approval,
            // nonce, arguments, arguments_digest, expires_us
  kOutcome,      // is_error, result_digest, result_bytes, duration_us, intent, undo
  kDenied,       // by, reason, server, tool, effect
  kRunFinished,  // outcome, duration_us, n_calls
  kUndo,         // undo, action, is_error, digest
  kNotice,       // notice, subject: something that a person was shown, such as a licence condition
};
// Where payloads are kept apart (payload.h), X_commitment and X_payload stand in place of X.

// "run_started", ...
std::string_view EventKindName(EventKind kind);
std::optional<EventKind> EventKindFromName(std::string_view name);
// Whether only the log itself writes events of this kind.
bool IsWrittenByTheLog(EventKind kind);

struct Event {
  EventKind kind = EventKind::kNotice;
  std::string run_id;   // may be empty
  std::string call_id;  // may be empty
  json::Json data = json::Json::object();
};

Event MakeEvent(EventKind kind, std::string run_id, std::string call_id,
                json::Json data = json::Json::object());

// Everything about a call that is about to have its effect.
struct IntentFields {
  std::string run_id;
  std::string call_id;
  std::string server;
  std::string tool;
  std::string effect;
  std::string definition_hash;
  std::string verdict;  // allow or ask
  std::string rule_id;
  std::string policy_hash;
  std::string approver;
  std::string approval_digest;  // policy::ApprovedCall::digest()
  std::string nonce;
  std::string canonical_arguments;  // JSON object, RFC 8785
  int64_t expires_us = 0;
  std::string program_hash;  // of the MCP server that runs it; empty: Weir itself, or not known
};
// Error kInvalidArgument when the arguments are no canonical JSON object.
Result<Event> MakeIntent(const IntentFields& fields);

struct OutcomeFields {
  std::string run_id;
  std::string call_id;
  uint64_t intent_seq = 0;  // as Append returned it for the intent
  bool is_error = false;
  std::string_view result;  // only its digest and size are written
  int64_t duration_us = 0;
  std::string undo_id;  // empty: none
};
Event MakeOutcome(const OutcomeFields& fields);

// Error kInvalidArgument when a member is unknown, of the wrong type, or a text (other than the
// arguments) is longer than 16 KiB.
Status CheckEvent(const Event& event);

}  // namespace weir::audit
