// `weir tools add`: what another program uses, or what a person names, becomes a server of ours.

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "app/escape.h"
#include "app/mcp_servers.h"
#include "app/mcp_tool_commands.h"
#include "catalog/command_line.h"
#include "catalog/config_text.h"
#include "catalog/discovery.h"
#include "catalog/identity.h"

namespace weir::app {
namespace {

catalog::DiscoveryPlaces PlacesOf(const Settings& settings) {
  std::error_code error;
  const std::filesystem::path workspace = std::filesystem::canonical(settings.workspace, error);
  // ConfigPath is CONFIG_HOME/weir/weir.toml.
  const std::filesystem::path config = ConfigPath();
  return {error ? "" : workspace.string(), config.parent_path().parent_path().string()};
}

void PrintServer(const catalog::ServerConfig& config, const std::string& workspace) {
  // The command is one line however long it is: what a person copies must be what would run.
  fmt::print("     {}\n", catalog::CommandLine(config));
  for (const std::string& line : catalog::EnvironmentLines(config)) {
    fmt::print("     with {}\n", line);
  }
  for (const std::string& danger : catalog::Dangers(config, workspace)) {
    PutWrapped("     DANGER: " + danger, 7);
  }
}

void PrintFoundAsJson(const catalog::FoundServer& found, const std::string& workspace) {
  const catalog::ServerConfig& config = found.config;
  std::puts(json::Dump({{"file", found.file},
                        {"name", found.name},
                        {"command", config.command},
                        {"args", config.args},
                        {"url", config.url},
                        {"command_line", catalog::CommandLine(config)},
                        {"env", catalog::EnvironmentLines(config)},
                        {"dangers", catalog::Dangers(config, workspace)},
                        {"unfit", found.unfit}})
                .c_str());
}

void PrintFound(const catalog::Discovery& discovery, const std::string& workspace) {
  std::string file;
  size_t number = 0;
  for (const catalog::FoundServer& found : discovery.servers) {
    if (found.file != file) {
      file = found.file;
      fmt::print("{}:\n", EscapeForTerminal(file));
    }
    fmt::print("  {}  {}\n", ++number, EscapeForTerminal(found.name));
    PrintServer(found.config, workspace);
    for (const std::string& why : found.unfit) {
      PutWrapped("     can not be added as it is: " + EscapeForTerminal(why), 7);
    }
  }
  for (const std::string& problem : discovery.problems) {
    PutWrapped("not read: " + EscapeForTerminal(problem), 4);
  }
}

// Nobody is there who could say yes.
int NeedsPerson(const Settings& settings) {
  Complain(settings, {ErrorCode::kPermissionDenied,
                      "adding a server needs a person at a terminal; nothing was added"});
  return kExitNeedsAnswer;
}

// A line that a person typed; empty at the end of input.
std::optional<std::string> AskLine(const std::string& question, Interrupt& interrupt) {
  std::fwrite(question.data(), 1, question.size(), stdout);
  std::fflush(stdout);
  std::optional<std::string> line = ReadLine(0, interrupt.token());
  if (!line) std::puts("");
  return line;
}

// Shows the table and writes it after a yes.
int Confirm(const Settings& settings, const catalog::ServerConfig& config,
            const std::string& workspace, Interrupt& interrupt) {
  // Whether it can be written at all is said before anybody is asked.
  const Result<std::vector<catalog::ServerConfig>> servers = LoadServers();
  if (!servers) return Complain(settings, servers.error());
  catalog::ServerConfig shown = config;
  for (auto& [name, value] : shown.env_set) value = "...";  // told below, unless it is a secret
  const Result<std::string> alone = catalog::WithServer("", ConfigPath(), shown);
  if (!alone) return Complain(settings, alone.error());
  fmt::print("This would be added to {}:\n\n{}\n", EscapeForTerminal(ConfigPath()),
             EscapeForTerminal(*alone, {.keep_newlines = true}));
  std::puts("Its program would run as you, in the sandbox that the table names:");
  PrintServer(config, workspace);
  const std::optional<std::string> answer = AskLine("Add it? [y/N] ", interrupt);
  if (!answer || (*answer != "y" && *answer != "yes")) {
    std::puts("Nothing was added.");
    return kExitDenied;
  }
  if (const Status added = AddServer(config); !added) return Complain(settings, added.error());
  PutWrapped(fmt::format("Added. Its tools are not offered before you have seen "
                         "them: weir tools pin {}",
                         config.name),
             0);
  return kExitOk;
}

int AddFound(const Settings& settings, const std::string& wanted_name, Interrupt& interrupt) {
  const catalog::DiscoveryPlaces places = PlacesOf(settings);
  const catalog::Discovery discovery = catalog::Discover(places);
  if (settings.json) {
    for (const catalog::FoundServer& found : discovery.servers) {
      PrintFoundAsJson(found, places.workspace);
    }
    return kExitOk;
  }
  PrintFound(discovery, places.workspace);
  if (discovery.servers.empty()) {
    std::puts(
        "No MCP server was found in the files of other programs. Name one:\n"
        "  weir tools add NAME -- COMMAND ARGS...\n"
        "  weir tools add NAME --url https://...");
    return kExitOk;
  }
  if (::isatty(0) == 0) return NeedsPerson(settings);
  const std::string choice =
      AskLine("Which one? [number, or Enter for none] ", interrupt).value_or("");
  size_t number = 0;
  const auto [end, error] = std::from_chars(choice.data(), choice.data() + choice.size(), number);
  const bool is_number = error == std::errc() && end == choice.data() + choice.size();
  if (!is_number || number < 1 || number > discovery.servers.size()) {
    std::puts("Nothing was added.");
    return kExitDenied;
  }
  const catalog::FoundServer& found = discovery.servers[number - 1];
  if (!found.unfit.empty()) {
    return Complain(settings, {ErrorCode::kUnsupported,
                               fmt::format("'{}' can not be added as it is: {}",
                                           EscapeForTerminal(found.name), found.unfit.front())});
  }
  catalog::ServerConfig config = found.config;
  config.name = wanted_name.empty() ? found.name : wanted_name;
  if (!catalog::CheckServerKey(config.name)) {
    config.name =
        AskLine("What shall Weir call it? [letters, digits, - and _] ", interrupt).value_or("");
  }
  if (const Status good = catalog::CheckServerKey(config.name); !good) {
    return Complain(settings, good.error());
  }
  return Confirm(settings, config, places.workspace, interrupt);
}

}  // namespace

int AddMcpServer(const Settings& settings, const AddRequest& request, Interrupt& interrupt) {
  if (request.command.empty() && request.url.empty()) {
    return AddFound(settings, request.name, interrupt);
  }
  catalog::ServerConfig config;
  config.name = request.name;
  config.url = request.url;
  if (!request.command.empty()) {
    config.command = request.command.front();
    config.args.assign(request.command.begin() + 1, request.command.end());
  }
  // The reader of weir.toml judges it, so that both say the same.
  const Result<std::string> table = catalog::WithServer("", "the new server", config);
  if (!table) return Complain(settings, table.error());
  if (settings.json || ::isatty(0) == 0) {
    if (!settings.json) PrintServer(config, PlacesOf(settings).workspace);
    return NeedsPerson(settings);
  }
  return Confirm(settings, config, PlacesOf(settings).workspace, interrupt);
}

}  // namespace weir::app
