#include "app/redacted_tools.h"

#include <fmt/format.h>

#include <utility>

#include "base/clock.h"

namespace weir::app {
namespace {

constexpr const char* kOtherLevels =
    " (--sandbox basic does without namespaces, --sandbox off without any sandbox; what they leave "
    "open is in docs/sandbox.md)";

}  // namespace

Result<std::unique_ptr<RedactedTools>> RedactedTools::Open(const tools::Registry* registry,
                                                           audit::AuditLog* log,
                                                           const policy::Policy* policy,
                                                           tools::ToolHostOptions options) {
  std::unique_ptr<RedactedTools> tools(new RedactedTools(policy));
  options.reveal = [raw = tools.get()](const json::Json& in) {
    return raw->redactor_.RevealArguments(in);
  };
  ASSIGN_OR_RETURN(tools->host_,
                   tools::ToolHost::Create(registry, log, &SystemClock(), std::move(options)));
  return tools;
}

Status RedactedTools::StartWorker() {
  Status started = host_->StartWorker();
  if (started) return started;
  Error error = started.error();
  error.message += kOtherLevels;
  return MakeError(std::move(error));
}

Result<tools::Preview> RedactedTools::Preview(const policy::ProposedCall& call,
                                              const std::stop_token& stop) {
  ASSIGN_OR_RETURN(tools::Preview preview, host_->PreviewCall(call, stop));
  preview.body = redactor_.Redact(preview.body);
  return preview;
}

Result<tools::ToolResult> RedactedTools::Execute(policy::ApprovedCall call, std::stop_token stop) {
  ASSIGN_OR_RETURN(tools::ToolResult result,
                   host_->Execute(std::move(call), policy_->hash(), stop));
  result.summary = redactor_.Redact(result.summary);
  result.text = redactor_.Redact(result.text);
  result.data = redactor_.RedactJson(result.data);
  return result;
}

std::string RedactedTools::SandboxText() const {
  const auto& achieved = host_->sandbox();
  return fmt::format("{}: {}", sandbox::LevelName(host_->options().sandbox),
                     achieved ? achieved->ToString() : "no worker yet");
}

}  // namespace weir::app
