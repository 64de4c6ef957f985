#include "changes/history.h"

#include <fcntl.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/crypto.h"
#include "changes/apply.h"
#include "changes/tree_files.h"
#include "platform/files.h"

namespace weir::changes {
namespace {

// The changes of a run as one: for every path from how it was first to how it was left last. Where
// somebody else changed a path between two steps, only what came after that is taken back.
ChangeSet NetChanges(const std::vector<StepRecord>& steps) {
  std::map<std::string, Change> net;
  for (const StepRecord& step : steps) {
    for (const Change& change : step.changes.changes) {
      const auto found = net.find(change.path);
      if (found == net.end() || found->second.after != change.before) {
        net[change.path] = change;
      } else {
        found->second.after = change.after;
      }
    }
  }
  ChangeSet set;
  for (auto& [path, change] : net) {
    if (change.before != change.after) set.changes.push_back(std::move(change));
  }
  SortAndFindRenames(set);
  return set;
}

// Leaves out the changes whose paths already are as they shall become.
Result<ChangeSet> StillToDo(const platform::Workspace& workspace, const ChangeSet& set) {
  ChangeSet done = set;
  for (Change& change : done.changes) change.before = change.after;
  ASSIGN_OR_RETURN(const BaseCheck check, CheckBase(workspace, done));
  std::set<std::string> open;
  for (const Conflict& conflict : check.conflicts) open.insert(conflict.path);
  ChangeSet left = set;
  std::erase_if(left.changes, [&](const Change& change) { return !open.contains(change.path); });
  SortAndFindRenames(left);
  return left;
}

// Which steps are taken back by one that is not taken back itself.
class UndoneSteps {
 public:
  explicit UndoneSteps(const std::vector<std::pair<RunHeader, std::vector<StepRecord>>>& runs) {
    for (const auto& [run, steps] : runs) {
      for (const StepRecord& step : steps) {
        for (const std::string& id : step.reverses) {
          reversed_by_[id].push_back(StepId(run.run_id, step.number));
        }
      }
    }
  }

  bool Contains(const std::string& id) {
    const auto known = undone_.find(id);
    if (known != undone_.end()) return known->second;
    // Until it is known, so that records that name each other end.
    undone_[id] = false;
    const auto found = reversed_by_.find(id);
    if (found == reversed_by_.end()) return false;
    bool is_undone = false;
    for (const std::string& by : found->second) is_undone = is_undone || !Contains(by);
    return undone_[id] = is_undone;
  }

 private:
  std::map<std::string, std::vector<std::string>> reversed_by_;
  std::map<std::string, bool> undone_;
};

std::vector<EntryState> FilesOf(const ChangeSet& set) {
  std::vector<EntryState> files;
  for (const Change& change : set.changes) {
    for (const EntryState* state : {&change.before, &change.after}) {
      if (state->is_file()) files.push_back(*state);
    }
  }
  return files;
}

Status KeepOne(const SnapshotStore& store, const platform::Workspace& root, const std::string& path,
               const EntryState& state) {
  std::string leaf;
  ASSIGN_OR_RETURN(const UniqueFd folder, OpenParentOf(root, path, &leaf));
  const UniqueFd fd(::openat(folder.get(), leaf.c_str(),
                             O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOATIME));
  if (!fd.valid()) return platform::FileError(OneLine(path));
  const Status kept = store.PutObject(fd.get(), state);
  if (kept) return {};
  return MakeError(kept.error().WithContext(fmt::format("keeping '{}'", OneLine(path))));
}

std::string ListOf(const std::vector<Conflict>& conflicts) {
  std::string list;
  for (const Conflict& conflict : conflicts) list += " '" + OneLine(conflict.path) + "'";
  return list;
}

}  // namespace

Result<History> History::Open(const std::string& state_folder, const Clock& clock) {
  ASSIGN_OR_RETURN(SnapshotStore store, SnapshotStore::Open(state_folder));
  History history(std::move(store), clock);
  ASSIGN_OR_RETURN(const UniqueFd lock, history.store_.Lock());
  RETURN_IF_ERROR(history.RecoverFirst());
  return history;
}

// Under the lock. Another process may have been cut off since Open.
Status History::RecoverFirst() {
  ASSIGN_OR_RETURN(std::optional<Recovery> recovery, Recover());
  if (recovery) recovery_ = std::move(recovery);
  return {};
}

Status History::Forget(const Journal& journal) {
  RETURN_IF_ERROR(store_.DropStep(journal.run_id, journal.number));
  return store_.RemoveJournal();
}

Result<std::optional<Recovery>> History::Recover() {
  ASSIGN_OR_RETURN(const std::optional<Journal> journal, store_.ReadJournal());
  if (!journal) return std::optional<Recovery>();
  Recovery recovery;
  recovery.run_id = journal->run_id;
  recovery.workspace = journal->workspace;
  const Result<platform::Workspace> workspace = platform::Workspace::Open(journal->workspace);
  if (!workspace && workspace.error().code == ErrorCode::kNotFound) {
    recovery.outcome = Recovery::kWorkspaceGone;
    RETURN_IF_ERROR(Forget(*journal));
    return std::optional<Recovery>(std::move(recovery));
  }
  if (!workspace) return MakeError(workspace.error());

  ChangeSet set;
  if (journal->is_applying) {
    ASSIGN_OR_RETURN(set, store_.ReadStep(journal->run_id, journal->number));
  }
  if (journal->is_backward) set = set.Reversed();
  Applier applier(*workspace, set, store_, *journal);
  // Forward, all was staged before the journal said so; unless somebody tidied it away.
  const bool is_staged = !journal->is_backward && OpenFolderAt(workspace->fd(), journal->staging);
  if (journal->is_applying && !is_staged) {
    RETURN_IF_ERROR(store_.CheckObjects(FilesOf(set)));
    RETURN_IF_ERROR(applier.Stage());
  }
  if (journal->is_applying) {
    ASSIGN_OR_RETURN(recovery.conflicts, applier.Resume());
  }
  RETURN_IF_ERROR(applier.RemoveStaging());
  const bool is_kept = journal->is_applying && !journal->is_backward;
  recovery.outcome = is_kept ? Recovery::kFinished : Recovery::kTakenBack;
  RETURN_IF_ERROR(is_kept ? store_.RemoveJournal() : Forget(*journal));
  return std::optional<Recovery>(std::move(recovery));
}

Result<CommitReport> History::Commit(const std::string& workspace, const ChangeSet& set,
                                     const platform::Workspace& content,
                                     const CommitRequest& request) {
  ASSIGN_OR_RETURN(const std::string digest, set.Digest());
  if (digest != request.approved_digest) {
    return MakeError(ErrorCode::kPermissionDenied,
                     "the changes have the digest {}, approved were "
                     "those with {}; show them and ask again",
                     digest, request.approved_digest);
  }
  if (!set.problems.empty()) {
    return MakeError(ErrorCode::kUnsupported,
                     "the changes can not be committed as they are, {} "
                     "in all; first: '{}': {}",
                     set.problems.size(), OneLine(set.problems[0].path), set.problems[0].reason);
  }
  ASSIGN_OR_RETURN(const platform::Workspace base, platform::Workspace::Open(workspace));
  ASSIGN_OR_RETURN(const UniqueFd lock, store_.Lock());
  RETURN_IF_ERROR(RecoverFirst());
  ASSIGN_OR_RETURN(const BaseCheck check, CheckBase(base, set));
  if (!check.conflicts.empty()) return CommitReport{false, check.conflicts};
  if (set.changes.empty()) return CommitReport{true, {}};
  RETURN_IF_ERROR(Keep(base, content, set));
  return Perform(base, {request.run_id, workspace, "", clock_->UnixMicros()}, set, {});
}

// What is there and what comes, durable in the store.
Status History::Keep(const platform::Workspace& base, const platform::Workspace& content,
                     const ChangeSet& set) {
  for (const Change& change : set.changes) {
    if (change.before.is_file()) {
      RETURN_IF_ERROR(KeepOne(store_, base, change.path, change.before));
    }
    const bool is_new = change.after.is_file() && change.after.digest != change.before.digest;
    if (is_new) RETURN_IF_ERROR(KeepOne(store_, content, change.path, change.after));
  }
  return store_.SyncObjects();
}

// All contents are in the store. Looks at the base a last time, then does it.
Result<CommitReport> History::Perform(const platform::Workspace& workspace, const RunHeader& header,
                                      const ChangeSet& set,
                                      const std::vector<std::string>& reverses) {
  Journal journal;
  journal.run_id = header.run_id;
  journal.workspace = header.workspace;
  journal.staging = ".weir-" + RandomHex(8) + ".commit";
  if (!IsRunId(header.run_id)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "the run id '{}' is not 1 to 64 letters, digits, "
                     "'-' and '_'",
                     OneLine(header.run_id));
  }
  ASSIGN_OR_RETURN(journal.number, store_.NextNumber(header.run_id));
  RETURN_IF_ERROR(store_.WriteJournal(journal));
  Applier applier(workspace, set, store_, journal);
  Status prepared =
      store_.WriteStep(header, {.number = journal.number, .changes = set, .reverses = reverses});
  if (prepared) prepared = applier.Stage();
  Result<BaseCheck> check = MakeError(ErrorCode::kInternal, "not looked at");
  if (prepared) check = CheckBase(workspace, set);
  if (!prepared || !check || !check->conflicts.empty()) {
    RETURN_IF_ERROR(applier.RemoveStaging());
    RETURN_IF_ERROR(Forget(journal));
    if (!prepared) return MakeError(prepared.error());
    if (!check) return MakeError(check.error());
    return CommitReport{false, check->conflicts};
  }
  ASSIGN_OR_RETURN(journal.lifted, Applier::FoldersToLift(workspace, set));
  journal.is_applying = true;
  RETURN_IF_ERROR(store_.WriteJournal(journal));
  if (const Status applied = applier.Apply(check->identities); !applied) {
    if (const Status back = TakeBack(workspace, journal, set); !back) {
      return MakeError(back.error().WithContext(applied.error().message));
    }
    return MakeError(applied.error().WithContext("nothing was changed"));
  }
  RETURN_IF_ERROR(applier.RemoveStaging());
  RETURN_IF_ERROR(store_.RemoveJournal());
  return CommitReport{true, {}};
}

// Undoes the part of a step that was made before it failed.
Status History::TakeBack(const platform::Workspace& workspace, Journal journal,
                         const ChangeSet& set) {
  const ChangeSet back = set.Reversed();
  ASSIGN_OR_RETURN(const std::vector<LiftedFolder> more, Applier::FoldersToLift(workspace, back));
  for (const LiftedFolder& folder : more) {
    const bool is_known = std::any_of(journal.lifted.begin(), journal.lifted.end(),
                                      [&](const auto& old) { return old.path == folder.path; });
    if (!is_known) journal.lifted.push_back(folder);
  }
  journal.is_backward = true;
  Status written = store_.WriteJournal(journal);
  Applier applier(workspace, back, store_, journal);
  if (written) written = applier.Stage();
  Result<std::vector<Conflict>> conflicts = std::vector<Conflict>();
  if (written) conflicts = applier.Resume();
  if (!written || !conflicts) {
    const Error& error = written ? conflicts.error() : written.error();
    return MakeError(error.WithContext("it is half done, and the next start will take it back"));
  }
  RETURN_IF_ERROR(applier.RemoveStaging());
  RETURN_IF_ERROR(Forget(journal));
  if (conflicts->empty()) return {};
  return MakeError(ErrorCode::kUnavailable,
                   "everything was taken back but what somebody changed "
                   "meanwhile:{}",
                   ListOf(*conflicts));
}

// `done` is what can be put back, `conflicts` what can not.
Result<RestoreReport> History::PlanRestore(const RunHeader& run, StepRange range,
                                           const platform::Workspace& workspace,
                                           std::vector<std::string>* reverses) {
  ASSIGN_OR_RETURN(std::vector<StepRecord> steps, store_.ReadSteps(run));
  std::erase_if(steps, [&](const StepRecord& step) {
    return step.number < range.first || step.number > range.last;
  });
  if (reverses != nullptr) {
    for (const StepRecord& step : steps) reverses->push_back(StepId(run.run_id, step.number));
  }
  ASSIGN_OR_RETURN(const ChangeSet back, StillToDo(workspace, NetChanges(steps).Reversed()));
  RestoreReport report;
  ASSIGN_OR_RETURN(report.done, WithoutConflicts(workspace, back, &report.conflicts));
  // Both sides: what it puts back, and what taking the restore back needs.
  RETURN_IF_ERROR(store_.CheckObjects(FilesOf(report.done)));
  return report;
}

Result<RestoreReport> History::PreviewRestore(const std::string& run_id, StepRange range) {
  ASSIGN_OR_RETURN(const UniqueFd lock, store_.Lock());
  ASSIGN_OR_RETURN(const RunHeader run, store_.ReadRun(run_id));
  ASSIGN_OR_RETURN(const platform::Workspace workspace, platform::Workspace::Open(run.workspace));
  return PlanRestore(run, range, workspace, nullptr);
}

Result<RestoreReport> History::Restore(const std::string& run_id, const std::string& undo_run_id,
                                       StepRange range) {
  ASSIGN_OR_RETURN(const UniqueFd lock, store_.Lock());
  RETURN_IF_ERROR(RecoverFirst());
  ASSIGN_OR_RETURN(const RunHeader run, store_.ReadRun(run_id));
  ASSIGN_OR_RETURN(const int number, store_.NextNumber(undo_run_id));
  if (number != 1) {
    ASSIGN_OR_RETURN(const RunHeader taken, store_.ReadRun(undo_run_id));
    if (taken.undoes != run_id) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "the run id '{}' is taken; an undo is a run of its own", undo_run_id);
    }
  }
  ASSIGN_OR_RETURN(const platform::Workspace workspace, platform::Workspace::Open(run.workspace));
  std::vector<std::string> reverses;
  ASSIGN_OR_RETURN(RestoreReport report, PlanRestore(run, range, workspace, &reverses));
  if (!report.complete()) reverses.clear();
  if (report.done.changes.empty() && reverses.empty()) return report;
  // Everything it needs is kept already; what is there now was kept when the run put it there.
  const RunHeader header{undo_run_id, run.workspace, run_id, clock_->UnixMicros()};
  ASSIGN_OR_RETURN(CommitReport performed, Perform(workspace, header, report.done, reverses));
  if (!performed.committed) {
    return MakeError(ErrorCode::kUnavailable,
                     "somebody changed the workspace meanwhile; nothing was put back:{}",
                     ListOf(performed.conflicts));
  }
  report.undo_run_id = undo_run_id;
  return report;
}

Result<std::vector<RunInfo>> History::ReadRuns() const {
  ASSIGN_OR_RETURN(const std::vector<RunHeader> headers, store_.ListRuns());
  std::vector<std::pair<RunHeader, std::vector<StepRecord>>> runs;
  for (const RunHeader& header : headers) {
    ASSIGN_OR_RETURN(std::vector<StepRecord> steps, store_.ReadSteps(header));
    runs.emplace_back(header, std::move(steps));
  }
  UndoneSteps undone(runs);
  std::vector<RunInfo> infos;
  for (auto& [header, steps] : runs) {
    RunInfo info{.header = header, .steps = {}};
    for (StepRecord& step : steps) {
      info.steps.push_back({.number = step.number,
                            .time_us = step.time_us,
                            .changes = std::move(step.changes),
                            .is_undone = undone.Contains(StepId(header.run_id, step.number))});
    }
    infos.push_back(std::move(info));
  }
  return infos;
}

Result<RemovedRuns> History::RemoveRunsBefore(
    int64_t time_us, const std::function<bool(const std::string& run_id)>& is_held, bool dry_run) {
  ASSIGN_OR_RETURN(const UniqueFd lock, store_.Lock());
  RETURN_IF_ERROR(RecoverFirst());
  return store_.RemoveRunsBefore(time_us, is_held, dry_run);
}

}  // namespace weir::changes
