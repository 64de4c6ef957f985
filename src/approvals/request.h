#pragma once
// The question that a person is asked, and what every front end shows of it.
//
// Everything in a view is put together by Weir from the call that will run; nothing of it is a
// model's description. Texts are raw: whoever shows them escapes them. Values; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "approvals/standing_rule.h"
#include "base/result.h"
#include "json/json.h"
#include "policy/approved_call.h"
#include "policy/call.h"
#include "policy/decision.h"

namespace weir::approvals {

// Where an argument's value came from, such as {"to", "mail 3 (untrusted)"}.
struct ArgumentOrigin {
  std::string argument;
  std::string origin;
};

struct ApprovalRequest {
  policy::ProposedCall call;
  policy::Decision decision;  // of policy, for exactly this call; not used yet
  policy::BoundState bound{};
  std::string run_id{};
  std::string call_id{};
  std::string action{};           // one line: "delete old.log"
  std::string preview{};          // what would change; empty: there is none
  std::string server_identity{};  // as Weir knows it: binary and its hash, address; may be empty
  bool reversible = false;        // `weir undo` takes it back
  std::vector<ArgumentOrigin> origins{};
  std::string asked_again{};           // GrantMatch::reason of a near grant
  std::optional<StandingRule> rule{};  // what the scope `rule` would grant
  bool can_stand = false;              // there is a store that can keep more than once
};

struct ApprovalView {
  std::string id;              // in the queue; empty when it is in none
  std::string request_digest;  // what an answer must carry
  std::string run_id;
  std::string call_id;
  std::string action;
  std::string server;
  std::string server_identity;
  std::string tool;
  std::string effect;
  std::string definition_hash;
  std::string canonical_arguments;  // what runs, byte for byte
  json::Json arguments;             // the same, parsed
  std::string preview;
  std::vector<ArgumentOrigin> origins;
  std::string verdict;
  std::string rule_id;
  std::string reason;
  std::string policy_hash;
  std::string asked_again;
  std::string sandbox_profile;
  std::vector<policy::Precondition> preconditions;
  bool reversible = false;
  std::vector<policy::Scope> scopes;  // that an answer may have
  std::optional<StandingRule> rule;   // when the scopes have `rule`
  std::string typed_word;             // to be typed with a yes; empty: nothing
  int64_t remaining_us = -1;          // until it is denied by itself; -1: not counted
  bool paused = false;                // the count stands still
};

// The scopes that a yes to this request may have. More than once needs a store, a verdict of
// exactly `ask`, and nothing to type.
std::vector<policy::Scope> AllowedScopes(const ApprovalRequest& request);

// Error when the decision is not one of policy for this call (RequestDigest).
Result<ApprovalView> MakeView(const ApprovalRequest& request);

// For the API: every member, scopes by name, `text` of the rule with its two examples.
json::Json ToJson(const ApprovalView& view);

}  // namespace weir::approvals
