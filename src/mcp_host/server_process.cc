#include "mcp_host/server_process.h"

#include <cstdlib>
#include <utility>

#include "base/clock.h"
#include "catalog/program.h"
#include "mcp_host/server_profile.h"

namespace weir::mcp_host {
namespace {

constexpr int64_t kEndsByItselfUs = 500'000;
constexpr int64_t kEndsBySigtermUs = 500'000;

}  // namespace

Result<ServerPlan> PlanServer(const catalog::ServerConfig& config, const std::string& workspace,
                              sandbox::SandboxLevel level) {
  const char* path = std::getenv("PATH");
  const std::string search_path = path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path;
  ServerPlan plan;
  plan.name = config.name;
  plan.working_folder = workspace;
  ASSIGN_OR_RETURN(plan.command, ResolveCommand(config, search_path));
  ASSIGN_OR_RETURN(plan.profile, ServerProfile(config, plan.command, workspace, level));
  ASSIGN_OR_RETURN(plan.program_hash, catalog::ProgramHash(config, search_path));
  return plan;
}

ServerProcess::ServerProcess(sandbox::SandboxedChild child, std::unique_ptr<StderrRing> words)
    : child_(std::move(child.process)),
      achieved_(std::move(child.achieved)),
      words_(std::move(words)) {}

Result<std::unique_ptr<ServerProcess>> ServerProcess::Start(const ServerPlan& plan) {
  auto words = std::make_unique<StderrRing>();
  ASSIGN_OR_RETURN(const UniqueFd stderr_end, words->Open());
  sandbox::SandboxRequest request;
  request.argv = plan.command.argv;
  request.working_folder = plan.working_folder;
  request.stderr_fd = stderr_end.get();
  Result<sandbox::SandboxedChild> child = sandbox::SpawnSandboxed(plan.profile, request);
  if (!child) {
    return MakeError(child.error().WithContext(fmt::format("MCP server '{}'", plan.name)));
  }
  return std::unique_ptr<ServerProcess>(new ServerProcess(std::move(*child), std::move(words)));
}

ServerProcess::~ServerProcess() { Stop(); }

bool ServerProcess::HasEnded(int64_t wait_us) {
  if (child_.ended()) return true;
  const auto status = child_.Wait(SystemClock().MonotonicMicros() + wait_us);
  if (!status) return false;
  how_it_ended_ = fmt::format("ended by itself ({})", status->ToString());
  return true;
}

void ServerProcess::Stop() {
  child_.CloseStdin();  // where nobody took it
  if (!HasEnded(kEndsByItselfUs)) (void)child_.Kill(kEndsBySigtermUs);
  words_->Close();
}

std::string ServerProcess::LastWords() const {
  const std::string line = words_->LastLine();
  return line.empty() ? "" : "; its last words: " + line;
}

std::string ServerProcess::HowItEnded() const {
  return how_it_ended_.empty() ? "is stopped" : how_it_ended_;
}

}  // namespace weir::mcp_host
