#include "tools/plan.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "tools/path.h"
#include "tools/text.h"

namespace weir::tools {
namespace {

// An open folder and a name in it.
struct Place {
  UniqueFd folder;
  std::string leaf;
};

class Committer {
 public:
  Committer(const ToolContext& context, Plan& plan) : context_(context), plan_(plan) {}

  Result<std::string> Run() {
    ASSIGN_OR_RETURN(record_id_, context_.undo->NewRecord(context_.run_id, &record_folder_));
    Status status = Prepare();
    size_t n_applied = 0;
    while (status && n_applied < plan_.steps.size()) {
      acted_ = false;
      status = Apply(plan_.steps[n_applied]);
      if (status) ++n_applied;
    }
    if (status) return record_id_;
    if (!acted_ && TakeBack(n_applied)) context_.undo->DropRecord(record_id_);
    return MakeError(status.error());
  }

 private:
  Status Prepare() {
    UndoRecord record;
    record.id = record_id_;
    record.tool = plan_.tool;
    record.action = plan_.action;
    record.reverses = plan_.reverses;
    record.time_us = context_.clock->UnixMicros();
    int number = 0;
    for (PlannedStep& step : plan_.steps) {
      RETURN_IF_ERROR(PrepareStep(step, number++));
      record.steps.push_back(step.undo);
    }
    return context_.undo->WriteRecord(record);
  }

  Status PrepareStep(PlannedStep& step, int number) {
    UndoStep& undo = step.undo;
    switch (undo.kind) {
      case StepKind::kMakeFolder:
      case StepKind::kRemoveFolder:
        return {};
      case StepKind::kWrite:
        undo.temporary = TemporaryName();
        undo.digest = DigestOfContent(step.content);
        if (!step.before) return {};
        undo.before_digest = DigestOfContent(*step.before);
        undo.mode = step.seen.st_mode & 07777;
        undo.before_mtime_ns = step.seen.st_mtim.tv_sec * 1'000'000'000 + step.seen.st_mtim.tv_nsec;
        return SaveBefore(step, number);
      case StepKind::kMove: {
        ASSIGN_OR_RETURN(undo.digest, DigestAt(undo.path));
        return {};
      }
      case StepKind::kTrash: {
        undo.temporary = TemporaryName();
        if (undo.store.empty()) undo.store = fmt::format("{}/trash-{}", record_id_, number);
        ASSIGN_OR_RETURN(undo.digest, DigestAt(undo.path));
        return {};
      }
      case StepKind::kCreate: {
        undo.temporary = TemporaryName();
        ASSIGN_OR_RETURN(const Place source, SourceOf(undo));
        WalkBudget budget = context_.Budget();
        ASSIGN_OR_RETURN(undo.digest, DigestTree(source.folder.get(), source.leaf, budget));
        return {};
      }
    }
    return {};
  }

  Status SaveBefore(PlannedStep& step, int number) {
    const std::string name = fmt::format("before-{}", number);
    step.undo.store = record_id_ + "/" + name;
    const UniqueFd file(::openat(record_folder_.get(), name.c_str(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.valid()) return SystemError(errno, "saving the old content for undo");
    RETURN_IF_ERROR(WriteAll(file.get(), *step.before));
    RETURN_IF_ERROR(SyncFd(file.get(), name));
    return SyncFd(record_folder_.get(), record_id_);
  }

  Status Apply(const PlannedStep& step) {
    switch (step.undo.kind) {
      case StepKind::kMakeFolder:
        return MakeFolder(step.undo);
      case StepKind::kRemoveFolder:
        return RemoveFolder(step.undo.path);
      case StepKind::kWrite:
        return Write(step);
      case StepKind::kMove:
        return Move(step.undo);
      case StepKind::kCreate:
        return Create(step.undo);
      case StepKind::kTrash:
        return Trash(step.undo);
    }
    return {};
  }

  // Takes back the first `n` steps after a later one was refused. True when nothing is left of
  // them.
  bool TakeBack(size_t n) {
    bool clean = true;
    for (size_t i = n; i-- > 0;) {
      const UndoStep& undo = plan_.steps[i].undo;
      clean = undo.kind == StepKind::kMakeFolder && RemoveFolder(undo.path).has_value() && clean;
    }
    return clean;
  }

  Result<Place> At(const std::string& path) {
    Place place;
    ASSIGN_OR_RETURN(place.folder, context_.workspace->OpenParent(path, &place.leaf));
    return place;
  }
  Result<Place> InStore(const std::string& store_path) {
    Place place;
    ASSIGN_OR_RETURN(place.folder, context_.undo->OpenParent(store_path, &place.leaf));
    return place;
  }
  Result<Place> SourceOf(const UndoStep& undo) {
    return undo.store.empty() ? At(undo.to) : InStore(undo.store);
  }
  Result<std::string> DigestAt(const std::string& path) {
    ASSIGN_OR_RETURN(const Place place, At(path));
    WalkBudget budget = context_.Budget();
    return DigestTree(place.folder.get(), place.leaf, budget);
  }

  static tl::unexpected<Error> TargetTaken(const std::string& path) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "'{}' is there already; nothing is overwritten. Choose another name or delete "
                     "it first",
                     path);
  }

  Status MakeFolder(const UndoStep& undo) {
    ASSIGN_OR_RETURN(const Place place, At(undo.path));
    const mode_t mode = undo.mode != 0 ? 0700 : 0777;
    if (::mkdirat(place.folder.get(), place.leaf.c_str(), mode) != 0) {
      if (errno == EEXIST) return TargetTaken(undo.path);
      return SystemError(errno, fmt::format("making the folder '{}'", undo.path));
    }
    acted_ = true;
    if (undo.mode != 0) {
      ASSIGN_OR_RETURN(const UniqueFd made, OpenChildFolder(place.folder.get(), place.leaf));
      if (::fchmod(made.get(), undo.mode) != 0) {
        return SystemError(errno, fmt::format("setting the mode of '{}'", undo.path));
      }
    }
    return SyncFd(place.folder.get(), undo.path);
  }

  Status RemoveFolder(const std::string& path) {
    ASSIGN_OR_RETURN(const Place place, At(path));
    if (::unlinkat(place.folder.get(), place.leaf.c_str(), AT_REMOVEDIR) != 0) {
      return SystemError(errno, fmt::format("removing the folder '{}'", path));
    }
    acted_ = true;
    return SyncFd(place.folder.get(), path);
  }

  Status Write(const PlannedStep& step) {
    ASSIGN_OR_RETURN(const Place place, At(step.undo.path));
    Status status = WriteTemporary(step, place.folder.get());
    if (status) status = NameWritten(step, place);
    if (!status) {
      ::unlinkat(place.folder.get(), step.undo.temporary.c_str(), 0);
      return status;
    }
    acted_ = true;
    return SyncFd(place.folder.get(), step.undo.path);
  }

  Status WriteTemporary(const PlannedStep& step, int folder_fd) {
    const std::string what = fmt::format("writing '{}'", step.undo.path);
    const UniqueFd file(::openat(folder_fd, step.undo.temporary.c_str(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (!file.valid()) return SystemError(errno, what);
    Status written = WriteAll(file.get(), step.content);
    if (!written) return MakeError(written.error().WithContext(what));
    if (step.before) {
      // The owner can only be kept by a privileged process: best effort, before the mode.
      if (::fchown(file.get(), step.seen.st_uid, step.seen.st_gid) != 0) errno = 0;
      const mode_t mode = step.exact_mode != 0 ? step.exact_mode : step.seen.st_mode & 07777;
      if (::fchmod(file.get(), mode) != 0) return SystemError(errno, what);
      RETURN_IF_ERROR(RestoreTime(file.get()));
    }
    return SyncFd(file.get(), step.undo.path);
  }

  Status RestoreTime(int fd) {
    const int64_t ns = plan_.restored_mtime_ns;
    if (ns == 0) return {};
    const timespec time = {ns / 1'000'000'000, ns % 1'000'000'000};
    const std::array<timespec, 2> times = {time, time};
    if (::futimens(fd, times.data()) != 0) return SystemError(errno, "setting the time");
    return {};
  }

  Status NameWritten(const PlannedStep& step, const Place& place) {
    const int folder_fd = place.folder.get();
    if (!step.before) {
      int error_number = 0;
      Status named =
          RenameNoReplace(folder_fd, step.undo.temporary, folder_fd, place.leaf, &error_number);
      if (!named && error_number == EEXIST) return TargetTaken(step.undo.path);
      return named;
    }
    struct stat now{};
    const struct stat& seen = step.seen;
    if (::fstatat(folder_fd, place.leaf.c_str(), &now, AT_SYMLINK_NOFOLLOW) != 0 ||
        now.st_dev != seen.st_dev || now.st_ino != seen.st_ino || now.st_size != seen.st_size ||
        now.st_mtim.tv_sec != seen.st_mtim.tv_sec || now.st_mtim.tv_nsec != seen.st_mtim.tv_nsec) {
      return MakeError(ErrorCode::kUnavailable,
                       "'{}' was changed by something else in between; look at it and try again",
                       step.undo.path);
    }
    if (::renameat(folder_fd, step.undo.temporary.c_str(), folder_fd, place.leaf.c_str()) != 0) {
      return SystemError(errno, fmt::format("writing '{}'", step.undo.path));
    }
    return {};
  }

  Status Move(const UndoStep& undo) {
    ASSIGN_OR_RETURN(const Place from, At(undo.path));
    ASSIGN_OR_RETURN(const Place to, At(undo.to));
    int error_number = 0;
    Status moved =
        RenameNoReplace(from.folder.get(), from.leaf, to.folder.get(), to.leaf, &error_number);
    if (error_number == EEXIST) return TargetTaken(undo.to);
    if (error_number == EXDEV) {
      return MakeError(ErrorCode::kUnsupported,
                       "'{}' and '{}' are on different disks; copy it, then delete the old one",
                       undo.path, undo.to);
    }
    RETURN_IF_ERROR(moved);
    acted_ = true;
    RETURN_IF_ERROR(SyncFd(to.folder.get(), undo.to));
    return SyncFd(from.folder.get(), undo.path);
  }

  // Copies to a temporary name, checks, then names it: never half a copy under the real name.
  Status CopyInto(const Place& source, const Place& target, const std::string& temporary,
                  const std::string& digest) {
    WalkBudget budget = context_.Budget();
    const int folder_fd = target.folder.get();
    Status status = CopyTree(source.folder.get(), source.leaf, folder_fd, temporary, budget);
    if (status) {
      WalkBudget digest_budget = context_.Budget();
      const auto copied = DigestTree(folder_fd, temporary, digest_budget);
      if (!copied) {
        status = MakeError(copied.error());
      } else if (*copied != digest) {
        status = MakeError(ErrorCode::kUnavailable,
                           "'{}' was changed by something else while it was copied; try again",
                           source.leaf);
      }
    }
    int error_number = 0;
    if (status) {
      status = RenameNoReplace(folder_fd, temporary, folder_fd, target.leaf, &error_number);
    }
    if (!status) (void)RemoveTree(folder_fd, temporary);
    if (error_number == EEXIST) return TargetTaken(target.leaf);
    RETURN_IF_ERROR(status);
    return SyncFd(folder_fd, target.leaf);
  }

  Status Create(const UndoStep& undo) {
    ASSIGN_OR_RETURN(const Place source, SourceOf(undo));
    ASSIGN_OR_RETURN(const Place target, At(undo.path));
    if (undo.store.empty()) return CopyInto(source, target, undo.temporary, undo.digest);
    int error_number = 0;
    Status moved = RenameNoReplace(source.folder.get(), source.leaf, target.folder.get(),
                                   target.leaf, &error_number);
    if (error_number == EEXIST) return TargetTaken(undo.path);
    if (error_number == EXDEV) {
      RETURN_IF_ERROR(CopyInto(source, target, undo.temporary, undo.digest));
      acted_ = true;
      return RemoveTree(source.folder.get(), source.leaf);
    }
    RETURN_IF_ERROR(moved);
    acted_ = true;
    RETURN_IF_ERROR(SyncFd(target.folder.get(), undo.path));
    return SyncFd(source.folder.get(), undo.store);
  }

  Status Trash(const UndoStep& undo) {
    ASSIGN_OR_RETURN(const Place source, At(undo.path));
    ASSIGN_OR_RETURN(const Place target, InStore(undo.store));
    int error_number = 0;
    Status moved = RenameNoReplace(source.folder.get(), source.leaf, target.folder.get(),
                                   target.leaf, &error_number);
    if (error_number == EXDEV) {
      // Another disk: a durable copy in the trash first, then gone under its name at once, then
      // removed at leisure.
      RETURN_IF_ERROR(CopyInto(source, target, TemporaryName(), undo.digest));
      RETURN_IF_ERROR(RenameNoReplace(source.folder.get(), source.leaf, source.folder.get(),
                                      undo.temporary, &error_number));
      acted_ = true;
      RETURN_IF_ERROR(RemoveTree(source.folder.get(), undo.temporary));
      return SyncFd(source.folder.get(), undo.path);
    }
    RETURN_IF_ERROR(moved);
    acted_ = true;
    RETURN_IF_ERROR(SyncFd(target.folder.get(), undo.store));
    return SyncFd(source.folder.get(), undo.path);
  }

  const ToolContext& context_;
  Plan& plan_;
  std::string record_id_;
  UniqueFd record_folder_;
  bool acted_ = false;  // the step at hand has changed something that others can see
};

}  // namespace

Result<std::string> Commit(const ToolContext& context, Plan plan) {
  if (plan.steps.empty()) return std::string();
  if (context.undo == nullptr) {
    return MakeError(ErrorCode::kInternal, "there is no undo store, so nothing may be changed");
  }
  return Committer(context, plan).Run();
}

}  // namespace weir::tools
