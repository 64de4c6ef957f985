#pragma once
// The built-in rules: what `default = "standard"` means, and what holds without a policy file.

#include <vector>

#include "policy/rule.h"

namespace weir::policy {

// Built-in tools may read, writing and deleting asks. Tools of MCP servers may read where a person
// said that they do, everything else of theirs asks. Lives forever; any thread.
const std::vector<Rule>& StandardRules();

}  // namespace weir::policy
