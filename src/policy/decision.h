#pragma once
// What policy says about one call.
//
// The public fields are for showing and recording. What Approve trusts is a sealed copy that only
// Policy can fill: a Decision made or changed elsewhere approves nothing. The one change that is
// respected is a stricter `verdict` (a caller may ask where policy allows). A decision is bound to
// the call it was made for and approves at most one ApprovedCall, copies included.

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace weir::policy {

class ApprovedCall;
class Policy;

// Ordered: the larger is stricter.
enum class Verdict {
  kAllow = 0,
  kAsk = 1,       // a person says yes
  kPreview = 2,   // a person says yes to an exact diff; refused where none can be had
  kAskTyped = 3,  // a person types the name of what is acted upon
  kDeny = 4,
};

// "allow", "ask", "preview", "ask-typed", "deny".
std::string_view VerdictName(Verdict verdict);
std::optional<Verdict> VerdictFromName(std::string_view name);
Verdict Strictest(Verdict a, Verdict b);
// True for what is suspended until a person says yes: ask, preview and ask-typed.
bool NeedsPerson(Verdict verdict);

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
