#pragma once
// What policy says about one call.
//
// The public fields are for showing and recording. What Approve trusts is a sealed copy that only
// Policy can fill: a Decision made or changed elsewhere approves nothing. The one change that is
// respected is a stricter `verdict` (a caller may ask where policy allows). A decision is bound to
// the call it was made for and approves at most one ApprovedCall, copies included.

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

namespace weir::policy {

class ApprovedCall;
class Policy;

enum class Verdict { kAllow = 0, kAsk = 1, kDeny = 2 };  // ordered: the larger is stricter

// "allow", "ask", "deny".
std::string_view VerdictName(Verdict verdict);
Verdict Strictest(Verdict a, Verdict b);

struct Decision {
  Verdict verdict = Verdict::kDeny;
  std::string rule_id;  // the rule that decided; "default:..." or "floor:..." when none of the file
  std::string reason;   // one sentence for a person
  std::string policy_hash;  // Policy::hash() of the policy that decided

 private:
  friend class ApprovedCall;
  friend class Policy;

  Verdict sealed_verdict_ = Verdict::kDeny;
  std::string sealed_rule_id_;
  std::string sealed_policy_hash_;
  std::string call_digest_;
  std::string nonce_;  // new for every decision
  // Shared by all copies of one decision, so that together they approve once.
  std::shared_ptr<std::atomic<bool>> spent_;
};

}  // namespace weir::policy
