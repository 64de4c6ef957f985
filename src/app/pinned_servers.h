#pragma once
// The MCP servers of weir.toml in a session: their pinned tools into the registry, their processes
// behind the tool host. What can not be offered is said, and never ends the session. One thread.
//
// A server is only started when one of its tools is called. What is offered until then are the
// definitions that a person pinned; the live ones are held against them before the first call.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/driver.h"
#include "app/server_sign_in.h"
#include "app/settings.h"
#include "catalog/catalog.h"
#include "catalog/pins.h"
#include "mcp_host/mcp_tool_server.h"
#include "mcp_host/person_handlers.h"
#include "net/http_client.h"
#include "tools/execute.h"
#include "tools/registry.h"

namespace weir::app {

class PinnedServers {
 public:
  // Reads weir.toml and the pins, and adds each tool that may be offered to `registry`. Errors:
  // weir.toml is malformed. Starts nothing.
  static Result<std::unique_ptr<PinnedServers>> Open(const Settings& settings,
                                                     const std::string& workspace,
                                                     const std::string& state_folder,
                                                     tools::Registry* registry);

  // Gives the servers to the host, which owns them from then on. Once. This object outlives it.
  Status AddTo(tools::ToolHost* host);

  // Whoever answers what servers ask from now on; null: nobody. Borrowed. Any thread.
  void SetPerson(agent::Person* person);

  // Writes down which tools were found to be other than pinned, for `weir tools list`.
  void KeepQuarantine();

  // What a person should know: servers and tools that are not offered, and why.
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  struct Server {
    catalog::ServerConfig config;
    mcp_host::ServerPlan plan;
    std::unique_ptr<mcp_host::PersonHandlers> handlers;
    std::unique_ptr<ServerSignIn> sign_in;       // null where none is possible
    std::vector<catalog::CatalogTool> tools;     // that are offered
    mcp_host::McpToolServer* running = nullptr;  // owned by the host
  };

  PinnedServers() = default;
  // The pinned definitions of the server, as if it had just listed them.
  Result<catalog::ServerListing> PinnedListing(Server& server);
  void Offer(const catalog::ToolReport& report, tools::Registry* registry);
  tools::ServerAnswer AskPerson(const tools::ServerQuestion& question, const std::stop_token& stop);
  bool MaySignIn(const std::string& text, const std::stop_token& stop);
  agent::Person* CurrentPerson();

  std::string workspace_, state_folder_;
  sandbox::SandboxLevel level_ = sandbox::SandboxLevel::kFull;
  catalog::Pins pins_;
  std::unique_ptr<net::HttpClient> http_;
  std::map<std::string, Server> servers_;  // by key
  std::vector<std::string> problems_;
  std::mutex person_mutex_;
  agent::Person* person_ = nullptr;  // guarded by person_mutex_
};

// What `weir tools pin` asks of a server: starts it in its box, or reaches it, lists, and ends it.
Result<catalog::ServerListing> ListServerOnce(const Settings& settings,
                                              const catalog::ServerConfig& config);

}  // namespace weir::app
