#include "approvals/request.h"

namespace weir::approvals {

std::vector<policy::Scope> AllowedScopes(const ApprovalRequest& request) {
  std::vector<policy::Scope> scopes = {policy::Scope::kOnce};
  const bool asks_once_only =
      request.decision.verdict != policy::Verdict::kAsk || !request.bound.typed_word.empty();
  if (!request.can_stand || asks_once_only) return scopes;
  if (!request.run_id.empty()) scopes.push_back(policy::Scope::kExact);
  if (request.rule) scopes.push_back(policy::Scope::kRule);
  return scopes;
}

Result<ApprovalView> MakeView(const ApprovalRequest& request) {
  const policy::ProposedCall& call = request.call;
  ApprovalView view;
  ASSIGN_OR_RETURN(view.request_digest,
                   policy::RequestDigest(call, request.decision, request.bound));
  ASSIGN_OR_RETURN(view.canonical_arguments, policy::CanonicalArguments(call));
  ASSIGN_OR_RETURN(view.arguments, json::Parse(view.canonical_arguments));
  ASSIGN_OR_RETURN(view.preconditions, policy::CanonicalPreconditions(request.bound.preconditions));
  view.run_id = request.run_id;
  view.call_id = request.call_id;
  view.action = request.action;
  view.server = call.server;
  view.server_identity = request.server_identity;
  view.tool = call.tool;
  view.effect = call.effect;
  view.definition_hash = call.definition_hash;
  view.preview = request.preview;
  view.origins = request.origins;
  view.verdict = policy::VerdictName(request.decision.verdict);
  view.rule_id = request.decision.rule_id;
  view.reason = request.decision.reason;
  view.policy_hash = request.decision.policy_hash;
  view.asked_again = request.asked_again;
  view.sandbox_profile = request.bound.sandbox_profile;
  view.reversible = request.reversible;
  view.scopes = AllowedScopes(request);
  if (view.scopes.back() == policy::Scope::kRule) view.rule = request.rule;
  view.typed_word = request.bound.typed_word;
  return view;
}

json::Json ToJson(const ApprovalView& view) {
  json::Json origins = json::Json::array();
  for (const ArgumentOrigin& one : view.origins) {
    origins.push_back({{"argument", one.argument}, {"origin", one.origin}});
  }
  json::Json preconditions = json::Json::array();
  for (const policy::Precondition& one : view.preconditions) {
    preconditions.push_back({{"target", one.target}, {"digest", one.digest}});
  }
  json::Json scopes = json::Json::array();
  for (const policy::Scope scope : view.scopes) {
    scopes.push_back(std::string(policy::ScopeName(scope)));
  }
  json::Json object = {{"id", view.id},
                       {"request", view.request_digest},
                       {"run", view.run_id},
                       {"call", view.call_id},
                       {"action", view.action},
                       {"server", view.server},
                       {"server_identity", view.server_identity},
                       {"tool", view.tool},
                       {"effect", view.effect},
                       {"definition", view.definition_hash},
                       {"arguments", view.arguments},
                       {"canonical_arguments", view.canonical_arguments},
                       {"preview", view.preview},
                       {"origins", std::move(origins)},
                       {"verdict", view.verdict},
                       {"rule", view.rule_id},
                       {"reason", view.reason},
                       {"policy", view.policy_hash},
                       {"asked_again", view.asked_again},
                       {"sandbox_profile", view.sandbox_profile},
                       {"preconditions", std::move(preconditions)},
                       {"reversible", view.reversible},
                       {"scopes", std::move(scopes)},
                       {"typed_word", view.typed_word},
                       {"remaining_us", view.remaining_us},
                       {"paused", view.paused}};
  if (view.rule) {
    object["standing_rule"] = {{"text", view.rule->text},
                               {"match", view.rule->matches},
                               {"no-match", view.rule->matches_not}};
  }
  return object;
}

}  // namespace weir::approvals
