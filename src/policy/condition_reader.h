#pragma once
// [rule.when] of a policy file. One thread.

#include <vector>

#include "policy/file_values.h"
#include "policy/rule.h"

namespace weir::policy {

// Fills the rule's conditions. `covered` are the known tools that the rule is about; when it is
// empty, names and types of arguments are not checked.
void ReadWhen(const config::TomlNode& node, const std::vector<const KnownTool*>& covered,
              FileValues& values, Rule& rule);

}  // namespace weir::policy
