#pragma once
// What `weir policy test` tells: the examples of the rules, and calls with the decision that is
// expected. Pure; any thread.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/policy.h"

namespace weir::policy {

struct RuleExamples {
  std::string rule_id;
  Verdict verdict = Verdict::kDeny;
  size_t n_match = 0;
  size_t n_no_match = 0;
  // Examples that the rule matches and another one, a mode or a floor decides:
  // "write_file {...}: deny by private".
  std::vector<std::string> overruled;
};

// One entry a rule, in file order. That the examples hold was checked when the file was read.
std::vector<RuleExamples> TellExamples(const Policy& policy);

struct Mismatch {
  size_t line = 0;
  std::string call;  // the tool and its arguments
  Verdict expected = Verdict::kDeny;
  Trial found;
};

struct CallsReport {
  size_t n_calls = 0;
  std::vector<Mismatch> mismatches;
};

// `jsonl`: one {"call": {...}, "expect": VERDICT} a line (policy/call_json.h); empty lines are
// skipped. Error kInvalidArgument "FILE: line 3: what is wrong".
Result<CallsReport> CheckCalls(const Policy& policy, std::string_view jsonl, std::string_view file);

// "write_file {"path":"a"}", cut after 120 bytes.
std::string CallText(const ProposedCall& call);

}  // namespace weir::policy
