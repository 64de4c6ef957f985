// `weir tools`: what can be done.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "app/commands.h"
#include "app/mcp_tool_commands.h"
#include "app/wrap.h"
#include "tools/registry.h"

namespace weir::app {
namespace {

constexpr int kDescriptionIndent = 23;  // below the descriptions of a list
constexpr int kSchemaIndent = 8;

void PrintJson(const json::Json& object) { std::puts(json::Dump(object).c_str()); }

int ToolsList(const Settings& settings) {
  const Result<tools::Registry> registry = tools::Registry::Builtin();
  if (!registry) return Complain(settings, registry.error());
  for (const tools::ToolEntry& tool : registry->tools()) {
    if (settings.json) {
      PrintJson({{"server", tool.server},
                 {"name", tool.definition.name},
                 {"effect", tool.effect},
                 {"description", tool.definition.description},
                 {"parameters", tool.definition.parameters},
                 {"definition_hash", tool.definition_hash}});
    } else {
      PrintWrapped(stdout,
                   fmt::format("{:<14} {:<7} {}", tool.definition.name, tool.effect,
                               tool.definition.description),
                   kDescriptionIndent);
    }
  }
  return ListMcpTools(settings);
}

int ToolsShow(const Settings& settings, const std::string& name) {
  const Result<tools::Registry> registry = tools::Registry::Builtin();
  if (!registry) return Complain(settings, registry.error());
  const tools::ToolEntry* tool = registry->Find(name);
  if (tool == nullptr) return ShowMcpTool(settings, name);
  PrintWrapped(
      stdout,
      fmt::format("name        {}\nserver      {}\neffect      {}\ndefinition  sha256 {}\n{}\n{}",
                  tool->definition.name, tool->server, tool->effect, tool->definition_hash,
                  tool->definition.description, tool->definition.parameters.dump(2)),
      kSchemaIndent);
  return kExitOk;
}

}  // namespace

void AddToolCommands(CLI::App& app, Settings& settings, Action& action,
                     catalog::ListServer list_server) {
  CLI::App* tools = app.add_subcommand("tools", "the registry of tools");
  tools->require_subcommand(1);
  AddMcpToolCommands(*tools, settings, action, std::move(list_server));
  tools->add_subcommand("list", "every tool with its effect")->callback([&settings, &action] {
    action = [&settings](Interrupt&) { return ToolsList(settings); };
  });
  auto name = std::make_shared<std::string>();
  CLI::App* show = tools->add_subcommand("show", "one tool with its schema and hash");
  show->add_option("name", *name, "a tool")->required();
  show->callback([&settings, &action, name] {
    action = [&settings, name](Interrupt&) { return ToolsShow(settings, *name); };
  });
}

}  // namespace weir::app
