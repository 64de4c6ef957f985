#pragma once
// One request of a person as a pure state machine: Step(state, input) changes the state and returns
// what is to be done.
//
// No I/O, no clock, no randomness in here: the driver performs the outputs and feeds back what came
// of them, so every path (action x rule x answer x failure) is a table in run_test.cc. The chain
// from a model's words to an effect is
//   ModelReplied -> (schema, repeat guard, policy) -> PreviewTool -> RequestApproval ->
//   ExecuteTool(ApprovedCall)
// Arguments that a person edits go through all of it again. An ApprovedCall can only come from
// policy::Approve. Any error on the way is a denial, shown and recorded.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/model_client.h"
#include "audit/event.h"
#include "chat/message.h"
#include "policy/approved_call.h"
#include "policy/call.h"
#include "policy/decision.h"
#include "policy/policy.h"
#include "tools/execute.h"
#include "tools/registry.h"
#include "tools/shortlist.h"

namespace weir::agent {

// What Step may look at besides the state. Everything outlives the run; nothing is changed.
struct RunContext {
  const policy::Policy& policy;
  const tools::Registry& registry;
  const tools::Shortlist& shortlist;
  const ModelProfile& profile;
  // The tools that a model may be shown, in order; empty: all of the registry.
  std::vector<chat::ToolDefinition> offered{};
  // By server, the hash of what its tools run in; approvals are bound to it. A server that is not
  // here binds nothing when it is the built-in one; any other is refused when it runs.
  std::map<std::string, std::string> sandbox_profiles{};
  int64_t now_us = 0;     // wall time of this step
  int minute_of_day = 0;  // the same in local time, minutes since midnight
  bool dry_run = false;   // writes are previewed and then not done
  int max_turns = 8;      // model replies a request
  int max_repeats = 2;    // times that the same call may run
};

// ---- inputs: what happened ----
struct PersonAsked {
  std::string text;
};
struct ModelReplied {
  ModelReply reply;
};
struct ModelFailed {
  Error error;
};
struct ToolPreviewed {
  Result<tools::Preview> preview;
};
struct PersonDecided {
  policy::Answer answer;
};
struct ToolFinished {
  Result<tools::ToolResult>
      result;  // an Error ends the run: not done, or its outcome could not be recorded
};
struct PersonAnswered {
  std::optional<std::string> text;  // empty: nobody there to answer
  int choice = -1;                  // index into AskPerson::choices when there were some
};
struct StopRequested {};
using Input = std::variant<PersonAsked, ModelReplied, ModelFailed, ToolPreviewed, PersonDecided,
                           ToolFinished, PersonAnswered, StopRequested>;

// ---- outputs: what is to be done, in order ----
struct Record {  // durable before anything after it happens
  audit::Event event;
};
struct CallModel {
  ModelRequest request;
};
struct PreviewTool {
  policy::ProposedCall call;
};
struct RequestApproval {
  policy::ProposedCall call;
  policy::Decision decision;
  tools::Preview preview;
  policy::BoundState bound{};  // what the answer's digest is bound to besides
  std::string run_id{};
  std::string call_id{};
  std::string asked_again{};  // why a standing grant does not cover this; filled by who looked
};
struct ExecuteTool {
  policy::ApprovedCall call;
};
struct AskPerson {
  std::string question;
  std::vector<std::string> choices;  // empty: a free answer
};
enum class NoticeKind { kCall, kDecision, kDenied, kResult, kToolError, kModelError, kDryRun };
struct Show {  // for the person; text of strangers in here is not yet escaped
  NoticeKind kind;
  std::string text;
  std::string detail;
};
enum class Outcome { kAnswered, kDenied, kNeedsAnswer, kFailed, kStopped };
struct Finish {
  Outcome outcome;
  std::string answer;
};
using Output = std::variant<Record, CallModel, PreviewTool, RequestApproval, ExecuteTool, AskPerson,
                            Show, Finish>;
using Outputs = std::vector<Output>;

// A call that the model made.
struct MadeCall {
  chat::ToolCall call;
  std::optional<double> confidence;  // ModelReply::call_confidence
};

enum class Phase { kIdle, kModel, kPreview, kApproval, kTool, kQuestion, kChoice, kDone };

// Everything about one request. Plain data; one thread.
struct RunState {
  explicit RunState(std::string id) : run_id(std::move(id)) {}

  std::string run_id;
  Phase phase = Phase::kIdle;
  chat::Conversation conversation;  // whole history; survives from request to request in a chat
  std::string request;              // what the person asked, with later answers added

  std::deque<MadeCall> queue;             // calls of the last reply that are still to be handled
  std::optional<chat::ToolCall> current;  // the one in hand
  std::optional<double> confidence;       // of the model in it; empty once a person edited it
  json::Json written;                     // its arguments as the model wrote them
  std::optional<policy::ProposedCall> proposed;  // the same, as policy saw it
  std::optional<policy::Decision> decision;
  policy::BoundState bound;                 // what an approval of it is bound to besides
  bool is_edited = false;                   // a person changed its arguments
  std::vector<std::string> choices;         // tools named in the question in hand
  std::optional<std::string> settled_tool;  // the person chose this one

  std::map<std::string, int> seen;            // canonical calls of this request
  std::map<std::string, int64_t> n_approved;  // calls of this request that policy let run, by tool
  int n_turns = 0;
  int n_calls = 0;
  bool any_denied = false;
  std::string last_result;  // first line of the last tool result
};

// Advances `state` by one input. An input that does not fit the phase ends the run as failed.
Outputs Step(RunState& state, Input input, const RunContext& context);

// The outcome's word in --json output and in the audit log.
std::string_view OutcomeName(Outcome outcome);

}  // namespace weir::agent
