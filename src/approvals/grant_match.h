#pragma once
// Whether a standing grant covers a call, and if none does, which one nearly did. Pure; any thread.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "approvals/document.h"
#include "policy/call.h"
#include "policy/decision.h"

namespace weir::approvals {

// The call that a grant is looked for.
struct Wanted {
  const policy::ProposedCall& call;  // these two outlive the search
  const policy::Decision& decision;  // of policy, for exactly this call
  std::string run_id;
  std::string sandbox_profile{};  // hash of what it would run under; empty: none
};

struct GrantMatch {
  std::string grant_id;  // empty: no grant covers the call, ask
  // For the person and the audit log: what the grant is, or "asked again because argument 'path'
  // differs from grant g-..."; empty when no grant is anywhere near.
  std::string reason;
};

// SHA-256 of the canonical form of every argument, by name.
Result<std::map<std::string, std::string>> ArgumentDigests(const policy::ProposedCall& call);

// Why an exact or rule grant does not cover the call; empty when it does. `owner` is the store's.
// Whether the grant has ended is not looked at.
Result<std::optional<std::string>> WhyNot(const Grant& grant, const Wanted& wanted,
                                          const std::string& owner,
                                          std::span<const policy::KnownTool> known);

// The first grant that holds and covers the call; else the nearest and what is between. Grants only
// stand in for a person where policy says `ask`: every stricter verdict is asked each time.
Result<GrantMatch> FindMatch(const std::vector<Grant>& grants, const Wanted& wanted,
                             const std::string& owner, std::span<const policy::KnownTool> known);

}  // namespace weir::approvals
