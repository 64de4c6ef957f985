#pragma once
// The tool host as a model, the log and the screen get to see it: secrets have placeholders in
// previews and results, and get their values back only on the way to the worker. One thread.

#include <memory>
#include <optional>

#include "agent/driver.h"
#include "policy/policy.h"
#include "redact/redactor.h"
#include "tools/execute.h"

namespace weir::app {

class RedactedTools : public agent::ToolRunner {
 public:
  // Borrows all three; they outlive the object. `options.reveal` is set here. Errors: those of
  // ToolHost::Create.
  static Result<std::unique_ptr<RedactedTools>> Open(const tools::Registry* registry,
                                                     audit::AuditLog* log,
                                                     const policy::Policy* policy,
                                                     tools::ToolHostOptions options);

  // As ToolHost::StartWorker; an error names the flag that asks for less of a sandbox.
  Status StartWorker();

  Result<tools::Preview> Preview(const policy::ProposedCall& call,
                                 const std::stop_token& stop) override;
  Result<tools::ToolResult> Execute(policy::ApprovedCall call, std::stop_token stop) override;

  redact::Redactor& redactor() { return redactor_; }
  tools::ToolHost& host() { return *host_; }
  // "full: builtin-tools 3f2a9c01d2e4: landlock 7, ...": the sandbox that the worker is in.
  std::string SandboxText() const;

 private:
  explicit RedactedTools(const policy::Policy* policy) : policy_(policy) {}

  const policy::Policy* policy_;
  redact::Redactor redactor_;
  std::optional<tools::ToolHost> host_;
};

}  // namespace weir::app
