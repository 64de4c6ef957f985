#pragma once
// The TOML form of a policy: docs/formats/policy.md.

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/call.h"
#include "policy/mode.h"
#include "policy/rule.h"

namespace weir::policy {

struct PolicyFile {
  std::vector<Rule> rules;  // in file order
  DefaultRules default_rules = DefaultRules::kDeny;
  std::optional<Mode> mode;
};

// Reads and checks everything; error kInvalidArgument with one line a problem, in file order, each
// "FILE: line L, column C: what is wrong; the way out". Any thread.
Result<PolicyFile> ReadPolicyFile(std::string_view toml, std::string_view file,
                                  std::span<const KnownTool> known);

}  // namespace weir::policy
