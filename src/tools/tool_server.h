#pragma once
// Whoever runs tools: the worker with the built-in ones, a stranger's MCP server. ToolHost reaches
// each of them by this alone, and only after its own checks.
//
// One thread at a time, the same one from the first call to the last. Every call ends by the
// server's own deadlines, or by `stop`.

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/json.h"
#include "policy/approved_call.h"
#include "tools/registry.h"
#include "tools/tool_result.h"

namespace weir::tools {

// Writes to the audit log that a process was started, in which sandbox and from which program.
// An error of it means that the process may not be used.
using RecordStart = std::function<Status(std::string_view subject)>;

// A call whose arguments fit the tool's schema. All members are borrowed for the time of the call.
struct ServerCall {
  const ToolEntry& entry;
  const json::Json& arguments;
  const std::string& run_id;
  const RecordStart& record;  // called for every process that is started, before it is used
};

class ToolServer {
 public:
  ToolServer() = default;
  ToolServer(const ToolServer&) = delete;
  ToolServer& operator=(const ToolServer&) = delete;
  virtual ~ToolServer() = default;

  // Hash of the confinement that the tools run in, what approvals are bound to. Known before the
  // first start, and the same for all starts.
  virtual Result<std::string> ProfileHash() const = 0;
  // SHA-256 (hex) of the program that answers; empty where it is Weir itself, or is not known
  // because it runs elsewhere.
  virtual std::string ProgramHash() const { return {}; }

  // What approvals of this call are bound to at the server, beside the tool's targets: the same as
  // the `preconditions` of its Preview, while nothing changed.
  virtual std::vector<policy::Precondition> Present(const ToolEntry& /*entry*/,
                                                    const json::Json& /*arguments*/) const {
    return {};
  }

  // What a call that writes would do, without doing it: `action` raw (empty: ToolHost words it),
  // `preconditions` those of Present. Error: the server can not be started.
  virtual Result<Preview> PreviewCall(const ServerCall& call, const std::stop_token& stop) = 0;

  // Starts what Call needs. Nothing of the call happens.
  virtual Status Prepare(const ServerCall& call, const std::stop_token& stop) = 0;
  // The effect. What went wrong is a result with is_error; the next call may start anew.
  virtual ToolResult Call(const ServerCall& call, const std::stop_token& stop) = 0;

  // Ends all its processes. The next call starts them again.
  virtual void Stop() = 0;
};

}  // namespace weir::tools
