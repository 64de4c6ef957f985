#include "app/mcp_tool_commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <utility>

#include "app/escape.h"
#include "app/mcp_servers.h"
#include "catalog/pin_plan.h"
#include "policy/explain.h"
#include "tools/registry.h"

namespace weir::app {
namespace {

constexpr int kTerminalColumns = 80;

// What can be said of servers without starting them.
struct PinnedTools {
  std::vector<catalog::ServerConfig> servers;
  catalog::Pins pins;
  std::vector<catalog::ToolReport> pinned;
};

Result<PinnedTools> LoadPinnedTools(const Settings& settings) {
  PinnedTools tools;
  ASSIGN_OR_RETURN(tools.servers, LoadServers());
  if (tools.servers.empty()) return tools;
  ASSIGN_OR_RETURN(const catalog::PinStore store, PinsOf(settings));
  ASSIGN_OR_RETURN(tools.pins, store.Load());
  ASSIGN_OR_RETURN(const std::vector<std::string> builtin, BuiltinToolNames());
  tools.pinned = catalog::PinnedTools(builtin, tools.servers, tools.pins);
  return tools;
}

void PutMcpJson(const json::Json& object) { std::puts(json::Dump(object).c_str()); }

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

void PrintPinned(const Settings& settings, const catalog::ToolReport& report) {
  const bool is_offered = report.tool.has_value();
  if (settings.json) {
    json::Json line{{"server", report.id.server},
                    {"tool", report.id.tool},
                    {"state", is_offered ? "pinned" : "refused"}};
    if (is_offered) {
      line["name"] = report.tool->definition.name;
      line["effect"] = report.tool->effect;
      line["claimed_effect"] = report.tool->claimed_effect;
      line["description"] = report.tool->definition.description;
      line["parameters"] = report.tool->definition.parameters;
      line["pin"] = report.tool->pin_digest;
    } else {
      line["why"] = report.why;
    }
    return PutMcpJson(line);
  }
  if (!is_offered) {
    PutWrapped(fmt::format("{}: not offered: {}", EscapeForTerminal(report.id.tool),
                           EscapeForTerminal(report.why)),
               4);
    return;
  }
  const std::string line = fmt::format(
      "{:<14} {:<7} [{}] {}", report.tool->definition.name, report.tool->effect, report.id.server,
      EscapeForTerminal(FirstLine(report.tool->definition.description)));
  std::puts(Ellipsize(line, kTerminalColumns - 1).c_str());
}

void PrintWaiting(const Settings& settings, const std::string& server, const std::string& tool,
                  const catalog::Quarantined& waiting) {
  if (settings.json) {
    return PutMcpJson({{"server", server},
                       {"tool", tool},
                       {"state", "quarantined"},
                       {"why", waiting.why},
                       {"seen_us", waiting.seen_us}});
  }
  PutWrapped(fmt::format("{} [{}] waits for you: {}", EscapeForTerminal(tool), server,
                         EscapeForTerminal(waiting.why)),
             4);
}

void PrintUnknown(const Settings& settings, const catalog::ServerConfig& server) {
  if (settings.json) return;
  PutWrapped(fmt::format("[{}] no tool of it has been accepted yet; look at them "
                         "with: weir tools pin {}",
                         server.name, server.name),
             4);
}

int RemoveMcpServer(const Settings& settings, const std::string& name) {
  Result<catalog::PinStore> store = PinsOf(settings);
  if (!store) return Complain(settings, store.error());
  if (const Status removed = RemoveServer(name); !removed) {
    return Complain(settings, removed.error());
  }
  const Result<size_t> n_pins = store->Remove(name);
  if (!n_pins) return Complain(settings, n_pins.error());
  if (settings.json) {
    PutMcpJson({{"removed", name}, {"pins", *n_pins}});
  } else {
    fmt::print("removed [mcp.{}] and {} pinned tools\n", name, *n_pins);
  }
  return kExitOk;
}

void AddAdd(CLI::App& tools, Settings& settings, Action& action) {
  auto request = std::make_shared<AddRequest>();
  CLI::App* add = tools.add_subcommand(
      "add", "add an MCP server: one that other programs use, or NAME -- COMMAND ARGS...");
  add->add_option("name", request->name, "what Weir shall call the server");
  add->add_option("command", request->command, "behind --: the program and its arguments");
  add->add_option("--url", request->url, "a server at an https:// address instead");
  add->add_option("-w,--workspace", settings.workspace,
                  "where to look for other programs' files (default: here)");
  add->callback([&settings, &action, request] {
    action = [&settings, request](Interrupt& interrupt) {
      return AddMcpServer(settings, *request, interrupt);
    };
  });
}

void AddPin(CLI::App& tools, Settings& settings, Action& action, catalog::ListServer list_server) {
  auto request = std::make_shared<PinRequest>();
  CLI::App* pin =
      tools.add_subcommand("pin", "look at what a server's tools say of themselves, and accept it");
  pin->add_option("server", request->server, "NAME of [mcp.NAME] in weir.toml")->required();
  pin->add_option("tool", request->tool, "one of its tools (default: all)");
  pin->add_option("--seen", request->seen,
                  "accept without a question what has this digest, shown by an earlier run");
  pin->callback([&settings, &action, request, lister = std::move(list_server)] {
    action = [&settings, request, lister](Interrupt& interrupt) {
      return PinMcpTools(settings, *request, lister, interrupt);
    };
  });
}

}  // namespace

void PutWrapped(std::string_view escaped, size_t indent) {
  const std::string text = policy::Wrapped(escaped, indent);
  std::fwrite(text.data(), 1, text.size(), stdout);
}

int ListMcpTools(const Settings& settings) {
  const Result<PinnedTools> tools = LoadPinnedTools(settings);
  if (!tools) return Complain(settings, tools.error());
  for (const catalog::ToolReport& report : tools->pinned) PrintPinned(settings, report);
  for (const catalog::ServerConfig& server : tools->servers) {
    const auto known = tools->pins.servers.find(server.name);
    const bool is_known = known != tools->pins.servers.end();
    if (!is_known || (known->second.tools.empty() && known->second.waiting.empty())) {
      PrintUnknown(settings, server);
      continue;
    }
    for (const auto& [tool, waiting] : known->second.waiting) {
      PrintWaiting(settings, server.name, tool, waiting);
    }
  }
  return kExitOk;
}

int ShowMcpTool(const Settings& settings, const std::string& name) {
  const Result<PinnedTools> tools = LoadPinnedTools(settings);
  if (!tools) return Complain(settings, tools.error());
  for (const catalog::ToolReport& report : tools->pinned) {
    if (!report.tool || report.tool->definition.name != name) continue;
    if (settings.json) {
      PrintPinned(settings, report);
      return kExitOk;
    }
    const catalog::CatalogTool& tool = *report.tool;
    const catalog::Pin* pin = tools->pins.Find(report.id);
    const Result<json::Json> definition = json::Parse(pin->definition);
    if (!definition) return Complain(settings, definition.error());
    fmt::print(
        "name        {}\nserver      {} (MCP)\nits name    {}\neffect      {} (it claims: {})\n"
        "pin         sha256 {}\nprogram     sha256 {}\n{}",
        name, report.id.server, EscapeForTerminal(report.id.tool), tool.effect, tool.claimed_effect,
        tool.pin_digest, EscapeForTerminal(pin->program), catalog::DefinitionText(*definition));
    return kExitOk;
  }
  return Complain(settings,
                  {ErrorCode::kNotFound, fmt::format("there is no tool '{}'; see: weir tools list",
                                                     EscapeForTerminal(name))});
}

void AddMcpToolCommands(CLI::App& tools, Settings& settings, Action& action,
                        catalog::ListServer list_server) {
  AddAdd(tools, settings, action);
  AddPin(tools, settings, action, std::move(list_server));
  auto name = std::make_shared<std::string>();
  CLI::App* remove = tools.add_subcommand("remove", "forget an MCP server and its pinned tools");
  remove->add_option("server", *name, "NAME of [mcp.NAME] in weir.toml")->required();
  remove->callback([&settings, &action, name] {
    action = [&settings, name](Interrupt&) { return RemoveMcpServer(settings, *name); };
  });
}

}  // namespace weir::app
