#include "changes/check.h"

#include <algorithm>
#include <map>
#include <utility>

#include "changes/tree_files.h"

namespace weir::changes {
namespace {

class BaseChecker {
 public:
  BaseChecker(const platform::Workspace& base, const ChangeSet& set) : base_(base), set_(set) {
    for (const Change& change : set.changes) by_path_[change.path] = &change;
  }

  Result<BaseCheck> Run() {
    for (const Change& change : set_.changes) {
      check_.identities.emplace_back();
      RETURN_IF_ERROR(Look(change));
    }
    return std::move(check_);
  }

 private:
  const Change* Find(const std::string& path) const {
    const auto found = by_path_.find(path);
    return found == by_path_.end() ? nullptr : found->second;
  }

  void AddConflict(const std::string& path, std::string reason) {
    check_.conflicts.push_back({path, std::move(reason)});
  }

  Status Look(const Change& change) {
    const Change* parent_change = Find(ParentPath(change.path));
    if (parent_change != nullptr && !parent_change->after.is_folder() &&
        !change.after.is_absent()) {
      AddConflict(change.path, "its folder is not to be there afterwards");
      return {};
    }
    std::string leaf;
    const Result<UniqueFd> parent = OpenParentOf(base_, change.path, &leaf);
    if (!parent) {
      const bool comes_with_it = parent_change != nullptr && !parent_change->before.is_folder() &&
                                 change.before.is_absent();
      if (!comes_with_it) {
        AddConflict(change.path, "its folder: " + parent.error().message);
      }
      return {};
    }
    const Result<EntryState> state =
        ReadEntry(parent->get(), leaf, Side::kBase, &check_.identities.back());
    if (!state) {
      AddConflict(change.path, state.error().message);
    } else if (*state != change.before) {
      AddConflict(change.path, fmt::format("expected {}, found {}", change.before.ToString(),
                                           state->ToString()));
    } else if (state->is_folder() && !change.after.is_folder()) {
      return LookInside(change, parent->get(), leaf);
    }
    return {};
  }

  Status LookInside(const Change& change, int parent_fd, const std::string& leaf) {
    ASSIGN_OR_RETURN(const UniqueFd folder, OpenFolderAt(parent_fd, leaf));
    ASSIGN_OR_RETURN(const std::vector<std::string> names, ListFolder(folder.get()));
    for (const std::string& name : names) {
      const Change* inside = Find(change.path + "/" + name);
      if (inside != nullptr && inside->after.is_absent()) continue;
      AddConflict(change.path, fmt::format("the folder is to go, but holds '{}', which is to stay",
                                           OneLine(name)));
      break;
    }
    return {};
  }

  const platform::Workspace& base_;
  const ChangeSet& set_;
  std::map<std::string, const Change*> by_path_;
  BaseCheck check_;
};

}  // namespace

Result<BaseCheck> CheckBase(const platform::Workspace& base, const ChangeSet& set) {
  return BaseChecker(base, set).Run();
}

Result<ChangeSet> WithoutConflicts(const platform::Workspace& base, const ChangeSet& set,
                                   std::vector<Conflict>* conflicts) {
  ChangeSet left = set;
  for (;;) {
    ASSIGN_OR_RETURN(BaseCheck check, CheckBase(base, left));
    if (check.conflicts.empty()) break;
    for (Conflict& conflict : check.conflicts) {
      std::erase_if(left.changes,
                    [&](const Change& change) { return change.path == conflict.path; });
      conflicts->push_back(std::move(conflict));
    }
  }
  std::sort(conflicts->begin(), conflicts->end(),
            [](const Conflict& a, const Conflict& b) { return a.path < b.path; });
  SortAndFindRenames(left);
  return left;
}

}  // namespace weir::changes
