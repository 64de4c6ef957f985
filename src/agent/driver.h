#pragma once
// Performs what Step asks for and feeds back what came of it, until the request is done. All I/O of
// a run is behind the four interfaces here; one thread a run.

#include <functional>
#include <stop_token>
#include <string>

#include "agent/model_client.h"
#include "agent/run.h"
#include "audit/audit_log.h"
#include "base/clock.h"
#include "tools/server_question.h"

namespace weir::agent {

// Whoever sits in front: a terminal, a web page, a script, nobody.
class Person {
 public:
  virtual ~Person() = default;
  // Blocks. Anything but a clear yes, an end of input included, is a no.
  virtual policy::Answer Decide(const RequestApproval& request, std::stop_token stop) = 0;
  virtual PersonAnswered Answer(const AskPerson& question, std::stop_token stop) = 0;
  virtual void Show(const Show& notice) = 0;
  virtual void Stream(StreamClass kind, std::string_view text) = 0;
  // An MCP server asks something in the middle of a call. Blocks; called from another thread than
  // the rest, while the run waits for the call. Declines where nobody can answer.
  virtual tools::ServerAnswer AnswerServer(const tools::ServerQuestion& /*question*/,
                                           const std::stop_token& /*stop*/) {
    return {};
  }
};

// Where tools are run and previewed.
class ToolRunner {
 public:
  virtual ~ToolRunner() = default;
  virtual Result<tools::Preview> Preview(const policy::ProposedCall& call,
                                         const std::stop_token& stop) = 0;
  // Records intent and outcome itself; what a model can react to is a ToolResult with is_error.
  virtual Result<tools::ToolResult> Execute(policy::ApprovedCall call, std::stop_token stop) = 0;
};

struct Driver {
  ModelClient& model;
  ToolRunner& tools;
  Person& person;
  audit::AuditLog& audit;
  const Clock& clock;
};

// `context.now_us` is set by the driver. Returns what Step finished with; a failing audit log ends
// the run as failed before the next effect.
Finish Drive(RunState& state, std::string request, const RunContext& context, Driver driver,
             const std::stop_token& stop);

// The same for one call of a client, which the model of the driver has no part in.
Finish DriveCall(RunState& state, ClientCalled call, const RunContext& context, Driver driver,
                 const std::stop_token& stop);

}  // namespace weir::agent
