#include "policy/approved_call.h"

#include "base/crypto.h"
#include "json/json.h"

namespace weir::policy {
namespace {

// Nothing that a person approved an hour ago is still what they see.
constexpr int64_t kMaxLifetimeUs = 3'600'000'000;
constexpr int64_t kMaxTimeUs = int64_t{1} << 52;  // the year 2112; leaves room to add a lifetime

template <class... Args>
tl::unexpected<Error> Refuse(fmt::format_string<Args...> format, Args&&... args) {
  return MakeError(ErrorCode::kPermissionDenied, format, std::forward<Args>(args)...);
}

Result<std::string> DigestOf(const ApprovedFields& f) {
  const json::Json content = {{"run", f.run_id},
                              {"call", f.call_id},
                              {"server", f.server},
                              {"tool", f.tool},
                              {"effect", f.effect},
                              {"arguments", f.arguments},
                              {"definition", f.definition_hash},
                              {"policy", f.policy_hash},
                              {"verdict", std::string(VerdictName(f.verdict))},
                              {"rule", f.rule_id},
                              {"approver", f.approver},
                              {"nonce", f.nonce},
                              {"issued_us", f.issued_us},
                              {"expires_us", f.expires_us}};
  ASSIGN_OR_RETURN(const std::string bytes, json::Canonical(content));
  return Sha256Hex(bytes);
}

Status CheckContext(const ApprovalContext& context) {
  const bool now_fits = context.now_us > 0 && context.now_us < kMaxTimeUs;
  if (!now_fits || context.lifetime_us <= 0 || context.lifetime_us > kMaxLifetimeUs) {
    return Refuse("an approval at {} us for {} us; expected a time after 1970 and up to an hour",
                  context.now_us, context.lifetime_us);
  }
  return {};
}

Status CheckAnswer(const Answer& answer, const std::string& request_digest) {
  if (!answer.yes) return Refuse("the answer was no");
  if (answer.approver.empty()) return Refuse("the answer does not say whose it is");
  if (answer.request_digest != request_digest) {
    return Refuse("the answer was given to another request than this; ask again");
  }
  return {};
}

}  // namespace

ApprovedCall::ApprovedCall(ApprovedFields fields, std::string digest)
    : fields_(std::move(fields)),
      digest_(std::move(digest)),
      spent_(std::make_unique<std::atomic<bool>>(false)) {}

Status ApprovedCall::CheckSeal(const ProposedCall& call, const Decision& decision) {
  if (decision.spent_ == nullptr) {
    return Refuse("no policy made this decision about '{}'", call.tool);
  }
  ASSIGN_OR_RETURN(const std::string call_digest, CallDigest(call));
  if (call_digest != decision.call_digest_) {
    return Refuse("the decision was made for another call than this one of '{}'", call.tool);
  }
  if (decision.rule_id != decision.sealed_rule_id_ ||
      decision.policy_hash != decision.sealed_policy_hash_) {
    return Refuse("the decision about '{}' was changed after policy made it", call.tool);
  }
  return {};
}

Result<std::string> ApprovedCall::DigestOfRequest(const ProposedCall& call,
                                                  const Decision& decision) {
  RETURN_IF_ERROR(CheckSeal(call, decision));
  const Verdict verdict = Strictest(decision.verdict, decision.sealed_verdict_);
  const json::Json content = {
      {"call", decision.call_digest_},  {"verdict", std::string(VerdictName(verdict))},
      {"rule", decision.rule_id},       {"reason", decision.reason},
      {"policy", decision.policy_hash}, {"nonce", decision.nonce_}};
  ASSIGN_OR_RETURN(const std::string bytes, json::Canonical(content));
  return Sha256Hex(bytes);
}

Result<ApprovedFields> ApprovedCall::Grant(const ProposedCall& call, const Decision& decision,
                                           const std::optional<Answer>& answer,
                                           const ApprovalContext& context) {
  ASSIGN_OR_RETURN(const std::string request_digest, DigestOfRequest(call, decision));
  // Relaxed order would do: only the one winner goes on, and it reads nothing others wrote. A no
  // and a failed check count as the one use too, so that no second answer can follow them.
  if (decision.spent_->exchange(true)) {
    return Refuse("the decision about '{}' was used already; decide again", call.tool);
  }
  const Verdict verdict = Strictest(decision.verdict, decision.sealed_verdict_);
  if (verdict == Verdict::kDeny) return Refuse("denied: {}", decision.reason);
  if (NeedsPerson(verdict) && !answer) return Refuse("'{}' needs a person's yes", call.tool);
  if (answer) RETURN_IF_ERROR(CheckAnswer(*answer, request_digest));
  RETURN_IF_ERROR(CheckContext(context));

  ApprovedFields fields;
  fields.run_id = context.run_id;
  fields.call_id = context.call_id;
  fields.server = call.server;
  fields.tool = call.tool;
  fields.effect = call.effect;
  ASSIGN_OR_RETURN(fields.arguments, CanonicalArguments(call));
  fields.definition_hash = call.definition_hash;
  fields.policy_hash = decision.policy_hash;
  fields.verdict = verdict;
  fields.rule_id = decision.rule_id;
  fields.approver = answer ? answer->approver : "policy";
  fields.nonce = decision.nonce_;
  fields.issued_us = context.now_us;
  fields.expires_us = context.now_us + context.lifetime_us;
  return fields;
}

Result<ApprovedFields> ApprovedCall::Consume(const PresentState& present) {
  // Acquire-release, so that what the winner does happens after what any earlier owner did.
  if (spent_ == nullptr || spent_->exchange(true, std::memory_order_acq_rel)) {
    return Refuse("the approval of '{}' was used already", fields_.tool);
  }
  if (present.now_us < fields_.issued_us) {
    return Refuse("the approval of '{}' is from the future: the clock went back; ask again",
                  fields_.tool);
  }
  if (present.now_us >= fields_.expires_us) {
    return Refuse("the approval of '{}' ran out {} s ago; ask again", fields_.tool,
                  (present.now_us - fields_.expires_us) / 1'000'000);
  }
  if (present.definition_hash != fields_.definition_hash) {
    return Refuse("the definition of '{}' changed since it was approved; ask again", fields_.tool);
  }
  if (present.policy_hash != fields_.policy_hash) {
    return Refuse("the policy changed since '{}' was approved; ask again", fields_.tool);
  }
  ASSIGN_OR_RETURN(const std::string digest, DigestOf(fields_));
  if (digest != digest_) return Refuse("the approval of '{}' is damaged", fields_.tool);
  return fields_;
}

Result<std::string> RequestDigest(const ProposedCall& call, const Decision& decision) {
  return ApprovedCall::DigestOfRequest(call, decision);
}

Result<ApprovedCall> Approve(const ProposedCall& call, const Decision& decision,
                             const std::optional<Answer>& answer, const ApprovalContext& context) {
  Result<ApprovedFields> fields = ApprovedCall::Grant(call, decision, answer, context);
  // Whatever went wrong, the result is a denial.
  if (!fields) return Refuse("{}", fields.error().message);
  Result<std::string> digest = DigestOf(*fields);
  if (!digest) return Refuse("{}", digest.error().message);
  return ApprovedCall(std::move(*fields), std::move(*digest));
}

}  // namespace weir::policy
