#include "approvals/grant_match.h"

#include <fmt/format.h>

#include <utility>

#include "base/crypto.h"

namespace weir::approvals {
namespace {

using Why = std::optional<std::string>;

// The arguments in which a call differs from the one that was granted.
std::string DifferingArguments(const std::map<std::string, std::string>& granted,
                               const std::map<std::string, std::string>& present) {
  std::vector<std::string> names;
  for (const auto& [name, digest] : present) {
    const auto found = granted.find(name);
    if (found == granted.end() || found->second != digest) names.push_back(name);
  }
  for (const auto& [name, digest] : granted) {
    if (!present.contains(name)) names.push_back(name);
  }
  if (names.empty()) return "";
  const std::string more = names.size() == 1 ? "" : fmt::format(" (and {} more)", names.size() - 1);
  return fmt::format("argument '{}'{} differs", names[0], more);
}

Result<Why> WhyNotExact(const Grant& grant, const Wanted& wanted, const std::string& owner) {
  ASSIGN_OR_RETURN(const auto digests, ArgumentDigests(wanted.call));
  const std::string differing = DifferingArguments(grant.argument_digests, digests);
  if (!differing.empty()) return Why(differing);
  if (grant.run_id != wanted.run_id) return Why(fmt::format("it was for run {}", grant.run_id));
  if (grant.owner != owner) return Why("it ended when Weir was started anew");
  if (grant.policy_hash != wanted.decision.policy_hash) return Why("the policy changed since");
  ASSIGN_OR_RETURN(const std::string digest, policy::CallDigest(policy::WithoutFacts(wanted.call)));
  if (digest != grant.call_digest) return Why("what is known of the tool changed since");
  return Why();
}

Result<Why> WhyNotRule(const Grant& grant, const Wanted& wanted,
                       std::span<const policy::KnownTool> known) {
  if (!grant.rule) return Why("it has no rule");
  const Result<policy::Policy> compiled = CompileRule(*grant.rule, grant.id, wanted.call, known);
  if (!compiled) return Why("it does not fit the tools any more: " + compiled.error().message);
  std::string why;
  if (RuleMatches(*compiled, wanted.call, &why)) return Why();
  return Why(why);
}

// How near a grant was; the lowest is told.
enum class Distance { kEnded, kArguments, kOther };

}  // namespace

Result<std::map<std::string, std::string>> ArgumentDigests(const policy::ProposedCall& call) {
  std::map<std::string, std::string> digests;
  if (!call.arguments.is_object()) {
    return MakeError(ErrorCode::kInvalidArgument, "the arguments of '{}' are no JSON object",
                     call.tool);
  }
  for (const auto& [name, value] : call.arguments.items()) {
    ASSIGN_OR_RETURN(const std::string canonical, json::Canonical(value));
    digests[name] = Sha256Hex(canonical);
  }
  return digests;
}

Result<std::optional<std::string>> WhyNot(const Grant& grant, const Wanted& wanted,
                                          const std::string& owner,
                                          std::span<const policy::KnownTool> known) {
  const policy::ProposedCall& call = wanted.call;
  if (grant.server != call.server || grant.tool != call.tool) {
    return Why(fmt::format("it is for '{}' of '{}'", grant.tool, grant.server));
  }
  if (grant.definition_hash != call.definition_hash) {
    return Why(fmt::format("the definition of '{}' changed since", call.tool));
  }
  if (grant.sandbox_profile != wanted.sandbox_profile) return Why("the sandbox is another");
  if (grant.scope == policy::Scope::kExact) return WhyNotExact(grant, wanted, owner);
  if (grant.scope == policy::Scope::kRule) return WhyNotRule(grant, wanted, known);
  return Why("a yes for once is never used again");
}

Result<GrantMatch> FindMatch(const std::vector<Grant>& grants, const Wanted& wanted,
                             const std::string& owner, std::span<const policy::KnownTool> known) {
  GrantMatch nearest;
  if (wanted.decision.verdict != policy::Verdict::kAsk) return nearest;
  Distance distance = Distance::kOther;
  // Newest first, so that of equally near ones the newest is told.
  for (auto grant = grants.rbegin(); grant != grants.rend(); ++grant) {
    if (grant->server != wanted.call.server || grant->tool != wanted.call.tool) continue;
    ASSIGN_OR_RETURN(const Why why, WhyNot(*grant, wanted, owner, known));
    const std::string_view scope = policy::ScopeName(grant->scope);
    if (!why && grant->ended.empty()) {
      return GrantMatch{grant->id, fmt::format("covered by the {} grant {} of {}", scope, grant->id,
                                               grant->approver)};
    }
    Distance here = Distance::kEnded;
    if (why) here = why->starts_with("argument '") ? Distance::kArguments : Distance::kOther;
    const bool is_gone = why && !grant->ended.empty();  // ended, and about another call
    if (is_gone || (!nearest.reason.empty() && here >= distance)) continue;
    distance = here;
    const std::string cause = why ? *why : fmt::format("it is {}", grant->ended);
    nearest.reason = here == Distance::kArguments && grant->scope == policy::Scope::kExact
                         ? fmt::format("asked again because {} from grant {}", cause, grant->id)
                         : fmt::format("asked again because grant {} ({}) does not cover this: {}",
                                       grant->id, scope, cause);
  }
  return nearest;
}

}  // namespace weir::approvals
