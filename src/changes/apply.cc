#include "changes/apply.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <set>
#include <utility>

#include "changes/tree_files.h"
#include "platform/files.h"

namespace weir::changes {
namespace {

constexpr mode_t kOwnerAll = 0700;

// A change that leaves the entry where it is and sets mode and attributes only.
bool KeepsContent(const Change& change) {
  return change.before.is_file() && change.after.is_file() &&
         change.before.digest == change.after.digest;
}

// What comes as a whole: a new file or link, or one with another content.
bool IsStaged(const Change& change) {
  return (change.after.is_file() || change.after.type == EntryType::kLink) && !KeepsContent(change);
}

// A file or link takes the place of another in one rename; a folder must be out of the way first.
bool MustGoFirst(const Change& change) {
  if (change.before.is_absent()) return false;
  return change.after.is_absent() || change.before.is_folder() != change.after.is_folder();
}

// Whether names of the folder that holds the path come or go.
bool ChangesItsFolder(const Change& change) {
  return IsStaged(change) || MustGoFirst(change) ||
         (change.after.is_folder() && !change.before.is_folder());
}

}  // namespace

Result<std::vector<LiftedFolder>> Applier::FoldersToLift(const platform::Workspace& workspace,
                                                         const ChangeSet& set) {
  std::set<std::string> parents;
  for (const Change& change : set.changes) {
    if (ChangesItsFolder(change)) parents.insert(ParentPath(change.path));
  }
  std::vector<LiftedFolder> lifted;
  for (const std::string& parent : parents) {
    const auto fd = workspace.OpenWithoutLinks(parent, O_RDONLY | O_DIRECTORY);
    if (!fd) continue;  // comes with the changes
    struct stat info;
    if (::fstat(fd->get(), &info) != 0) return platform::FileError(OneLine(parent));
    const mode_t mode = info.st_mode & 07777;
    if ((mode & kOwnerAll) != kOwnerAll) lifted.push_back({parent, mode});
  }
  return lifted;
}

Status Applier::Stage() {
  RETURN_IF_ERROR(RemoveStaging());
  if (::mkdirat(workspace_.fd(), journal_.staging.c_str(), kOwnerAll) != 0) {
    return MakeError(platform::SystemError(errno,
                                           "making a folder for the new files in the "
                                           "workspace"));
  }
  ASSIGN_OR_RETURN(const UniqueFd staging, OpenFolderAt(workspace_.fd(), journal_.staging));
  for (size_t i = 0; i < set_.changes.size(); ++i) {
    if (IsStaged(set_.changes[i])) RETURN_IF_ERROR(StageOne(staging.get(), i));
  }
  return SyncFileSystem(staging.get());
}

Status Applier::StageOne(int staging_fd, size_t i) {
  const Change& change = set_.changes[i];
  const std::string name = StagedName(i);
  if (change.after.type == EntryType::kLink) {
    if (::symlinkat(change.after.target.c_str(), staging_fd, name.c_str()) == 0) return {};
    return platform::FileError(OneLine(change.path));
  }
  ASSIGN_OR_RETURN(const UniqueFd object, store_.OpenObject(change.after.digest));
  const UniqueFd file(::openat(staging_fd, name.c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.valid()) return platform::FileError(OneLine(change.path));
  if (const Status copied =
          CopyVerified(object.get(), file.get(), change.after.bytes, change.after.digest);
      !copied) {
    return MakeError(copied.error().WithContext(fmt::format("'{}'", OneLine(change.path))));
  }
  RETURN_IF_ERROR(WriteAttributes(file.get(), change.after.attributes));
  return ::fchmod(file.get(), change.after.mode) == 0 ? Status()
                                                      : platform::FileError(OneLine(change.path));
}

Status Applier::RemoveStaging() { return RemoveTree(workspace_.fd(), journal_.staging); }

Status Applier::Apply(const std::vector<EntryIdentity>& seen) {
  seen_ = &seen;
  return SecondPhase();
}

Result<std::vector<Conflict>> Applier::Resume() {
  seen_ = nullptr;
  RETURN_IF_ERROR(SecondPhase());
  std::vector<Conflict> conflicts;
  conflicts.reserve(left_.size());
  for (auto& [i, reason] : left_) conflicts.push_back({set_.changes[i].path, std::move(reason)});
  return conflicts;
}

Status Applier::SecondPhase() {
  RETURN_IF_ERROR(Lift());
  for (size_t i = set_.changes.size(); i-- > 0;) {
    if (MustGoFirst(set_.changes[i])) RETURN_IF_ERROR(RemoveOld(i));
  }
  for (size_t i = 0; i < set_.changes.size(); ++i) {
    if (!set_.changes[i].after.is_absent()) RETURN_IF_ERROR(PutNew(i));
  }
  for (size_t i = set_.changes.size(); i-- > 0;) {
    const Change& change = set_.changes[i];
    if (!change.after.is_folder() || left_.contains(i)) continue;
    RETURN_IF_ERROR(FinishFolder(change.path, change.after.mode, &change.after.attributes));
  }
  for (const LiftedFolder& lifted : journal_.lifted) {
    if (!IsFinished(lifted.path)) {
      RETURN_IF_ERROR(FinishFolder(lifted.path, lifted.mode, nullptr));
    }
  }
  return SyncFileSystem(workspace_.fd());
}

// Whether a lifted folder got its final mode, or went, as one of the changes.
bool Applier::IsFinished(const std::string& path) const {
  for (size_t i = 0; i < set_.changes.size(); ++i) {
    if (set_.changes[i].path == path) return !left_.contains(i);
  }
  return false;
}

Status Applier::Lift() {
  for (const LiftedFolder& lifted : journal_.lifted) {
    const auto fd = workspace_.OpenWithoutLinks(lifted.path, O_RDONLY | O_DIRECTORY);
    if (!fd) continue;  // gone: removed already, or by somebody, which shows at its paths
    if (::fchmod(fd->get(), lifted.mode | kOwnerAll) != 0) {
      return platform::FileError(OneLine(lifted.path));
    }
  }
  return {};
}

// In Resume a change that can not be made is left alone; in Apply it ends the whole.
Status Applier::Leave(size_t i, std::string reason) {
  if (seen_ != nullptr) {
    return MakeError(ErrorCode::kUnavailable, "'{}' was changed by somebody meanwhile: {}",
                     OneLine(set_.changes[i].path), reason);
  }
  left_.emplace(i, std::move(reason));
  return {};
}

Result<Applier::Standing> Applier::StandingOf(size_t i, int parent_fd, const std::string& leaf,
                                              bool removing) {
  const Change& change = set_.changes[i];
  if (seen_ != nullptr) {
    struct stat info;
    const bool is_there = ::fstatat(parent_fd, leaf.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
    if (!is_there && errno != ENOENT) return platform::FileError(OneLine(change.path));
    const bool expects_nothing = change.before.is_absent() || (!removing && MustGoFirst(change));
    if (expects_nothing) return is_there ? Standing::kConflict : Standing::kToDo;
    EntryIdentity now = is_there ? EntryIdentity::Of(info) : EntryIdentity{};
    // A folder may have been lifted by us.
    if (change.before.is_folder()) now.mode = (*seen_)[i].mode;
    return is_there && S_ISDIR(info.st_mode) == change.before.is_folder() && now == (*seen_)[i]
               ? Standing::kToDo
               : Standing::kConflict;
  }
  const Result<EntryState> now = ReadEntry(parent_fd, leaf, Side::kBase);
  if (!now) return Standing::kConflict;
  if (now->is_folder() && (change.before.is_folder() || change.after.is_folder())) {
    // Modes of folders are under way until the end.
    return change.before.is_folder() ? Standing::kToDo : Standing::kDone;
  }
  if (*now == change.after) return Standing::kDone;
  if (*now == change.before) return Standing::kToDo;
  if (now->is_absent()) {
    if (removing) return Standing::kDone;
    return MustGoFirst(change) ? Standing::kToDo : Standing::kConflict;
  }
  if (removing && !change.after.is_absent() && now->type == change.after.type) {
    return Standing::kDone;
  }
  // Mode and attributes are set one after the other.
  const bool is_between =
      KeepsContent(change) && now->is_file() && now->digest == change.before.digest;
  return is_between ? Standing::kToDo : Standing::kConflict;
}

Status Applier::RemoveOld(size_t i) {
  const Change& change = set_.changes[i];
  std::string leaf;
  const Result<UniqueFd> parent = OpenParentOf(workspace_, change.path, &leaf);
  if (!parent) {
    // In Resume its folder may have gone already, or be a file or link now, by our own doing.
    const bool is_gone = seen_ == nullptr && change.after.is_absent();
    return is_gone ? Status() : Leave(i, parent.error().message);
  }
  ASSIGN_OR_RETURN(const Standing standing, StandingOf(i, parent->get(), leaf, true));
  if (standing == Standing::kDone) return {};
  if (standing == Standing::kConflict) return Leave(i, "it is not what it was");
  const int flags = change.before.is_folder() ? AT_REMOVEDIR : 0;
  if (::unlinkat(parent->get(), leaf.c_str(), flags) == 0) return {};
  if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR || errno == EISDIR) {
    return Leave(i, "the folder holds something new");
  }
  return platform::FileError(OneLine(change.path));
}

Status Applier::PutNew(size_t i) {
  const Change& change = set_.changes[i];
  if (left_.contains(i)) return {};
  std::string leaf;
  const Result<UniqueFd> parent = OpenParentOf(workspace_, change.path, &leaf);
  if (!parent) return Leave(i, parent.error().message);
  ASSIGN_OR_RETURN(const Standing standing, StandingOf(i, parent->get(), leaf, false));
  if (standing == Standing::kDone) return {};
  if (standing == Standing::kConflict) return Leave(i, "it is not what it was");
  if (change.after.is_folder()) {
    if (change.before.is_folder()) return {};  // FinishFolder does the rest
    if (::mkdirat(parent->get(), leaf.c_str(), kOwnerAll) == 0) return {};
    return errno == EEXIST ? Leave(i, "something is there now")
                           : platform::FileError(OneLine(change.path));
  }
  if (KeepsContent(change)) return SetOnFile(i, parent->get(), leaf);
  return PutStaged(i, parent->get(), leaf, !change.before.is_absent() && !MustGoFirst(change));
}

Status Applier::PutStaged(size_t i, int parent_fd, const std::string& leaf, bool replaces) {
  const Change& change = set_.changes[i];
  const std::string staged = journal_.staging + "/" + StagedName(i);
  const unsigned flags = replaces ? 0 : RENAME_NOREPLACE;
  int renamed = ::renameat2(workspace_.fd(), staged.c_str(), parent_fd, leaf.c_str(), flags);
  // File systems without RENAME_NOREPLACE; StandingOf saw a moment ago that nothing is there.
  if (renamed != 0 && errno == EINVAL) {
    renamed = ::renameat(workspace_.fd(), staged.c_str(), parent_fd, leaf.c_str());
  }
  if (renamed == 0) return {};
  if (errno == EEXIST || errno == EISDIR) return Leave(i, "something is there now");
  return platform::FileError(OneLine(change.path));
}

Status Applier::SetOnFile(size_t i, int parent_fd, const std::string& leaf) {
  const Change& change = set_.changes[i];
  const UniqueFd fd(
      ::openat(parent_fd, leaf.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat info;
  if (!fd.valid() || ::fstat(fd.get(), &info) != 0) {
    return platform::FileError(OneLine(change.path));
  }
  if (!S_ISREG(info.st_mode)) return Leave(i, "it is no file now");
  // Attributes need the right to write, which the old or the new mode may not give.
  if (change.before.attributes != change.after.attributes) {
    if (::fchmod(fd.get(), change.after.mode | 0600) != 0) {
      return platform::FileError(OneLine(change.path));
    }
    RETURN_IF_ERROR(WriteAttributes(fd.get(), change.after.attributes));
  }
  return ::fchmod(fd.get(), change.after.mode) == 0 ? Status()
                                                    : platform::FileError(OneLine(change.path));
}

Status Applier::FinishFolder(const std::string& path, mode_t mode, const Attributes* attributes) {
  const auto fd = workspace_.OpenWithoutLinks(path, O_RDONLY | O_DIRECTORY);
  if (!fd) {
    // Only somebody else can have taken it away since.
    return seen_ == nullptr ? Status() : MakeError(fd.error());
  }
  if (attributes != nullptr) {
    ASSIGN_OR_RETURN(const Attributes present, ReadAttributes(fd->get(), Side::kBase));
    if (present != *attributes) {
      if (::fchmod(fd->get(), mode | kOwnerAll) != 0) return platform::FileError(OneLine(path));
      RETURN_IF_ERROR(WriteAttributes(fd->get(), *attributes));
    }
  }
  struct stat info;
  if (::fchmod(fd->get(), mode) != 0 || ::fstat(fd->get(), &info) != 0) {
    return platform::FileError(OneLine(path));
  }
  // The system drops set-group-id in silence when the group is not ours.
  if ((info.st_mode & 07777) == mode) return {};
  return MakeError(ErrorCode::kPermissionDenied,
                   "the folder '{}' was to get mode {:04o} and has "
                   "{:04o}; the system does not allow it here",
                   OneLine(path), mode, info.st_mode & 07777);
}

}  // namespace weir::changes
