#pragma once
// What-if: which past decisions a policy would make differently, and which of its rules do nothing.
// Deterministic; pure; any thread.

#include <string>
#include <vector>

#include "json/json.h"
#include "policy/policy.h"
#include "policy/recording.h"

namespace weir::policy {

struct ChangedDecision {
  uint64_t number = 0;  // of the line or record
  std::string call;     // CallText
  Verdict was = Verdict::kDeny;
  std::string was_rule;  // may be empty
  Verdict now = Verdict::kDeny;
  std::string now_rule;
  std::string reason;  // of what decides now
};

struct RuleUse {
  std::string rule_id;
  size_t n_matched = 0;
  size_t n_decided = 0;
};

struct ReplayReport {
  size_t n_calls = 0;
  size_t n_without_arguments = 0;
  std::vector<ChangedDecision> changes;  // in the order of the recording
  std::vector<RuleUse> rules;            // in file order
};

// A decision counts as changed when its verdict does.
ReplayReport Replay(const Recording& recording, const Policy& policy);

// Lines of at most 80 columns: the changes, then dead rules (matched, but never decided) and rules
// that never matched.
std::string ReplayText(const ReplayReport& report);
json::Json ReplayJson(const ReplayReport& report);

}  // namespace weir::policy
