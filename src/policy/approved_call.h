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

#include "base/result.h"
#include "policy/call.h"
#include "policy/decision.h"

namespace weir::policy {

// How long an approved call may wait before it runs.
inline constexpr int64_t kDefaultLifetimeUs = 60'000'000;

// What a person said to an approval request. Whoever shows the request computes RequestDigest from
// the very values it shows.
struct Answer {
  bool yes = false;
  std::string approver;        // who, as recorded: "terminal", "api:NAME", ...
  std::string request_digest;  // RequestDigest of what was shown
};

// When and for what an approval is made.
struct ApprovalContext {
  std::string run_id;
  std::string call_id;
  int64_t now_us = 0;  // wall time, Clock::UnixMicros
  int64_t lifetime_us = kDefaultLifetimeUs;
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
  Verdict verdict = Verdict::kDeny;  // allow, or ask with a person's yes
  std::string rule_id;
  std::string approver;  // "policy" when the verdict is allow
  std::string nonce;     // unique for every approval
  int64_t issued_us = 0;
  int64_t expires_us = 0;
};

// What is true at the moment of running; anything else than what was approved refuses.
struct PresentState {
  std::string definition_hash;  // of the tool that is about to run
  std::string policy_hash;      // of the policy in force
  int64_t now_us = 0;           // wall time, Clock::UnixMicros
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
  // or from the future, the tool's definition or the policy changed, a field changed.
  Result<ApprovedFields> Consume(const PresentState& present);

 private:
  friend Result<ApprovedCall> Approve(const ProposedCall& call, const Decision& decision,
                                      const std::optional<Answer>& answer,
                                      const ApprovalContext& context);
  friend Result<std::string> RequestDigest(const ProposedCall& call, const Decision& decision);

  ApprovedCall(ApprovedFields fields, std::string digest);
  static Status CheckSeal(const ProposedCall& call, const Decision& decision);
  static Result<std::string> DigestOfRequest(const ProposedCall& call, const Decision& decision);
  static Result<ApprovedFields> Grant(const ProposedCall& call, const Decision& decision,
                                      const std::optional<Answer>& answer,
                                      const ApprovalContext& context);

  ApprovedFields fields_;
  std::string digest_;
  std::unique_ptr<std::atomic<bool>> spent_;  // null when moved from: spent
};

// The digest (hex) that an Answer must carry: over the call, the verdict, rule, reason and policy
// hash as shown, and the decision's nonce. Error when the decision is not one of Policy for `call`.
Result<std::string> RequestDigest(const ProposedCall& call, const Decision& decision);

// The only maker of ApprovedCall. Needs the decision of Policy for exactly this call, not used
// before, with verdict allow, or ask and an answer yes bound to it. Everything else is
// kPermissionDenied with the reason. An answer given where the verdict is allow is checked all the
// same: a no, or one for another request, denies. Any thread.
Result<ApprovedCall> Approve(const ProposedCall& call, const Decision& decision,
                             const std::optional<Answer>& answer, const ApprovalContext& context);

}  // namespace weir::policy
