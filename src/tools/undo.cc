#include "tools/undo.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "platform/workspace.h"
#include "tools/path.h"
#include "tools/plan.h"
#include "tools/text.h"
#include "tools/undo_store.h"

namespace weir::tools {
namespace {

// What taking back one step comes to: a plan of one inverse step, or nothing to do, or a reason to
// leave things alone.
struct Inverse {
  std::optional<PlannedStep> step;
  std::string done;      // one line, when there is a step
  std::string conflict;  // one line; then there is no step
  int64_t mtime_ns = 0;
};

Inverse Nothing() { return {}; }
Inverse Conflict(std::string why) {
  Inverse inverse;
  inverse.conflict = std::move(why);
  return inverse;
}

class Reverser {
 public:
  Reverser(const ToolContext& context, const UndoStore& store) : context_(context), store_(store) {}

  Inverse Of(const UndoStep& step) {
    switch (step.kind) {
      case StepKind::kMakeFolder:
        return OfMakeFolder(step);
      case StepKind::kRemoveFolder:
        return OfRemoveFolder(step);
      case StepKind::kWrite:
        return OfWrite(step);
      case StepKind::kMove:
        return OfMove(step);
      case StepKind::kCreate:
        return OfCreate(step);
      case StepKind::kTrash:
        return OfTrash(step);
    }
    return Nothing();
  }

  // A temporary file or copy that a killed worker left behind.
  void RemoveLeftover(const UndoStep& step) {
    if (step.temporary.empty()) return;
    std::string leaf;
    const auto parent = context_.workspace->OpenParent(step.path, &leaf);
    if (parent) (void)RemoveTree(parent->get(), step.temporary);
  }

 private:
  // The digest of what is at `path`; empty when nothing is there, "?" when it can not be told.
  std::string DigestAt(const std::string& path) {
    std::string leaf;
    const auto parent = context_.workspace->OpenParent(path, &leaf);
    if (!parent) return parent.error().code == ErrorCode::kNotFound ? "" : "?";
    WalkBudget budget = context_.Budget();
    const auto digest = DigestTree(parent->get(), leaf, budget);
    if (digest) return *digest;
    return digest.error().code == ErrorCode::kNotFound ? "" : "?";
  }
  bool IsThere(const std::string& path) { return context_.workspace->Stat(path).has_value(); }
  bool IsInStore(const std::string& store_path) {
    std::string leaf;
    const auto parent = store_.OpenParent(store_path, &leaf);
    struct stat info{};
    return parent && ::fstatat(parent->get(), leaf.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
  }

  static Inverse Step(StepKind kind, const std::string& path, std::string done) {
    Inverse inverse;
    inverse.step.emplace();
    inverse.step->undo.kind = kind;
    inverse.step->undo.path = path;
    inverse.done = std::move(done);
    return inverse;
  }

  Inverse OfMakeFolder(const UndoStep& step) {
    const auto info = context_.workspace->Stat(step.path);
    if (!info) return Nothing();
    if (!S_ISDIR(info->st_mode)) {
      return Conflict(fmt::format("{} is no longer a folder; left as it is", step.path));
    }
    const auto folder = context_.workspace->OpenBeneath(step.path, O_RDONLY | O_DIRECTORY);
    size_t left_out = 0;
    const auto entries = folder ? ReadFolder(folder->get(), 10, &left_out)
                                : Result<std::vector<FolderEntry>>(MakeError(folder.error()));
    if (!entries || !entries->empty()) {
      return Conflict(fmt::format("the folder {} is not empty; left as it is", step.path));
    }
    Inverse inverse =
        Step(StepKind::kRemoveFolder, step.path, fmt::format("removed the folder {}", step.path));
    inverse.step->undo.mode = info->st_mode & 07777;
    return inverse;
  }

  Inverse OfRemoveFolder(const UndoStep& step) {
    if (IsThere(step.path)) return Nothing();
    Inverse inverse =
        Step(StepKind::kMakeFolder, step.path, fmt::format("made the folder {}", step.path));
    inverse.step->undo.mode = step.mode;
    return inverse;
  }

  Inverse OfWrite(const UndoStep& step) {
    const std::string now = DigestAt(step.path);
    if (step.store.empty()) {
      if (now.empty()) return Nothing();
      if (now != step.digest) return Changed(step.path);
      return Step(StepKind::kTrash, step.path, fmt::format("removed the new file {}", step.path));
    }
    if (now == step.before_digest) return Nothing();
    if (now.empty()) return Conflict(fmt::format("{} is not there any more", step.path));
    if (now != step.digest) return Changed(step.path);
    return RestoreContent(step);
  }

  Inverse RestoreContent(const UndoStep& step) {
    Inverse inverse =
        Step(StepKind::kWrite, step.path, fmt::format("restored the old content of {}", step.path));
    const auto old_content = ReadSaved(step.store);
    if (!old_content || DigestOfContent(*old_content) != step.before_digest) {
      return Conflict(fmt::format("the saved content of {} is damaged or gone", step.path));
    }
    std::string leaf;
    const auto parent = context_.workspace->OpenParent(step.path, &leaf);
    if (!parent) return Conflict(parent.error().message);
    const auto file = OpenChildFile(parent->get(), leaf);
    if (!file || ::fstat(file->get(), &inverse.step->seen) != 0) {
      return Conflict(fmt::format("{} can not be read", step.path));
    }
    auto content = ReadAll(file->get(), kMaxTextFileBytes);
    if (!content || DigestOfContent(*content) != step.digest) return Changed(step.path);
    inverse.step->before = std::move(*content);
    inverse.step->content = *old_content;
    inverse.step->exact_mode = step.mode;
    inverse.mtime_ns = step.before_mtime_ns;
    return inverse;
  }

  Result<std::string> ReadSaved(const std::string& store_path) {
    std::string leaf;
    ASSIGN_OR_RETURN(const UniqueFd folder, store_.OpenParent(store_path, &leaf));
    ASSIGN_OR_RETURN(const UniqueFd file, OpenChildFile(folder.get(), leaf));
    return ReadAll(file.get(), kMaxTextFileBytes);
  }

  Inverse OfMove(const UndoStep& step) {
    const bool is_back = IsThere(step.path);
    const std::string now = DigestAt(step.to);
    if (now.empty()) {
      if (is_back) return Nothing();
      return Conflict(fmt::format("{} is not there any more", step.to));
    }
    if (now != step.digest) {
      // Not moved at all, and something else has the name it was to get.
      if (is_back && DigestAt(step.path) == step.digest) return Nothing();
      return Changed(step.to);
    }
    if (is_back) {
      return Conflict(
          fmt::format("{} can not go back to {}: something is there", step.to, step.path));
    }
    Inverse inverse =
        Step(StepKind::kMove, step.to, fmt::format("moved {} back to {}", step.to, step.path));
    inverse.step->undo.to = step.path;
    return inverse;
  }

  Inverse OfCreate(const UndoStep& step) {
    const std::string now = DigestAt(step.path);
    if (now.empty()) return Nothing();
    if (now != step.digest) return Changed(step.path);
    Inverse inverse = Step(StepKind::kTrash, step.path, fmt::format("removed {}", step.path));
    // What was restored from the trash goes back to the very place there, so that the record it
    // belongs to holds again.
    inverse.step->undo.store = step.store;
    if (!step.store.empty() && IsInStore(step.store)) return Nothing();
    return inverse;
  }

  Inverse OfTrash(const UndoStep& step) {
    const bool is_there = IsThere(step.path);
    if (!IsInStore(step.store)) {
      return is_there ? Nothing()
                      : Conflict(fmt::format("what was deleted as {} is no longer in the trash",
                                             step.path));
    }
    if (is_there) {
      // Copied to the trash, but the worker was stopped before it took the thing away.
      if (DigestAt(step.path) == step.digest) return Nothing();
      return Conflict(fmt::format("{} can not be restored: something else is there", step.path));
    }
    Inverse inverse = Step(StepKind::kCreate, step.path, fmt::format("restored {}", step.path));
    inverse.step->undo.store = step.store;
    return inverse;
  }

  static Inverse Changed(const std::string& path) {
    return Conflict(fmt::format("{} was changed since; left as it is", path));
  }

  const ToolContext& context_;
  const UndoStore& store_;
};

// One undo of one run.
class Undoer {
 public:
  Undoer(const UndoStore& store, const ToolContext& context, UndoRunHeader header,
         UndoReport* report)
      : store_(store), context_(context), header_(std::move(header)), report_(report) {}

  Status Run(const std::vector<std::string>& record_ids, bool dry_run) {
    for (auto id = record_ids.rbegin(); id != record_ids.rend(); ++id) {
      if (store_.IsUndone(*id)) continue;
      ASSIGN_OR_RETURN(const UndoRecord record, store_.ReadRecord(*id));
      const size_t conflicts_before = report_->conflicts.size();
      for (auto step = record.steps.rbegin(); step != record.steps.rend(); ++step) {
        RETURN_IF_ERROR(TakeBack(record, *step, dry_run));
      }
      if (!dry_run && report_->conflicts.size() == conflicts_before) {
        RETURN_IF_ERROR(store_.SetUndone(*id, true));
      }
    }
    return {};
  }

 private:
  Status TakeBack(const UndoRecord& record, const UndoStep& step, bool dry_run) {
    Reverser reverser(context_, store_);
    if (!dry_run) reverser.RemoveLeftover(step);
    Inverse inverse = reverser.Of(step);
    if (!inverse.conflict.empty()) {
      report_->conflicts.push_back(std::move(inverse.conflict));
      return {};
    }
    if (!inverse.step) return {};
    if (!dry_run) {
      RETURN_IF_ERROR(BeginUndoRun());
      Plan plan;
      plan.tool = kUndoTool;
      plan.action = inverse.done;
      plan.reverses = record.id;
      plan.restored_mtime_ns = inverse.mtime_ns;
      plan.steps.push_back(std::move(*inverse.step));
      const Result<std::string> committed = Commit(context_, std::move(plan));
      if (!committed) {
        report_->conflicts.push_back(committed.error().message);
        return {};
      }
    }
    report_->done.push_back(std::move(inverse.done));
    return {};
  }

  Status BeginUndoRun() {
    if (!report_->undo_run_id.empty()) return {};
    RETURN_IF_ERROR(store_.BeginRun(header_));
    report_->undo_run_id = header_.run_id;
    return {};
  }

  const UndoStore& store_;
  const ToolContext& context_;
  UndoRunHeader header_;
  UndoReport* report_;
};

Result<UndoRunInfo> InfoOf(const UndoStore& store, const std::string& run_id) {
  ASSIGN_OR_RETURN(const UndoRunHeader header, store.ReadRun(run_id));
  UndoRunInfo info;
  info.run_id = run_id;
  info.workspace = header.workspace;
  info.undoes = header.undoes;
  info.time_us = header.time_us;
  info.is_undone = true;
  ASSIGN_OR_RETURN(const std::vector<std::string> records, store.RecordIds(run_id));
  for (const std::string& id : records) {
    ASSIGN_OR_RETURN(const UndoRecord record, store.ReadRecord(id));
    const bool is_undone = store.IsUndone(id);
    info.records.push_back({id, record.action, record.time_us, is_undone});
    info.is_undone = info.is_undone && is_undone;
  }
  return info;
}

Result<std::string> NewestRun(const std::string& state_folder) {
  ASSIGN_OR_RETURN(const std::vector<UndoRunInfo> runs, ListUndoRuns(state_folder));
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
    if (run->undoes.empty() && !run->records.empty() && !run->is_undone) return run->run_id;
  }
  return MakeError(ErrorCode::kNotFound, "there is nothing to undo");
}

}  // namespace

Result<std::vector<UndoRunInfo>> ListUndoRuns(const std::string& state_folder,
                                              std::vector<std::string>* damaged) {
  ASSIGN_OR_RETURN(const UndoStore store, UndoStore::Open(state_folder));
  ASSIGN_OR_RETURN(const std::vector<std::string> ids, store.RunIds());
  std::vector<UndoRunInfo> runs;
  for (const std::string& id : ids) {
    Result<UndoRunInfo> info = InfoOf(store, id);
    if (info) {
      runs.push_back(std::move(*info));
    } else if (damaged != nullptr) {
      damaged->push_back(fmt::format("{}: {}", id, info.error().message));
    }
  }
  std::stable_sort(runs.begin(), runs.end(), [](const UndoRunInfo& a, const UndoRunInfo& b) {
    return a.time_us < b.time_us;
  });
  return runs;
}

Result<UndoReport> UndoRun(const std::string& state_folder, const UndoOptions& options,
                           const Clock& clock) {
  UndoReport report;
  report.run_id = options.run_id;
  if (report.run_id.empty()) {
    ASSIGN_OR_RETURN(report.run_id, NewestRun(state_folder));
  }
  ASSIGN_OR_RETURN(const UndoStore store, UndoStore::Open(state_folder));
  Result<UndoRunHeader> run = store.ReadRun(report.run_id);
  if (!run && run.error().code == ErrorCode::kNotFound) {
    return MakeError(ErrorCode::kNotFound, "no run '{}' has changed anything", report.run_id);
  }
  if (!run) return MakeError(run.error());
  const Result<UndoRunHeader> taken = store.ReadRun(options.undo_run_id);
  if (taken && taken->undoes != report.run_id) {
    return MakeError(ErrorCode::kInvalidArgument, "the run id '{}' is taken", options.undo_run_id);
  }
  ASSIGN_OR_RETURN(std::vector<std::string> records, store.RecordIds(report.run_id));
  if (!options.records.empty()) {
    std::erase_if(records, [&](const std::string& id) {
      return std::find(options.records.begin(), options.records.end(), id) == options.records.end();
    });
  }
  const bool all_undone = std::all_of(records.begin(), records.end(),
                                      [&](const std::string& id) { return store.IsUndone(id); });
  if (all_undone) {
    return MakeError(ErrorCode::kNotFound, "run '{}' is undone already", report.run_id);
  }
  ASSIGN_OR_RETURN(const platform::Workspace workspace, platform::Workspace::Open(run->workspace));
  ToolContext context;
  context.workspace = &workspace;
  context.undo = &store;
  context.run_id = options.undo_run_id;
  context.clock = &clock;
  UndoRunHeader header;
  header.run_id = options.undo_run_id;
  header.workspace = run->workspace;
  header.undoes = report.run_id;
  header.time_us = clock.UnixMicros();
  Undoer undoer(store, context, std::move(header), &report);
  RETURN_IF_ERROR(undoer.Run(records, options.dry_run));
  return report;
}

}  // namespace weir::tools
