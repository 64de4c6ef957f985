#pragma once
// The way of a program's tool call to its effect: everything that a model's call passes (schema,
// policy, approval, agent/run.h), then ToolHost::Execute. No model is needed.
//
// All calls are made on one thread of the gate, one after the other, because the tool host and the
// person in front of the terminal are one; Call may be called by any thread and waits its turn.
// Secrets have placeholders on the way out and get their values back on the way in, as in a run.

#include <cstddef>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "agent/driver.h"
#include "app/settings.h"
#include "base/channel.h"
#include "json/json.h"
#include "tools/execute.h"
#include "tools/registry.h"

namespace weir::app {

// Runs that are kept at once, one a client; the one that was quiet the longest ends first.
inline constexpr size_t kMaxClientRuns = 256;

struct GateCall {
  std::string client;  // whose run it belongs to
  std::string tool;
  json::Json arguments = json::Json::object();
};

struct GateResult {
  bool ran = false;            // what follows is the tool's; otherwise it says why nothing was done
  tools::ToolResult result{};  // is_error whenever something is wrong
  std::string run_id{};        // of the client's run, for weir undo and weir audit
};

struct GateOptions {
  Settings settings;
  std::string entrance;  // "mcp stdio", "mcp http"; named in the audit log
  // Who is asked where a standing grant does not answer; null: nobody, so that it is a no.
  // Borrowed; called on the gate's thread only.
  agent::Person* person = nullptr;
  // Instead of the built-in worker; for tests.
  std::vector<std::string> worker_argv = {"/proc/self/exe", "tool-worker"};
};

class CallGate {
 public:
  // Opens workspace, policy, audit log and tool host. Errors name what could not be opened and the
  // flag that changes it.
  static Result<std::unique_ptr<CallGate>> Open(GateOptions options);
  // Ends all runs and closes the audit log. No call may be under way.
  ~CallGate();
  CallGate(const CallGate&) = delete;
  CallGate& operator=(const CallGate&) = delete;

  // Lives as long as the gate.
  const tools::Registry& registry() const;
  const std::string& sandbox_text() const { return sandbox_text_; }

  // Blocks until the call is done or refused. `stop` ends it in the middle.
  GateResult Call(const GateCall& call, const std::stop_token& stop);

 private:
  class NoModel;
  class GatePerson;
  class Room;  // what the gate's thread works with
  struct Job {
    const GateCall* call;
    std::stop_token stop;
    std::promise<GateResult>* done;
  };

  CallGate() : jobs_(64) {}
  void Work(GateOptions options, std::promise<Status>* opened);

  Channel<Job> jobs_;
  const tools::Registry* registry_ = nullptr;
  std::string sandbox_text_;
  std::jthread thread_;
};

}  // namespace weir::app
