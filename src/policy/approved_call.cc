#include "policy/approved_call.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/crypto.h"
#include "json/json.h"
#include "policy/path.h"

namespace weir::policy {
namespace {

// Nothing that a person approved an hour ago is still what they see.
constexpr int64_t kMaxLifetimeUs = 3'600'000'000;
constexpr int64_t kMaxTimeUs = int64_t{1} << 52;  // the year 2112; leaves room to add a lifetime
constexpr size_t kMaxTypedBytes = 100;            // nobody types more than this without copying

template <class... Args>
tl::unexpected<Error> Refuse(fmt::format_string<Args...> format, Args&&... args) {
  return MakeError(ErrorCode::kPermissionDenied, format, std::forward<Args>(args)...);
}

json::Json PreconditionsJson(const std::vector<Precondition>& list) {
  json::Json out = json::Json::array();
  for (const Precondition& one : list) out.push_back(json::Json::array({one.target, one.digest}));
  return out;
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
                              {"expires_us", f.expires_us},
                              {"profile", f.sandbox_profile},
                              {"preconditions", PreconditionsJson(f.preconditions)}};
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

Status CheckAnswer(const Answer& answer, const std::string& request_digest,
                   const std::string& typed_word) {
  if (answer.edited_arguments) {
    return Refuse("the arguments were edited: that is another call, to be judged and asked anew");
  }
  if (!answer.yes) return Refuse("the answer was no");
  if (answer.approver.empty()) return Refuse("the answer does not say whose it is");
  if (answer.request_digest != request_digest) {
    return Refuse("the answer was given to another request than this; ask again");
  }
  if (answer.typed != typed_word && !typed_word.empty()) {
    return Refuse("the yes needs the name '{}' typed exactly", typed_word);
  }
  return {};
}

// Both canonical. Names the first target that is not as approved.
Status ComparePreconditions(const std::vector<Precondition>& approved,
                            const std::vector<Precondition>& present, const std::string& tool) {
  const auto find = [](const std::vector<Precondition>& list, const std::string& target) {
    return std::find_if(list.begin(), list.end(),
                        [&](const Precondition& one) { return one.target == target; });
  };
  for (const Precondition& one : approved) {
    const auto now = find(present, one.target);
    if (now == present.end()) {
      return Refuse("'{}' was approved with the state of '{}', which was not looked at again", tool,
                    one.target);
    }
    if (now->digest != one.digest) {
      return Refuse("'{}' changed since '{}' was approved; look at it and ask again", one.target,
                    tool);
    }
  }
  for (const Precondition& one : present) {
    if (find(approved, one.target) != approved.end()) continue;
    return Refuse("'{}' would act on '{}', which was not part of what was approved; ask again",
                  tool, one.target);
  }
  return {};
}

}  // namespace

std::string_view ScopeName(Scope scope) {
  switch (scope) {
    case Scope::kOnce:
      return "once";
    case Scope::kExact:
      return "exact";
    case Scope::kRule:
      return "rule";
  }
  return "once";
}

std::optional<Scope> ScopeFromName(std::string_view name) {
  for (const Scope scope : {Scope::kOnce, Scope::kExact, Scope::kRule}) {
    if (ScopeName(scope) == name) return scope;
  }
  return std::nullopt;
}

Result<std::vector<Precondition>> CanonicalPreconditions(std::vector<Precondition> list) {
  std::sort(list.begin(), list.end(), [](const Precondition& a, const Precondition& b) {
    return std::tie(a.target, a.digest) < std::tie(b.target, b.digest);
  });
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i].target.empty() || list[i].digest.empty()) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "a precondition needs a target and a digest; found '{}' and '{}'",
                       list[i].target, list[i].digest);
    }
    if (i > 0 && list[i].target == list[i - 1].target) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "'{}' stands twice among the preconditions; give each target once",
                       list[i].target);
    }
  }
  return list;
}

bool NeedsTypedWord(Verdict verdict) { return verdict == Verdict::kAskTyped; }

std::string TargetName(const ProposedCall& call) {
  const auto text_of = [&](const std::string& name) -> std::string {
    const auto found = call.arguments.find(name);
    return found != call.arguments.end() && found->is_string() ? found->get<std::string>() : "";
  };
  std::string word;
  if (!call.arguments.is_object()) return call.tool;
  for (const std::string& name : call.path_arguments) {
    const Result<std::string> path = NormalPath(text_of(name));
    if (!word.empty() || !path || *path == ".") continue;
    word = path->substr(path->rfind('/') + 1);  // npos + 1 is 0
  }
  for (const auto& [name, value] : call.arguments.items()) {
    if (word.empty() && value.is_string()) word = value.get<std::string>();
  }
  const bool typeable = std::none_of(word.begin(), word.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  const bool fits = !word.empty() && word.size() <= kMaxTypedBytes;
  return fits && typeable && word.front() != ' ' && word.back() != ' ' ? word : call.tool;
}

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
                                                  const Decision& decision,
                                                  const BoundState& bound) {
  RETURN_IF_ERROR(CheckSeal(call, decision));
  ASSIGN_OR_RETURN(const std::vector<Precondition> preconditions,
                   CanonicalPreconditions(bound.preconditions));
  const Verdict verdict = Strictest(decision.verdict, decision.sealed_verdict_);
  const json::Json content = {
      {"call", decision.call_digest_},    {"verdict", std::string(VerdictName(verdict))},
      {"rule", decision.rule_id},         {"reason", decision.reason},
      {"policy", decision.policy_hash},   {"nonce", decision.nonce_},
      {"profile", bound.sandbox_profile}, {"preconditions", PreconditionsJson(preconditions)},
      {"typed_word", bound.typed_word}};
  ASSIGN_OR_RETURN(const std::string bytes, json::Canonical(content));
  return Sha256Hex(bytes);
}

Result<ApprovedFields> ApprovedCall::Grant(const ProposedCall& call, const Decision& decision,
                                           const std::optional<Answer>& answer,
                                           const ApprovalContext& context) {
  ASSIGN_OR_RETURN(const std::string request_digest,
                   DigestOfRequest(call, decision, context.bound));
  // Relaxed order would do: only the one winner goes on, and it reads nothing others wrote. A no
  // and a failed check count as the one use too, so that no second answer can follow them.
  if (decision.spent_->exchange(true)) {
    return Refuse("the decision about '{}' was used already; decide again", call.tool);
  }
  const Verdict verdict = Strictest(decision.verdict, decision.sealed_verdict_);
  if (verdict == Verdict::kDeny) return Refuse("denied: {}", decision.reason);
  if (NeedsPerson(verdict) && !answer) return Refuse("'{}' needs a person's yes", call.tool);
  if (NeedsTypedWord(verdict) && context.bound.typed_word.empty()) {
    return Refuse("'{}' needs a typed name, and the request named none", call.tool);
  }
  if (answer) RETURN_IF_ERROR(CheckAnswer(*answer, request_digest, context.bound.typed_word));
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
  fields.sandbox_profile = context.bound.sandbox_profile;
  ASSIGN_OR_RETURN(fields.preconditions, CanonicalPreconditions(context.bound.preconditions));
  return fields;
}

Status ApprovedCall::CheckPresent(const PresentState& present) const {
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
  if (!fields_.sandbox_profile.empty() && present.sandbox_profile != fields_.sandbox_profile) {
    return Refuse("'{}' would run in another sandbox than was approved; ask again", fields_.tool);
  }
  if (fields_.preconditions.empty()) return {};
  ASSIGN_OR_RETURN(const std::vector<Precondition> now,
                   CanonicalPreconditions(present.preconditions));
  return ComparePreconditions(fields_.preconditions, now, fields_.tool);
}

Result<ApprovedFields> ApprovedCall::Consume(const PresentState& present) {
  // Acquire-release, so that what the winner does happens after what any earlier owner did.
  if (spent_ == nullptr || spent_->exchange(true, std::memory_order_acq_rel)) {
    return Refuse("the approval of '{}' was used already", fields_.tool);
  }
  // Whatever went wrong, the result is a denial.
  if (Status same = CheckPresent(present); !same) return Refuse("{}", same.error().message);
  ASSIGN_OR_RETURN(const std::string digest, DigestOf(fields_));
  if (digest != digest_) return Refuse("the approval of '{}' is damaged", fields_.tool);
  return fields_;
}

Result<std::string> RequestDigest(const ProposedCall& call, const Decision& decision,
                                  const BoundState& bound) {
  return ApprovedCall::DigestOfRequest(call, decision, bound);
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
