#pragma once
// The built-in tools as a tool server: one worker process (worker_host.h), spoken to in the shapes
// of MCP. One thread at a time.

#include <optional>
#include <string>

#include "tools/tool_server.h"
#include "tools/worker_host.h"

namespace weir::tools {

class BuiltinServer : public ToolServer {
 public:
  BuiltinServer(WorkerHost worker, sandbox::SandboxLevel level)
      : worker_(std::move(worker)), level_(level) {}

  Result<std::string> ProfileHash() const override { return worker_.ProfileHash(); }
  Result<Preview> PreviewCall(const ServerCall& call, const std::stop_token& stop) override;
  Status Prepare(const ServerCall& call, const std::stop_token& stop) override;
  ToolResult Call(const ServerCall& call, const std::stop_token& stop) override;
  void Stop() override { worker_.Stop(); }

  // Starts the worker before it is needed; recorded before its first call.
  Status Start() { return worker_.Start(); }
  const std::optional<sandbox::AchievedSandbox>& achieved() const { return worker_.achieved(); }

 private:
  WorkerHost worker_;
  sandbox::SandboxLevel level_;
  int64_t n_recorded_starts_ = 0;
};

}  // namespace weir::tools
