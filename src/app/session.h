#pragma once
// Everything a run needs, opened once: state folder, audit log, registry, MCP servers, policy,
// shortlist, model, tool host. One thread; members are destroyed in the reverse order of opening.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/driver.h"
#include "app/local_model.h"
#include "app/pinned_servers.h"
#include "app/recorded_state.h"
#include "app/redacted_tools.h"
#include "app/settings.h"
#include "catalog/narrowing.h"
#include "policy/policy.h"
#include "tools/registry.h"
#include "tools/shortlist.h"

namespace weir::app {

// What a policy may refer to, from the registry.
std::vector<policy::KnownTool> KnownTools(const tools::Registry& registry);

// The policy in force: the file of the settings, or the built-in default. Errors carry line and
// column.
Result<policy::Policy> LoadPolicy(const Settings& settings, const tools::Registry& registry);

// The workspace of the settings as an absolute path without links. Errors name --workspace.
Result<std::string> CheckedWorkspace(const Settings& settings);

// A name for a run that sorts by time and does not repeat: 20260131T235959-7f3a9c.
std::string NewRunId(const Clock& clock);

class Session {
 public:
  // Errors name what could not be opened and the flag that changes it.
  static Result<std::unique_ptr<Session>> Open(const Settings& settings);

  // Runs one request to its end. `state` is kept by the caller, so that a chat goes on.
  agent::Finish Run(agent::RunState& state, const std::string& request, agent::Person& person,
                    const std::stop_token& stop);

  const tools::Registry& registry() const { return *registry_; }
  const LocalModel& model() const { return *model_; }
  const std::string& workspace() const { return workspace_; }
  // What a person should know about MCP servers: what is not offered, and why.
  const std::vector<std::string>& server_problems() const { return servers_->problems(); }
  // "full: builtin-tools 3f2a9c01d2e4: landlock 7, ...": the sandbox that the tools are in.
  std::string SandboxText() const { return tools_->SandboxText(); }

 private:
  Session() = default;
  // With tools of MCP servers there may be more than a model's context should hold.
  void NarrowTools();

  Settings settings_;
  std::string workspace_;
  std::unique_ptr<RecordedState> record_;
  std::optional<tools::Registry> registry_;
  std::optional<policy::Policy> policy_;
  std::optional<tools::Shortlist> shortlist_;
  std::optional<catalog::OfferedTools> narrowing_;  // where there are tools of MCP servers
  std::unique_ptr<LocalModel> model_;
  std::unique_ptr<PinnedServers> servers_;
  std::unique_ptr<RedactedTools> tools_;
};

}  // namespace weir::app
