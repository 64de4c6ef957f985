#include "app/run_history.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <map>
#include <utility>

#include "changes/render.h"
#include "tools/undo.h"

namespace weir::app {
namespace {

// Parts of one store, one after the other, that are taken back in one go.
struct Stretch {
  RunPart::Store store = RunPart::kTools;
  std::vector<std::string> ids;
  changes::StepRange range;
};

std::vector<RunPart> PartsOf(const tools::UndoRunInfo& run) {
  std::vector<RunPart> parts;
  parts.reserve(run.records.size());
  for (const tools::UndoRecordInfo& record : run.records) {
    parts.push_back({.store = RunPart::kTools,
                     .id = record.id,
                     .number = static_cast<int>(parts.size()) + 1,
                     .time_us = record.time_us,
                     .is_undone = record.is_undone,
                     .lines = {record.action}});
  }
  return parts;
}

std::vector<RunPart> PartsOf(const changes::RunInfo& run) {
  std::vector<RunPart> parts;
  parts.reserve(run.steps.size());
  for (const changes::RunStep& step : run.steps) {
    parts.push_back({.store = RunPart::kViews,
                     .id = changes::StepId(run.header.run_id, step.number),
                     .number = step.number,
                     .time_us = step.time_us,
                     .is_undone = step.is_undone,
                     .lines = changes::RenderLines(step.changes)});
  }
  return parts;
}

// Adds the parts of another store in the order of time. Within a store the order is that of its
// numbers, also when the clock was set back meanwhile.
void MergeParts(std::vector<RunPart> more, std::vector<RunPart>& parts) {
  int64_t latest_us = 0;
  for (RunPart& part : more) part.time_us = latest_us = std::max(latest_us, part.time_us);
  std::vector<RunPart> merged;
  std::merge(std::make_move_iterator(parts.begin()), std::make_move_iterator(parts.end()),
             std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()),
             std::back_inserter(merged),
             [](const RunPart& a, const RunPart& b) { return a.time_us < b.time_us; });
  parts = std::move(merged);
}

void AddRun(RunChanges run, std::map<std::string, RunChanges>& runs) {
  const auto found = runs.find(run.run_id);
  if (found == runs.end()) {
    RunChanges& added = runs[run.run_id];
    std::vector<RunPart> parts = std::exchange(run.parts, {});
    added = std::move(run);
    MergeParts(std::move(parts), added.parts);
    return;
  }
  found->second.time_us = std::min(found->second.time_us, run.time_us);
  MergeParts(std::move(run.parts), found->second.parts);
}

// Newest first. Steps of a view's commits are only taken together when none lies between them.
std::vector<Stretch> StretchesOf(const RunChanges& run) {
  std::vector<Stretch> stretches;
  for (auto part = run.parts.rbegin(); part != run.parts.rend(); ++part) {
    if (part->is_undone) continue;
    const bool goes_on =
        !stretches.empty() && stretches.back().store == part->store &&
        (part->store == RunPart::kTools || stretches.back().range.first == part->number + 1);
    if (!goes_on) {
      stretches.push_back({.store = part->store, .ids = {}, .range = {.last = part->number}});
    }
    stretches.back().ids.push_back(part->id);
    stretches.back().range.first = part->number;
  }
  return stretches;
}

// What taking back one stretch came to.
struct StretchReport {
  std::string undo_run_id;
  std::vector<std::string> done;
  std::vector<std::string> conflicts;
};

Result<StretchReport> UndoCalls(const std::string& state_folder, const RunUndoRequest& request,
                                const Stretch& stretch, const Clock& clock) {
  ASSIGN_OR_RETURN(tools::UndoReport report, tools::UndoRun(state_folder,
                                                            {.run_id = request.run_id,
                                                             .undo_run_id = request.undo_run_id,
                                                             .records = stretch.ids,
                                                             .dry_run = request.dry_run},
                                                            clock));
  return StretchReport{std::move(report.undo_run_id), std::move(report.done),
                       std::move(report.conflicts)};
}

Result<StretchReport> UndoCommits(changes::History& views, const RunUndoRequest& request,
                                  const Stretch& stretch) {
  ASSIGN_OR_RETURN(const changes::RestoreReport report,
                   request.dry_run
                       ? views.PreviewRestore(request.run_id, stretch.range)
                       : views.Restore(request.run_id, request.undo_run_id, stretch.range));
  StretchReport out{report.undo_run_id, changes::RenderLines(report.done), {}};
  for (const changes::Conflict& conflict : report.conflicts) {
    out.conflicts.push_back(
        fmt::format("{}: {}; left as it is", changes::OneLine(conflict.path), conflict.reason));
  }
  return out;
}

void MoveTo(std::vector<std::string>& to, std::vector<std::string>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

std::string_view StoreName(RunPart::Store store) {
  return store == RunPart::kTools ? "tools" : "views";
}

bool RunChanges::is_undone() const {
  return std::all_of(parts.begin(), parts.end(),
                     [](const RunPart& part) { return part.is_undone; });
}

int64_t RisingClock::UnixMicros() const {
  last_us_ = std::max(last_us_ + 1, clock_.UnixMicros());
  return last_us_;
}

RunHistory RunHistory::Open(std::string state_folder, const Clock& clock) {
  RunHistory history(std::move(state_folder), clock);
  const std::string snapshots = history.state_folder_ + "/snapshots";
  if (::access(snapshots.c_str(), F_OK) != 0 && errno == ENOENT) return history;
  Result<changes::History> views = changes::History::Open(history.state_folder_, *history.clock_);
  if (views) {
    history.views_.emplace(std::move(*views));
  } else {
    history.views_error_ = views.error().WithContext("the records of committed previews");
  }
  return history;
}

const std::optional<changes::Recovery>& RunHistory::recovery() const {
  static const std::optional<changes::Recovery> kNone;
  return views_ ? views_->recovery() : kNone;
}

Result<std::vector<RunChanges>> RunHistory::Runs(std::vector<std::string>* damaged) const {
  std::map<std::string, RunChanges> by_id;
  ASSIGN_OR_RETURN(const std::vector<tools::UndoRunInfo> calls,
                   tools::ListUndoRuns(state_folder_, damaged));
  for (const tools::UndoRunInfo& run : calls) {
    AddRun({run.run_id, run.workspace, run.undoes, run.time_us, PartsOf(run)}, by_id);
  }
  if (views_error_) damaged->push_back(views_error_->message);
  if (views_) {
    const Result<std::vector<changes::RunInfo>> commits = views_->ReadRuns();
    if (!commits) damaged->push_back(commits.error().message);
    for (const changes::RunInfo& run : commits.value_or(std::vector<changes::RunInfo>())) {
      const changes::RunHeader& header = run.header;
      AddRun({header.run_id, header.workspace, header.undoes, header.time_us, PartsOf(run)}, by_id);
    }
  }
  std::vector<RunChanges> runs;
  runs.reserve(by_id.size());
  for (auto& [run_id, run] : by_id) runs.push_back(std::move(run));
  std::stable_sort(runs.begin(), runs.end(),
                   [](const RunChanges& a, const RunChanges& b) { return a.time_us < b.time_us; });
  return runs;
}

// The run of a request, by name or the newest that is left.
Result<RunChanges> RunHistory::Choose(const std::string& run_id) const {
  std::vector<std::string> damaged;
  ASSIGN_OR_RETURN(std::vector<RunChanges> runs, Runs(&damaged));
  const auto found = std::find_if(runs.rbegin(), runs.rend(), [&](const RunChanges& run) {
    if (!run_id.empty()) return run.run_id == run_id;
    return run.undoes.empty() && !run.is_undone();
  });
  if (found != runs.rend()) {
    if (!found->is_undone()) return std::move(*found);
    return MakeError(ErrorCode::kNotFound, "run '{}' is undone already", run_id);
  }
  for (const std::string& line : damaged) {
    if (run_id.empty() || line.starts_with(run_id + ":")) {
      return MakeError(ErrorCode::kCorruptData, "{}", line);
    }
  }
  if (run_id.empty()) return MakeError(ErrorCode::kNotFound, "there is nothing to undo");
  return MakeError(ErrorCode::kNotFound, "no run '{}' has changed anything", run_id);
}

Result<RunUndo> RunHistory::Undo(const RunUndoRequest& request) {
  if (views_error_) return MakeError(*views_error_);
  if (views_) RETURN_IF_ERROR(views_->ReadRuns());
  ASSIGN_OR_RETURN(const RunChanges run, Choose(request.run_id));
  RunUndoRequest chosen = request;
  chosen.run_id = run.run_id;
  RunUndo undo;
  undo.run_id = run.run_id;
  bool is_newest = true;
  for (const Stretch& stretch : StretchesOf(run)) {
    Result<StretchReport> report = stretch.store == RunPart::kTools
                                       ? UndoCalls(state_folder_, chosen, stretch, *clock_)
                                       : UndoCommits(*views_, chosen, stretch);
    if (!report && is_newest) return MakeError(report.error());
    if (!report) {
      undo.stopped_by = report.error();
      break;
    }
    if (!report->undo_run_id.empty()) undo.undo_run_id = report->undo_run_id;
    MoveTo(undo.done, report->done);
    MoveTo(request.dry_run && !is_newest ? undo.unclear : undo.conflicts, report->conflicts);
    is_newest = false;
  }
  return undo;
}

}  // namespace weir::app
