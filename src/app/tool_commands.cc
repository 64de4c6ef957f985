// `weir tools` and `weir undo`: what can be done, and taking back what was.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "app/commands.h"
#include "app/escape.h"
#include "app/mcp_tool_commands.h"
#include "app/session.h"
#include "audit/audit_log.h"
#include "tools/undo.h"

namespace weir::app {
namespace {

std::string Safe(std::string_view text) { return EscapeForTerminal(text); }

void PrintJson(const json::Json& object) { std::puts(json::Dump(object).c_str()); }

// ---- tools ----

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
      fmt::print("{:<14} {:<7} {}\n", tool.definition.name, tool.effect,
                 tool.definition.description);
    }
  }
  return ListMcpTools(settings);
}

int ToolsShow(const Settings& settings, const std::string& name) {
  const Result<tools::Registry> registry = tools::Registry::Builtin();
  if (!registry) return Complain(settings, registry.error());
  const tools::ToolEntry* tool = registry->Find(name);
  if (tool == nullptr) return ShowMcpTool(settings, name);
  fmt::print("name        {}\nserver      {}\neffect      {}\ndefinition  sha256 {}\n{}\n{}\n",
             tool->definition.name, tool->server, tool->effect, tool->definition_hash,
             tool->definition.description, tool->definition.parameters.dump(2));
  return kExitOk;
}

// ---- undo ----

int Undo(const Settings& settings, const std::string& run_id, bool list) {
  const Result<std::string> state = StateFolder(settings);
  if (!state) return Complain(settings, state.error());
  if (list) {
    const Result<std::vector<tools::UndoRunInfo>> runs = tools::ListUndoRuns(*state);
    if (!runs) return Complain(settings, runs.error());
    for (const tools::UndoRunInfo& run : *runs) {
      fmt::print("{}  {}{}\n", run.run_id, run.undoes.empty() ? "" : "undo of " + run.undoes + "  ",
                 run.is_undone ? "(undone)" : "");
      for (const std::string& action : run.actions) fmt::print("    {}\n", Safe(action));
    }
    if (runs->empty()) std::puts("nothing to undo");
    return kExitOk;
  }
  Result<audit::AuditLog> log = audit::AuditLog::Open(*state + "/audit", SystemClock());
  if (!log) return Complain(settings, log.error());
  const std::string undo_run = NewRunId(SystemClock());
  const Result<tools::UndoReport> report = tools::UndoRun(
      *state, {.run_id = run_id, .undo_run_id = undo_run, .dry_run = settings.dry_run},
      SystemClock());
  if (!report) return Complain(settings, report.error());
  for (const std::string& line : report->done)
    fmt::print("{}{}\n", settings.dry_run ? "would: " : "", Safe(line));
  for (const std::string& line : report->conflicts) fmt::print("left alone: {}\n", Safe(line));
  if (!settings.dry_run) {
    const Result<uint64_t> recorded = log->Append(audit::MakeEvent(
        audit::EventKind::kUndo, undo_run, "",
        {{"undo", report->run_id},
         {"action",
          fmt::format("{} done, {} left alone", report->done.size(), report->conflicts.size())},
         {"is_error", !report->complete()}}));
    if (!recorded) return Complain(settings, recorded.error());
  }
  return report->complete() ? kExitOk : kExitError;
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

void AddUndoCommand(CLI::App& app, Settings& settings, Action& action) {
  auto run_id = std::make_shared<std::string>();
  auto list = std::make_shared<bool>(false);
  CLI::App* undo = app.add_subcommand("undo", "take back what a run did to files");
  undo->add_option("run", *run_id, "a run (default: the newest one that is not undone)");
  undo->add_flag("--list", *list, "list what can be undone");
  undo->add_flag("--dry-run", settings.dry_run, "say what would be done");
  undo->callback([&settings, &action, run_id, list] {
    action = [&settings, run_id, list](Interrupt&) { return Undo(settings, *run_id, *list); };
  });
}

}  // namespace weir::app
