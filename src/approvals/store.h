#pragma once
// Standing grants and pending requests, in STATE/approvals/: docs/formats/approvals.md.
//
//   * A grant counts only while the file that holds it is whole, of a known version and writable by
//     its owner alone. Anything else is an error of every call here, which callers show, and treat
//     as no grant.
//   * What has ended (revoked, expired, run over) never counts again, also when the clock goes
//   back:
//     the latest time ever seen is kept, and while the clock is more than five minutes behind it no
//     grant counts.
//   * What is pending after a restart is pending still, and never granted: a new decision and a new
//     answer are needed. A yes for once is not written at all.
//
// Every operation takes a lock file, reads, and replaces the file durably; several processes and
// any number of threads may use one folder. Times are wall time in microseconds
// (Clock::UnixMicros).

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "approvals/document.h"
#include "approvals/grant_match.h"
#include "base/result.h"
#include "policy/approved_call.h"
#include "policy/call.h"
#include "policy/decision.h"

namespace weir::approvals {

inline constexpr int64_t kMicrosPerDay = 86'400'000'000;
inline constexpr int64_t kMaxRuleLifetimeUs = 90 * kMicrosPerDay;
inline constexpr int64_t kDefaultRuleLifetimeUs = 30 * kMicrosPerDay;
inline constexpr int64_t kExactLifetimeUs = kMicrosPerDay;  // no run is longer

// What a person granted beyond once.
struct NewGrant {
  policy::Scope scope = policy::Scope::kExact;
  std::string approver;
  int64_t lifetime_us = 0;             // kRule: at most kMaxRuleLifetimeUs; kExact: not looked at
  std::optional<StandingRule> rule{};  // kRule
};

class ApprovalStore {
 public:
  // Makes `folder` 0700. `known` is what rules may refer to. Reads the file once: errors as below.
  // With `ignore_damage` (for revoking everything) its content is not looked at.
  static Result<std::unique_ptr<ApprovalStore>> Open(std::string folder,
                                                     std::vector<policy::KnownTool> known,
                                                     bool ignore_damage = false);

  // ---- grants ----

  // Keeps a grant. Error kPermissionDenied where policy does not say `ask` for the call,
  // kInvalidArgument for a scope of once, no approver, a rule that does not hold for its examples
  // or does not match the call, a lifetime out of bounds; kResourceExhausted at 64 grants.
  Result<Grant> Add(const Wanted& granted, const NewGrant& grant, int64_t now_us);

  // The grant that covers the call, or why the person is asked again. An error is no grant.
  Result<GrantMatch> Match(const Wanted& wanted, int64_t now_us);

  // All that hold, and the last ones that ended.
  Result<std::vector<Grant>> Grants(int64_t now_us);

  // kNotFound when there is no such grant; one that has ended already is left as it is.
  Status Revoke(const std::string& id, int64_t now_us);
  // The number of grants that held. Also what puts a damaged file and a clock that went back right:
  // a file that can not be read is set aside as approvals.json.damaged.
  Result<int> RevokeAll(int64_t now_us);
  // Ends the exact grants of a run.
  Status EndRun(const std::string& run_id, int64_t now_us);

  // ---- requests ----

  // Keeps a request until RemovePending, or for a day where its run was killed. An empty
  // `record.id` gets a new one; returns the id.
  // kResourceExhausted at 256 requests, kInvalidArgument when the id is of another call.
  Result<std::string> AddPending(PendingRecord record, int64_t now_us);
  // Nothing happens when there is no such request.
  Status RemovePending(const std::string& id, int64_t now_us);
  Result<std::vector<PendingRecord>> Pending();

  const std::vector<policy::KnownTool>& known() const { return known_; }

 private:
  ApprovalStore(std::string folder, std::vector<policy::KnownTool> known);
  std::string Path() const { return folder_ + "/approvals.json"; }
  Result<Document> Load() const;
  Status Save(Document& document, int64_t now_us) const;

  const std::string folder_;
  const std::vector<policy::KnownTool> known_;
  const std::string owner_;  // exact grants are for this object alone
};

}  // namespace weir::approvals
