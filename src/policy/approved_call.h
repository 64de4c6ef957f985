#pragma once
// The right to run one call, once. tools::Execute takes nothing else.
//
// Only Approve makes one (private constructor), from a decision of Policy and, where that says ask,
// a person's yes that is bound to exactly what was shown. It is move-only and single-use, carries
// the canonical argument bytes that were judged and shown, and runs out. Every way of changing a
// field on the way ends in a refusal.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/json.h"
#include "policy/call.h"
#include "policy/decision.h"

namespace weir::policy {

// How long an approved call may wait before it runs.
inline constexpr int64_t kDefaultLifetimeUs = 60'000'000;

// How far a yes reaches: this request; this exact call as often as it comes in this run; every call
// that a rule matches. What reaches further than once is kept by approvals/store.h.
enum class Scope { kOnce, kExact, kRule };

// "once", "exact", "rule".
std::string_view ScopeName(Scope scope);
std::optional<Scope> ScopeFromName(std::string_view name);

// What a call is about to act on, and a digest (hex) of the state in which that was looked at.
struct Precondition {
  std::string target;  // such as a workspace path
  std::string digest;
  bool operator==(const Precondition&) const = default;
};

// Sorted by target. Error kInvalidArgument: an empty target or digest, or one target twice.
Result<std::vector<Precondition>> CanonicalPreconditions(std::vector<Precondition> list);

// What an approval is bound to besides call and decision. It is shown, and part of the request's
// digest. An empty member binds nothing.
struct BoundState {
  std::string sandbox_profile{};              // hash of the profile that the call will run under
  std::vector<Precondition> preconditions{};  // in any order
  std::string typed_word{};                   // what the person must type for their yes to count
};

// What a person said to an approval request. Whoever shows the request computes RequestDigest from
// the very values it shows.
struct Answer {
  bool yes = false;
  std::string approver;        // who, as recorded: "terminal", "api:NAME", "grant:ID", ...
  std::string request_digest;  // RequestDigest of what was shown
  Scope scope = Scope::kOnce;
  std::string typed{};   // compared with BoundState::typed_word
  std::string reason{};  // for the record; may be empty
  // The person wants the call with these arguments instead. That is another call, to be judged and
  // asked anew: an answer that has them approves nothing.
  std::optional<json::Json> edited_arguments{};
};

// When and for what an approval is made.
struct ApprovalContext {
  std::string run_id{};
  std::string call_id{};
  int64_t now_us = 0;  // wall time, Clock::UnixMicros
  int64_t lifetime_us = kDefaultLifetimeUs;
  BoundState bound{};  // as in the request that was answered
};

// Everything an approved call stands for.
struct ApprovedFields {
  std::string run_id;
  std::string call_id;
  std::string server;
  std::string tool;
  std::string effect;
  std::string arguments;  // canonical JSON bytes (RFC 8785)
  std::string definition_hash;
  std::string policy_hash;
  Verdict verdict = Verdict::kDeny;  // allow, or one that a person said yes to
  std::string rule_id;
  std::string approver;  // "policy" when the verdict is allow
  std::string nonce;     // unique for every approval
  int64_t issued_us = 0;
  int64_t expires_us = 0;
  std::string sandbox_profile{};              // empty: not bound
  std::vector<Precondition> preconditions{};  // canonical; empty: not bound
};

// What is true at the moment of running; anything else than what was approved refuses.
struct PresentState {
  std::string definition_hash;  // of the tool that is about to run
  std::string policy_hash;      // of the policy in force
  int64_t now_us = 0;           // wall time, Clock::UnixMicros
  // Compared when the approval is bound to them; then every target, and no other, must be here.
  std::string sandbox_profile{};
  std::vector<Precondition> preconditions{};
};

class ApprovedCall {
 public:
  ApprovedCall(ApprovedCall&&) noexcept = default;
  ApprovedCall& operator=(ApprovedCall&&) noexcept = default;
  ApprovedCall(const ApprovedCall&) = delete;
  ApprovedCall& operator=(const ApprovedCall&) = delete;

  // For showing and recording. Looking does not spend it.
  const ApprovedFields& fields() const { return fields_; }
  // SHA-256 (hex) over the canonical form of all fields.
  const std::string& digest() const { return digest_; }

  // Spends the call: of all calls of Consume, from any number of threads, at most one succeeds. A
  // refused attempt spends it too. Error kPermissionDenied: already used (or moved from), expired
  // or from the future; the tool's definition, the policy, the sandbox profile or a target changed
  // (the message names it); a field changed.
  Result<ApprovedFields> Consume(const PresentState& present);

 private:
  friend Result<ApprovedCall> Approve(const ProposedCall& call, const Decision& decision,
                                      const std::optional<Answer>& answer,
                                      const ApprovalContext& context);
  friend Result<std::string> RequestDigest(const ProposedCall& call, const Decision& decision,
                                           const BoundState& bound);

  ApprovedCall(ApprovedFields fields, std::string digest);
  Status CheckPresent(const PresentState& present) const;
  static Status CheckSeal(const ProposedCall& call, const Decision& decision);
  static Result<std::string> DigestOfRequest(const ProposedCall& call, const Decision& decision,
                                             const BoundState& bound);
  static Result<ApprovedFields> Grant(const ProposedCall& call, const Decision& decision,
                                      const std::optional<Answer>& answer,
                                      const ApprovalContext& context);

  ApprovedFields fields_;
  std::string digest_;
  std::unique_ptr<std::atomic<bool>> spent_;  // null when moved from: spent
};

// The digest (hex) that an Answer must carry: over the call, the verdict, rule, reason and policy
// hash as shown, the decision's nonce, and `bound`. Error when the decision is not one of Policy
// for `call`, or `bound` is not canonical.
Result<std::string> RequestDigest(const ProposedCall& call, const Decision& decision,
                                  const BoundState& bound = {});

// True for the verdict that asks a person to type the target's name.
bool NeedsTypedWord(Verdict verdict);

// The name to type for such a call: the last part of its first path argument, without one its first
// text; the tool's name where that is empty, long or can not be typed.
std::string TargetName(const ProposedCall& call);

// The only maker of ApprovedCall. Needs the decision of Policy for exactly this call, not used
// before, with verdict allow, or one that asks and an answer yes bound to it. Everything else is
// kPermissionDenied with the reason. An answer given where the verdict is allow is checked all the
// same: a no, or one for another request, denies. Any thread.
Result<ApprovedCall> Approve(const ProposedCall& call, const Decision& decision,
                             const std::optional<Answer>& answer, const ApprovalContext& context);

}  // namespace weir::policy
