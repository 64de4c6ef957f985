#include "app/standing_grants.h"

#include <fmt/format.h>

#include <utility>

#include "app/escape.h"
#include "app/session.h"
#include "app/wrap.h"
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

std::unique_ptr<approvals::ApprovalStore> OpenGrants(const std::string& state_folder,
                                                     const tools::Registry& registry) {
  Result<std::unique_ptr<approvals::ApprovalStore>> store =
      approvals::ApprovalStore::Open(state_folder + "/approvals", KnownTools(registry));
  if (store) return std::move(*store);
  PrintMessage("no grant counts: " + EscapeForTerminal(store.error().message));
  return nullptr;
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
  policy::Answer answer = Ask(asked, std::move(stop));
  if (answer.reason.empty()) answer.reason = asked.asked_again;
  return answer;
}

policy::Answer StandingGrants::Ask(const agent::RequestApproval& request, std::stop_token stop) {
  const Result<std::string> id = queue_.Submit(RequestFor(request, &store_));
  if (!id) {
    Show({agent::NoticeKind::kToolError, "nobody can be asked: " + id.error().message, ""});
    return {.yes = false, .approver = "nobody", .request_digest = ""};
  }
  return Settle(*id, person_.Decide(request, std::move(stop)));
}

policy::Answer StandingGrants::Settle(const std::string& id, const policy::Answer& answer) {
  approvals::PersonDecision decision{
      .approver = answer.approver.empty() ? "nobody" : answer.approver,
      .scope = answer.scope,
      .typed = answer.typed,
      .reason = answer.reason};
  if (answer.yes) decision.choice = approvals::Choice::kGrant;
  if (answer.edited_arguments) {
    decision.choice = approvals::Choice::kEdit;
    decision.edited_arguments = answer.edited_arguments;
  }
  Status decided = queue_.Decide(id, decision);
  if (!decided && answer.yes && answer.scope != policy::Scope::kOnce) {
    Show(
        {agent::NoticeKind::kToolError, decided.error().message + ", so this yes is for once", ""});
    decision.scope = policy::Scope::kOnce;
    decided = queue_.Decide(id, decision);
  }
  if (!decided) {
    Show({agent::NoticeKind::kToolError, "taken as a no: " + decided.error().message, ""});
    decision = {.approver = "nobody", .reason = "the answer could not be taken"};
    (void)queue_.Decide(id, decision);  // it may have ended already
  }
  const Result<approvals::Ended> ended = queue_.Wait(id, {}, clock_.MonotonicMicros());
  if (!ended) return {.yes = false, .approver = "nobody", .request_digest = ""};
  if (!ended->grant_id.empty()) ShowGrant(*ended);
  policy::Answer settled = ended->answer;
  // What was shown and what waits are made from one request; anything else is no yes.
  settled.yes = settled.yes && answer.request_digest == settled.request_digest;
  return settled;
}

void StandingGrants::ShowGrant(const approvals::Ended& ended) {
  std::string reach = "for this run";
  if (ended.answer.scope == policy::Scope::kRule) {
    const int64_t until = clock_.UnixMicros() + approvals::kDefaultRuleLifetimeUs;
    reach = "until " + approvals::TimeText(until);
  }
  Show({agent::NoticeKind::kDecision,
        fmt::format("granted {}; take it back with: weir approvals revoke {}", reach,
                    ended.grant_id),
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
