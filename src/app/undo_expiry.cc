#include "app/undo_expiry.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "changes/history.h"
#include "tools/file_tree.h"
#include "tools/undo_store.h"

namespace weir::app {
namespace {

namespace fs = std::filesystem;
using Files = fs::recursive_directory_iterator;

const std::string kGonePrefix = ".expired-";  // no run id has a dot

struct UndoRunState {
  std::string undoes;   // the run that this one takes back; empty for an ordinary run
  int64_t last_us = 0;  // when its newest record was written
  bool is_held = false;
  bool has_calls = false;    // records of built-in tools
  bool has_commits = false;  // records of committed previews
};
using UndoRunStates = std::map<std::string, UndoRunState>;

// A run whose header can not be read counts by its folder's time: it shall not stay for ever.
int64_t FolderTime(const tools::UndoStore& store, const std::string& run_id) {
  struct stat info{};
  if (::fstatat(store.fd(), run_id.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return INT64_MAX;
  return int64_t{info.st_mtim.tv_sec} * 1'000'000 + info.st_mtim.tv_nsec / 1000;
}

UndoRunState ReadState(const tools::UndoStore& store, const std::string& run_id) {
  UndoRunState state;
  const Result<tools::UndoRunHeader> header = store.ReadRun(run_id);
  state.last_us = header ? header->time_us : FolderTime(store, run_id);
  if (header) state.undoes = header->undoes;
  const Result<std::vector<std::string>> records = store.RecordIds(run_id);
  if (!records) return state;
  for (const std::string& id : *records) {
    const Result<tools::UndoRecord> record = store.ReadRecord(id);
    if (record) state.last_us = std::max(state.last_us, record->time_us);
  }
  return state;
}

// A run needs to stay as long as those that take it back, and those that take these back. That a
// commit is taken back is known by the run that did it alone, so this one stays with a held run.
void KeepWhatIsNeeded(UndoRunStates& runs) {
  for (bool changed = true; changed;) {
    changed = false;
    for (auto& [run_id, run] : runs) {
      const auto found = runs.find(run.undoes);
      if (found == runs.end()) continue;
      UndoRunState& undone = found->second;
      if (run.has_commits && undone.is_held && !run.is_held) run.is_held = changed = true;
      const bool is_longer = run.last_us > undone.last_us || (run.is_held && !undone.is_held);
      if (!is_longer) continue;
      undone.last_us = std::max(undone.last_us, run.last_us);
      undone.is_held |= run.is_held;
      changed = true;
    }
  }
}

uint64_t TreeBytes(const std::string& folder) {
  uint64_t n_bytes = 0;
  std::error_code error;
  for (Files file(folder, error), end; !error && file != end; file.increment(error)) {
    std::error_code no_size;
    if (!file->is_regular_file(no_size) || file->is_symlink(no_size)) continue;
    const uintmax_t size = file->file_size(no_size);
    if (!no_size) n_bytes += size;
  }
  return n_bytes;
}

// What an earlier expiry, or this one, renamed and did not remove yet.
std::vector<std::string> GoneRuns(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (name.starts_with(kGonePrefix)) names.push_back(name);
  }
  return names;
}

Status RemoveGone(const tools::UndoStore& store, const std::string& folder,
                  std::vector<std::string>& problems) {
  const std::vector<std::string> names = GoneRuns(folder);
  if (names.empty()) return {};
  RETURN_IF_ERROR(tools::SyncFd(store.fd(), "the undo folder"));
  for (const std::string& name : names) {
    const Status removed = tools::RemoveTree(store.fd(), name);
    if (removed) continue;
    problems.push_back(fmt::format("undo records '{}/{}' are left: {}; remove the folder by hand",
                                   folder, name, removed.error().message));
  }
  return tools::SyncFd(store.fd(), "the undo folder");
}

bool IsThere(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

Status AddCalls(const tools::UndoStore& store, UndoRunStates& runs) {
  ASSIGN_OR_RETURN(const std::vector<std::string> run_ids, store.RunIds());
  for (const std::string& run_id : run_ids) {
    UndoRunState& run = runs[run_id] = ReadState(store, run_id);
    run.has_calls = true;
  }
  return {};
}

Status AddCommits(const changes::History& history, UndoRunStates& runs) {
  ASSIGN_OR_RETURN(const std::vector<changes::RunInfo> infos, history.ReadRuns());
  for (const changes::RunInfo& info : infos) {
    UndoRunState& run = runs[info.header.run_id];
    run.has_commits = true;
    run.undoes = info.header.undoes;
    run.last_us = std::max(run.last_us, info.header.time_us);
    for (const changes::RunStep& step : info.steps) {
      run.last_us = std::max(run.last_us, step.time_us);
    }
  }
  return {};
}

// Counts every run and says which go.
UndoRunStates WhatGoes(const UndoRunStates& runs, int64_t cutoff_us, vault::ExpiryCount& count) {
  UndoRunStates going;
  for (const auto& [run_id, run] : runs) {
    if (run.last_us > cutoff_us) {
      ++count.n_kept;
    } else if (run.is_held) {
      ++count.n_held;
    } else {
      ++count.n_destroyed;
      going.emplace(run_id, run);
    }
  }
  return going;
}

Status RemoveCalls(const tools::UndoStore& store, const std::string& folder,
                   const UndoRunStates& going, bool dry_run, vault::ExpiryCount& count) {
  for (const auto& [run_id, run] : going) {
    if (!run.has_calls) continue;
    count.n_bytes += TreeBytes(fmt::format("{}/{}", folder, run_id));
    const std::string gone = kGonePrefix + run_id;
    int rename_error = 0;
    if (dry_run) continue;
    RETURN_IF_ERROR(tools::RenameNoReplace(store.fd(), run_id, store.fd(), gone, &rename_error));
  }
  if (dry_run) return {};
  return RemoveGone(store, folder, count.problems);
}

Status RemoveCommits(changes::History& history, const UndoRunStates& going, bool dry_run,
                     vault::ExpiryCount& count) {
  const auto stays = [&](const std::string& run_id) { return !going.contains(run_id); };
  ASSIGN_OR_RETURN(const changes::RemovedRuns removed,
                   history.RemoveRunsBefore(INT64_MAX, stays, dry_run));
  count.n_bytes += removed.object_bytes;
  return {};
}

}  // namespace

Result<vault::ExpiryCount> UndoExpiry::Expire(int64_t cutoff_us, const vault::HeldRuns& held,
                                              bool dry_run) {
  vault::ExpiryCount count;
  UndoRunStates runs;
  const std::string folder = state_folder_ + "/undo";
  std::optional<tools::UndoStore> calls;
  if (IsThere(folder)) {
    ASSIGN_OR_RETURN(calls, tools::UndoStore::Open(state_folder_));
    RETURN_IF_ERROR(AddCalls(*calls, runs));
  }
  std::optional<changes::History> commits;
  if (IsThere(state_folder_ + "/snapshots")) {
    Result<changes::History> opened = changes::History::Open(state_folder_, SystemClock());
    Status read = opened ? AddCommits(*opened, runs) : Status(MakeError(opened.error()));
    if (read) {
      commits.emplace(std::move(*opened));
    } else {
      count.problems.push_back(
          fmt::format("what committed previews keep is left: {}; put it right, or move '{}' away",
                      read.error().message, state_folder_ + "/snapshots"));
    }
  }
  for (auto& [run_id, run] : runs) run.is_held = held.Contains(run_id);
  KeepWhatIsNeeded(runs);
  const UndoRunStates going = WhatGoes(runs, cutoff_us, count);
  if (calls) RETURN_IF_ERROR(RemoveCalls(*calls, folder, going, dry_run, count));
  if (commits) RETURN_IF_ERROR(RemoveCommits(*commits, going, dry_run, count));
  return count;
}

}  // namespace weir::app
