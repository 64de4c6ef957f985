#pragma once
// A second reading of docs/formats/policy.md, slow and plain, that Policy is held against. It
// shares the data types with Policy and none of the code that decides.

#include <optional>
#include <span>
#include <string>

#include "policy/policy_file.h"

namespace weir::policy {

struct NaiveDecision {
  Verdict verdict = Verdict::kDeny;
  std::string rule_id;
};

// Texts are ASCII, and no name of an argument holds "~" or "/". Any thread.
NaiveDecision NaiveDecide(const PolicyFile& file, std::optional<Mode> mode,
                          std::span<const KnownTool> known, const ProposedCall& call);

}  // namespace weir::policy
