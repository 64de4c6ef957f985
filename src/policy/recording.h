#pragma once
// Past calls with what was decided about them: a file of calls, or an audit log. Pure; any thread.
//
// A line of a file of calls is {"call": {...}, "verdict": VERDICT, "rule": ID}; the rule may be
// missing, the call is written as in policy/call_json.h. A line with "kind" is a record of an audit
// log (docs/formats/audit_log.md). There a decision counts when it or the intent of the same run
// and call holds the arguments; what a record does not hold (origins, confidence, time of day) is
// unknown, and calls of a tool in a run are counted by their intents.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/call.h"
#include "policy/decision.h"

namespace weir::policy {

struct PastCall {
  uint64_t number = 0;  // of the line, or the record's seq
  ProposedCall call;
  Verdict verdict = Verdict::kDeny;
  std::string rule_id;  // may be empty
};

struct Recording {
  std::vector<PastCall> calls;     // in the order of the file
  size_t n_without_arguments = 0;  // decisions of an audit log that can not be tried again
};

// Effects and paths come from `known`; a tool that is gone keeps the recorded effect. Error
// kInvalidArgument or kCorruptData "FILE: line 3: what is wrong".
Result<Recording> ReadRecording(std::string_view jsonl, std::string_view file,
                                std::span<const KnownTool> known);

}  // namespace weir::policy
