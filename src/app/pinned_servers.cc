#include "app/pinned_servers.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "app/mcp_servers.h"
#include "app/session.h"
#include "base/clock.h"
#include "catalog/program.h"

namespace weir::app {
namespace {

Result<mcp_host::ServerPlan> PlanOf(const catalog::ServerConfig& config,
                                    const std::string& workspace, sandbox::SandboxLevel level) {
  if (config.is_program()) return mcp_host::PlanServer(config, workspace, level);
  mcp_host::ServerPlan plan;
  plan.name = config.name;
  ASSIGN_OR_RETURN(plan.program_hash, catalog::ProgramHash(config, ""));
  return plan;
}

}  // namespace

Result<std::unique_ptr<PinnedServers>> PinnedServers::Open(const Settings& settings,
                                                           const std::string& workspace,
                                                           const std::string& state_folder,
                                                           tools::Registry* registry) {
  std::unique_ptr<PinnedServers> self(new PinnedServers());
  self->workspace_ = workspace;
  self->state_folder_ = state_folder;
  self->level_ = settings.sandbox;
  ASSIGN_OR_RETURN(const std::vector<catalog::ServerConfig> configs, LoadServers());
  if (configs.empty()) return self;
  Result<catalog::Pins> pins = catalog::PinStore(state_folder).Load();
  if (!pins) {
    self->problems_.push_back(
        fmt::format("no tool of an MCP server is offered: {}", pins.error().message));
    return self;
  }
  self->pins_ = std::move(*pins);
  std::vector<std::string> builtin;
  for (const tools::ToolEntry& entry : registry->tools()) builtin.push_back(entry.definition.name);
  std::map<std::string, catalog::ServerListing> listings;
  for (const catalog::ServerConfig& config : configs) {
    if (!config.enabled) continue;
    if (!self->pins_.servers.contains(config.name)) {
      self->problems_.push_back(fmt::format(
          "MCP server '{0}' is not used before you have looked at its tools: weir tools pin {0}",
          config.name));
      continue;
    }
    Server server;
    server.config = config;
    Result<catalog::ServerListing> listing = self->PinnedListing(server);
    if (!listing) {
      self->problems_.push_back(
          fmt::format("MCP server '{}' is not used: {}", config.name, listing.error().message));
      continue;
    }
    listings.emplace(config.name, std::move(*listing));
    self->servers_.emplace(config.name, std::move(server));
  }
  std::vector<catalog::ListedServer> listed;
  listed.reserve(listings.size());
  for (const auto& [name, listing] : listings) {
    listed.push_back({.config = &self->servers_.at(name).config, .listing = &listing});
  }
  catalog::Catalog catalog(builtin);
  for (const catalog::ToolReport& report : catalog.Add(listed, self->pins_)) {
    self->Offer(report, registry);
  }
  return self;
}

Result<catalog::ServerListing> PinnedServers::PinnedListing(Server& server) {
  ASSIGN_OR_RETURN(server.plan, PlanOf(server.config, workspace_, level_));
  catalog::ServerListing listing;
  listing.server = server.config.name;
  listing.program_hash = server.plan.program_hash;
  const catalog::ServerPins& pins = pins_.servers.at(server.config.name);
  for (const auto& [tool, pin] : pins.tools) {
    // What a run found to be another definition stays away until a person has looked.
    if (pins.waiting.contains(tool)) {
      problems_.push_back(fmt::format("{}: {}", tool, pins.waiting.at(tool).why));
      continue;
    }
    ASSIGN_OR_RETURN(json::Json definition, json::Parse(pin.definition));
    listing.tools.push_back(std::move(definition));
  }
  return listing;
}

void PinnedServers::Offer(const catalog::ToolReport& report, tools::Registry* registry) {
  if (report.standing != catalog::Standing::kOffered) {
    problems_.push_back(
        fmt::format("{} is not offered: {}", catalog::Describe(report.id), report.why));
    return;
  }
  if (const Status added = registry->Add(*report.tool); !added) {
    problems_.push_back(
        fmt::format("{} is not offered: {}", catalog::Describe(report.id), added.error().message));
    return;
  }
  servers_.at(report.id.server).tools.push_back(*report.tool);
}

Status PinnedServers::AddTo(tools::ToolHost* host) {
  for (auto& [name, server] : servers_) {
    if (server.tools.empty()) continue;
    server.handlers = std::make_unique<mcp_host::PersonHandlers>(
        name, [this](const tools::ServerQuestion& question, const std::stop_token& stop) {
          return AskPerson(question, stop);
        });
    if (!server.config.is_program()) {
      if (!http_) http_ = net::NewHttpClient();
      ASSIGN_OR_RETURN(server.sign_in, ServerSignIn::Make(server.config, state_folder_, *http_,
                                                          [this](const std::string& text,
                                                                 const std::stop_token& stop) {
                                                            return MaySignIn(text, stop);
                                                          }));
    }
    mcp_host::McpToolServerOptions options;
    options.session = {.config = server.config,
                       .plan = server.plan,
                       .handlers = server.handlers.get(),
                       .http = http_.get(),
                       .authorizer = server.sign_in ? server.sign_in->authorizer() : nullptr,
                       .clock = &SystemClock()};
    options.workspace = workspace_;
    options.state_folder = state_folder_;
    options.pins = pins_.servers.at(name);
    auto running = std::make_unique<mcp_host::McpToolServer>(std::move(options));
    for (const catalog::CatalogTool& tool : server.tools) {
      // One whose schemas can not be checked fails each call, and says so.
      if (const Status added = running->AddTool(tool); !added) {
        problems_.push_back(fmt::format("{} can not be used: {}", catalog::Describe(tool.id),
                                        added.error().message));
      }
    }
    server.running = running.get();
    RETURN_IF_ERROR(host->AddServer(name, std::move(running)));
  }
  return {};
}

void PinnedServers::SetPerson(agent::Person* person) {
  const std::lock_guard lock(person_mutex_);
  person_ = person;
}

// The run that set the person waits for the call that a question belongs to.
agent::Person* PinnedServers::CurrentPerson() {
  const std::lock_guard lock(person_mutex_);
  return person_;
}

tools::ServerAnswer PinnedServers::AskPerson(const tools::ServerQuestion& question,
                                             const std::stop_token& stop) {
  agent::Person* person = CurrentPerson();
  return person == nullptr ? tools::ServerAnswer{} : person->AnswerServer(question, stop);
}

bool PinnedServers::MaySignIn(const std::string& text, const std::stop_token& stop) {
  agent::Person* person = CurrentPerson();
  if (person == nullptr) return false;
  return person->Answer({text, {"open the browser and sign in", "do not"}}, stop).choice == 0;
}

void PinnedServers::KeepQuarantine() {
  catalog::PinStore store(state_folder_);
  for (const auto& [name, server] : servers_) {
    if (server.running == nullptr || server.running->quarantined().empty()) continue;
    std::map<std::string, std::string> waiting = server.running->quarantined();
    for (const auto& [tool, one] : pins_.servers.at(name).waiting) waiting.emplace(tool, one.why);
    const Status kept = store.SetWaiting(name, waiting, SystemClock().UnixMicros());
    if (!kept) problems_.push_back(kept.error().message);
  }
}

Result<catalog::ServerListing> ListServerOnce(const Settings& settings,
                                              const catalog::ServerConfig& config) {
  ASSIGN_OR_RETURN(const std::string workspace, CheckedWorkspace(settings));
  ASSIGN_OR_RETURN(mcp_host::ServerPlan plan, PlanOf(config, workspace, settings.sandbox));
  catalog::ServerListing listing;
  listing.server = config.name;
  listing.program_hash = plan.program_hash;
  std::unique_ptr<net::HttpClient> http;
  std::unique_ptr<ServerSignIn> sign_in;
  if (!config.is_program()) {
    http = net::NewHttpClient();
    ASSIGN_OR_RETURN(const std::string state_folder, StateFolder(settings));
    ASSIGN_OR_RETURN(sign_in, ServerSignIn::Make(config, state_folder, *http, AskAtTerminal));
  }
  mcp_host::ServerSession session({.config = config,
                                   .plan = std::move(plan),
                                   .http = http.get(),
                                   .authorizer = sign_in ? sign_in->authorizer() : nullptr,
                                   .clock = &SystemClock()});
  RETURN_IF_ERROR(session.Start([](std::string_view) { return Status(); }, {}));
  ASSIGN_OR_RETURN(const std::vector<mcp_client::ToolDescription>* tools, session.Tools({}));
  for (const mcp_client::ToolDescription& tool : *tools) listing.tools.push_back(tool.raw);
  listing.instructions = session.Instructions();
  return listing;
}

}  // namespace weir::app
