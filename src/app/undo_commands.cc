// `weir undo`: what runs changed, and taking it back.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "app/audit_settings.h"
#include "app/commands.h"
#include "app/escape.h"
#include "app/run_history.h"
#include "app/session.h"
#include "app/wrap.h"
#include "audit/audit_log.h"

namespace weir::app {
namespace {

constexpr int kUndoIndent = 6;

void PrintUndoLine(std::FILE* stream, std::string_view what, std::string_view text) {
  PrintWrapped(stream, std::string(what) + EscapeForTerminal(text), kUndoIndent);
}

json::Json RunObject(const RunChanges& run) {
  json::Json parts = json::Json::array();
  for (const RunPart& part : run.parts) {
    parts.push_back({{"id", part.id},
                     {"store", std::string(StoreName(part.store))},
                     {"time_us", part.time_us},
                     {"undone", part.is_undone},
                     {"lines", part.lines}});
  }
  return {{"run", run.run_id},      {"workspace", run.workspace}, {"undoes", run.undoes},
          {"time_us", run.time_us}, {"undone", run.is_undone()},  {"changes", std::move(parts)}};
}

void PrintRun(const RunChanges& run) {
  PrintWrapped(
      stdout,
      fmt::format("{}  {}{}", run.run_id, run.undoes.empty() ? "" : "undo of " + run.undoes + "  ",
                  run.is_undone() ? "(undone)" : ""),
      kUndoIndent);
  for (const RunPart& part : run.parts) {
    const char* note = part.is_undone && !run.is_undone() ? "  (undone)" : "";
    for (const std::string& line : part.lines) {
      PrintWrapped(stdout, fmt::format("    {}{}", EscapeForTerminal(line), note), kUndoIndent);
    }
  }
}

void TellRecovery(const RunHistory& history) {
  const auto& recovery = history.recovery();
  if (!recovery) return;
  const char* became = "finished";
  if (recovery->outcome == changes::Recovery::kTakenBack) became = "taken back";
  if (recovery->outcome == changes::Recovery::kWorkspaceGone) became = "forgotten with its folder";
  PrintUndoLine(
      stderr, "weir: ",
      fmt::format("a commit of run '{}' had been cut off and was {}", recovery->run_id, became));
  for (const changes::Conflict& conflict : recovery->conflicts) {
    PrintUndoLine(stderr, "left alone: ", conflict.path);
  }
}

int UndoList(const Settings& settings, const RunHistory& history) {
  std::vector<std::string> damaged;
  const Result<std::vector<RunChanges>> runs = history.Runs(&damaged);
  if (!runs) return Complain(settings, runs.error());
  for (const RunChanges& run : *runs) {
    if (settings.json) {
      std::puts(json::Dump(RunObject(run)).c_str());
    } else {
      PrintRun(run);
    }
  }
  if (runs->empty() && !settings.json) std::puts("nothing to undo");
  for (const std::string& line : damaged) {
    PrintUndoLine(stderr, "weir: can not be read: ", line);
  }
  return damaged.empty() ? kExitOk : kExitError;
}

void PrintUndo(const Settings& settings, const RunUndo& undo) {
  if (settings.json) {
    json::Json object = {{"event", "undo"},
                         {"run", undo.run_id},
                         {"undo_run", undo.undo_run_id},
                         {"dry_run", settings.dry_run},
                         {"done", undo.done},
                         {"left_alone", undo.conflicts},
                         {"unclear", undo.unclear},
                         {"complete", undo.complete()}};
    if (undo.stopped_by) object["stopped_by"] = undo.stopped_by->message;
    std::puts(json::Dump(object).c_str());
    return;
  }
  for (const std::string& line : undo.done) {
    PrintUndoLine(stdout, settings.dry_run ? "would: " : "", line);
  }
  for (const std::string& line : undo.conflicts) PrintUndoLine(stdout, "left alone: ", line);
  for (const std::string& line : undo.unclear) {
    PrintUndoLine(stdout, "not clear before the newer changes are taken back: ", line);
  }
  if (undo.stopped_by) {
    PrintUndoLine(stdout, "stopped before the older changes: ", undo.stopped_by->message);
  }
}

int Undo(const Settings& settings, const std::string& run_id, bool list) {
  const Result<std::string> state = StateFolder(settings);
  if (!state) return Complain(settings, state.error());
  if (list) return UndoList(settings, RunHistory::Open(*state, SystemClock()));
  // Held until the end: no run is active meanwhile.
  Result<audit::AuditLog> log = OpenAuditLog(*state);
  if (!log) return Complain(settings, log.error());
  RunHistory history = RunHistory::Open(*state, SystemClock());
  TellRecovery(history);
  const std::string undo_run = NewRunId(SystemClock());
  const Result<RunUndo> undo =
      history.Undo({.run_id = run_id, .undo_run_id = undo_run, .dry_run = settings.dry_run});
  if (!undo) return Complain(settings, undo.error());
  PrintUndo(settings, *undo);
  if (!settings.dry_run) {
    const Result<uint64_t> recorded = log->Append(audit::MakeEvent(
        audit::EventKind::kUndo, undo_run, "",
        {{"undo", undo->run_id},
         {"action",
          fmt::format("{} done, {} left alone", undo->done.size(), undo->conflicts.size())},
         {"is_error", !undo->complete()}}));
    if (!recorded) return Complain(settings, recorded.error());
  }
  return undo->complete() ? kExitOk : kExitError;
}

}  // namespace

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
