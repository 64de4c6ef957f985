#include "app/standing_grants.h"

#include <fmt/format.h>

#include <utility>

#include "approvals/render.h"

namespace weir::app {
namespace {

approvals::Wanted WantedOf(const agent::RequestApproval& request) {
  return {request.call, request.decision, request.run_id, request.bound.sandbox_profile};
}

}  // namespace

approvals::ApprovalRequest RequestFor(const agent::RequestApproval& request,
                                      const approvals::ApprovalStore* store) {
  approvals::ApprovalRequest shown{.call = request.call, .decision = request.decision};
  shown.bound = request.bound;
  shown.run_id = request.run_id;
  shown.call_id = request.call_id;
  shown.action = request.preview.action;
  shown.preview = request.preview.body;
  // The worker of the built-in tools keeps an undo record of every change, and so does the commit
  // of what a stranger's tool was seen to change in a view.
  const bool is_kept = request.call.server == policy::kBuiltinServer || request.preview.is_exact;
  shown.reversible = is_kept && (request.call.effect == "write" || request.call.effect == "delete");
  // Where such a preview has nothing to add, its one line says it all.
  if (shown.reversible && shown.preview.empty()) shown.preview = shown.action;
  shown.asked_again = request.asked_again;
  shown.can_stand = store != nullptr;
  if (store == nullptr) return shown;
  if (Result<approvals::StandingRule> rule = approvals::SuggestRule(request.call, store->known())) {
    shown.rule = std::move(*rule);
  }
  return shown;
}

policy::Answer StandingGrants::Decide(const agent::RequestApproval& request, std::stop_token stop) {
  agent::RequestApproval asked = request;
  const Result<std::string> digest =
      policy::RequestDigest(request.call, request.decision, request.bound);
  if (digest && request.bound.typed_word.empty()) {
    const Result<approvals::GrantMatch> match =
        store_.Match(WantedOf(request), clock_.UnixMicros());
    if (!match) {
      Show({agent::NoticeKind::kToolError, "no grant counts: " + match.error().message, ""});
    } else if (!match->grant_id.empty()) {
      Show({agent::NoticeKind::kDecision, match->reason, ""});
      return {.yes = true,
              .approver = "grant:" + match->grant_id,
              .request_digest = *digest,
              .reason = match->reason};
    } else {
      asked.asked_again = match->reason;
    }
  }
  policy::Answer answer = person_.Decide(asked, std::move(stop));
  if (answer.yes && answer.scope != policy::Scope::kOnce) Keep(request, answer);
  if (answer.reason.empty()) answer.reason = asked.asked_again;
  return answer;
}

// A grant that can not be kept leaves the yes for once that it is as well.
void StandingGrants::Keep(const agent::RequestApproval& request, const policy::Answer& answer) {
  approvals::NewGrant grant{answer.scope, answer.approver, approvals::kDefaultRuleLifetimeUs,
                            std::nullopt};
  if (answer.scope == policy::Scope::kRule) grant.rule = RequestFor(request, &store_).rule;
  const Result<approvals::Grant> made = store_.Add(WantedOf(request), grant, clock_.UnixMicros());
  if (!made) {
    Show({agent::NoticeKind::kToolError,
          "the grant could not be kept, so this yes is for once: " + made.error().message, ""});
    return;
  }
  const std::string reach = answer.scope == policy::Scope::kExact
                                ? "for this run"
                                : "until " + approvals::TimeText(made->expires_us);
  Show({agent::NoticeKind::kDecision,
        fmt::format("granted {}; take it back with: weir approvals revoke {}", reach, made->id),
        ""});
}

agent::PersonAnswered StandingGrants::Answer(const agent::AskPerson& question,
                                             std::stop_token stop) {
  return person_.Answer(question, std::move(stop));
}

void StandingGrants::Show(const agent::Show& notice) { person_.Show(notice); }

void StandingGrants::Stream(agent::StreamClass kind, std::string_view text) {
  person_.Stream(kind, text);
}

}  // namespace weir::app
