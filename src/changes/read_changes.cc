#include "changes/read_changes.h"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "changes/tree_files.h"
#include "platform/files.h"

namespace weir::changes {
namespace {

bool HasAttribute(int fd, const char* name) { return ::fgetxattr(fd, name, nullptr, 0) >= 0; }

// "y": what lies below is hidden. ("x" only says that whiteouts of the second form are inside.)
bool IsOpaque(int folder_fd) {
  char value = 0;
  return ::fgetxattr(folder_fd, "user.overlay.opaque", &value, 1) == 1 && value == 'y';
}

Result<bool> IsWhiteout(int folder_fd, const std::string& name) {
  struct stat info;
  if (::fstatat(folder_fd, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return platform::FileError(OneLine(name));
  }
  if (S_ISCHR(info.st_mode)) return info.st_rdev == makedev(0, 0);
  if (!S_ISREG(info.st_mode) || info.st_size != 0) return false;
  const UniqueFd fd(::openat(folder_fd, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  return fd.valid() && HasAttribute(fd.get(), "user.overlay.whiteout");
}

class UpperReader {
 public:
  // The root of the view stands for the workspace folder itself, which stays what it is.
  Status CompareRoots(int base_fd, int upper_fd) {
    struct stat base;
    struct stat upper;
    if (::fstat(base_fd, &base) != 0 || ::fstat(upper_fd, &upper) != 0) {
      return platform::FileError("the workspace folder");
    }
    const Result<Attributes> before = ReadAttributes(base_fd, Side::kBase);
    const Result<Attributes> after = ReadAttributes(upper_fd, Side::kView);
    if (!before || !after || *before != *after ||
        (base.st_mode & 07777) != (upper.st_mode & 07777)) {
      AddProblem(".",
                 "the mode or attributes of the workspace folder itself can not be changed "
                 "through a preview");
    }
    return {};
  }

  // One folder of the view. base_fd is -1 where the workspace has no such folder. `is_hidden`: a
  // folder above hides what lies below, and so does everything in it without saying so again.
  Status Walk(const std::string& prefix, int upper_fd, int base_fd, int depth, bool is_hidden) {
    if (depth > kMaxDepth) return TooDeep(prefix);
    is_hidden = is_hidden || IsOpaque(upper_fd);
    ASSIGN_OR_RETURN(const std::vector<std::string> names, ListFolder(upper_fd));
    for (const std::string& name : names) {
      ASSIGN_OR_RETURN(const bool is_whiteout, IsWhiteout(upper_fd, name));
      if (is_whiteout) {
        RETURN_IF_ERROR(AddRemoved(prefix + name, base_fd, name, depth));
      } else {
        RETURN_IF_ERROR(AddPresent({prefix + name, upper_fd, base_fd, depth, is_hidden}));
      }
    }
    if (base_fd < 0 || !is_hidden) return {};
    ASSIGN_OR_RETURN(const std::vector<std::string> hidden, ListFolder(base_fd));
    for (const std::string& name : hidden) {
      if (std::binary_search(names.begin(), names.end(), name)) continue;
      RETURN_IF_ERROR(AddRemoved(prefix + name, base_fd, name, depth));
    }
    return {};
  }

  ChangeSet TakeSet() {
    SortAndFindRenames(set_);
    return std::move(set_);
  }

 private:
  static tl::unexpected<Error> TooDeep(const std::string& path) {
    return MakeError(ErrorCode::kResourceExhausted,
                     "'{}' lies deeper than {} folders, more than "
                     "can be previewed",
                     OneLine(path), kMaxDepth);
  }

  void AddProblem(const std::string& path, const std::string& reason) {
    set_.problems.push_back({path, reason});
  }

  // The state of one entry; nothing when it is a problem, which is noted.
  Result<std::optional<EntryState>> Look(const std::string& path, int folder_fd, Side side) {
    if (folder_fd < 0) return std::optional<EntryState>(EntryState{});
    if (const Status fine = CheckChangePath(path); !fine) {
      AddProblem(path, fine.error().message);
      return std::optional<EntryState>();
    }
    Result<EntryState> state = ReadEntry(folder_fd, path.substr(path.rfind('/') + 1), side);
    if (state) return std::optional<EntryState>(std::move(*state));
    const ErrorCode code = state.error().code;
    if (code != ErrorCode::kUnsupported && code != ErrorCode::kPermissionDenied) {
      return MakeError(state.error());
    }
    AddProblem(path, state.error().message);
    return std::optional<EntryState>();
  }

  Status Add(const std::string& path, const EntryState& before, const EntryState& after) {
    if (before == after) return {};
    if (set_.changes.size() >= kMaxChanges) {
      return MakeError(ErrorCode::kResourceExhausted,
                       "more than {} changes, more than can be "
                       "previewed; change less at once",
                       kMaxChanges);
    }
    set_.changes.push_back({path, before, after, ""});
    return {};
  }

  // What lies at `name` of the workspace, and all below it, is gone.
  Status AddRemoved(const std::string& path, int base_fd, const std::string& name, int depth) {
    if (base_fd < 0) return {};
    ASSIGN_OR_RETURN(const std::optional<EntryState> before, Look(path, base_fd, Side::kBase));
    if (!before) return {};
    RETURN_IF_ERROR(Add(path, *before, EntryState{}));
    return before->is_folder() ? AddRemovedInside(path, base_fd, name, depth) : Status();
  }

  Status AddRemovedInside(const std::string& path, int base_fd, const std::string& name,
                          int depth) {
    if (depth >= kMaxDepth) return TooDeep(path);
    ASSIGN_OR_RETURN(const UniqueFd folder, OpenFolderAt(base_fd, name));
    ASSIGN_OR_RETURN(const std::vector<std::string> names, ListFolder(folder.get()));
    for (const std::string& child : names) {
      RETURN_IF_ERROR(AddRemoved(path + "/" + child, folder.get(), child, depth + 1));
    }
    return {};
  }

  // An entry of the upper folder, and where it lies.
  struct Present {
    std::string path;
    int upper_fd;
    int base_fd;
    int depth;
    bool is_hidden;
  };

  Status AddPresent(const Present& at) {
    const auto& [path, upper_fd, base_fd, depth, is_hidden] = at;
    const std::string name = path.substr(path.rfind('/') + 1);
    ASSIGN_OR_RETURN(const std::optional<EntryState> after, Look(path, upper_fd, Side::kView));
    ASSIGN_OR_RETURN(const std::optional<EntryState> before, Look(path, base_fd, Side::kBase));
    if (!after || !before) return {};
    RETURN_IF_ERROR(Add(path, *before, *after));
    if (before->is_folder() && !after->is_folder()) {
      return AddRemovedInside(path, base_fd, name, depth);
    }
    if (!after->is_folder()) return {};
    ASSIGN_OR_RETURN(const UniqueFd upper, OpenFolderAt(upper_fd, name));
    UniqueFd base;
    if (before->is_folder()) {
      ASSIGN_OR_RETURN(base, OpenFolderAt(base_fd, name));
    }
    return Walk(path + "/", upper.get(), base.get(), depth + 1, is_hidden);
  }

  ChangeSet set_;
};

}  // namespace

Result<ChangeSet> ReadChanges(const platform::Workspace& base, const platform::Workspace& upper) {
  UpperReader reader;
  RETURN_IF_ERROR(reader.CompareRoots(base.fd(), upper.fd()));
  RETURN_IF_ERROR(reader.Walk("", upper.fd(), base.fd(), 0, false));
  return reader.TakeSet();
}

}  // namespace weir::changes
