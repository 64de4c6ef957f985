#pragma once
// What the approval store holds, and its one file as text: docs/formats/approvals.md.
//
// Reading is strict: an unknown version, a missing, unknown or ill-typed member, or a digest that
// does not fit is an error, never a guess. Values; any thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "approvals/standing_rule.h"
#include "base/result.h"
#include "json/json.h"
#include "policy/approved_call.h"

namespace weir::approvals {

inline constexpr int kDocumentVersion = 1;

// A yes that reaches further than one request. Texts of the call's arguments are not kept.
struct Grant {
  std::string id;  // "g-" and 12 hex digits
  policy::Scope scope = policy::Scope::kExact;
  std::string server;
  std::string tool;
  std::string definition_hash;
  std::string sandbox_profile;  // may be empty
  std::string approver;
  int64_t issued_us = 0;  // wall time, as all times here
  int64_t expires_us = 0;
  // Empty while it holds; then why it does not: "revoked", "expired", "run over". Never undone.
  std::string ended;
  int64_t ended_us = 0;

  // kExact: this call, in this run of this process.
  std::string run_id;
  std::string owner;  // of the ApprovalStore that made it; a restarted Weir is another
  std::string policy_hash;
  std::string call_digest;                              // policy::CallDigest, WithoutFacts
  std::map<std::string, std::string> argument_digests;  // SHA-256 of each argument's canonical form

  // kRule.
  std::optional<StandingRule> rule;
};

// A request that waits for a person, as it survives a restart: what is needed to list it and to
// know the call again, and nothing that could grant it.
struct PendingRecord {
  std::string id;  // "r-" and 12 hex digits
  std::string run_id;
  std::string call_id;
  std::string server;
  std::string tool;
  std::string effect;
  std::string call_digest;
  std::string action;  // one line, as shown
  std::string reason;
  int64_t submitted_us = 0;
};

struct Document {
  int64_t high_water_us = 0;  // the latest time that was ever seen
  std::vector<Grant> grants;  // in the order of issuing, ended ones included
  std::vector<PendingRecord> pending;
};

// One line of canonical JSON. Error kInvalidArgument when a text has no canonical form.
Result<std::string> WriteDocument(const Document& document);

// `name` is what errors call the file. Errors: kUnsupported (another version), kCorruptData.
Result<Document> ReadDocument(std::string_view text, std::string_view name);

// For --json output; the same members as in the file.
json::Json ToJson(const Grant& grant);
json::Json ToJson(const PendingRecord& record);

}  // namespace weir::approvals
