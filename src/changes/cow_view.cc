#include "changes/cow_view.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "base/crypto.h"
#include "changes/read_changes.h"
#include "changes/tree_files.h"
#include "platform/files.h"

namespace weir::changes {
namespace {

constexpr size_t kMaxMountInfoBytes = size_t{16} << 20;
constexpr std::string_view kLockSuffix = ".lock";

Result<std::string> RealPath(const std::string& path) {
  char* real = ::realpath(path.c_str(), nullptr);
  if (real == nullptr) return platform::FileError(path);
  std::string out(real);
  std::free(real);
  return out;
}

// Whether `inner` is `outer` or lies in it; both absolute without links.
bool IsWithin(std::string_view inner, std::string_view outer) {
  if (outer == "/") return true;
  return inner == outer || (inner.starts_with(outer) && inner[outer.size()] == '/');
}

// The fifth field of a line of /proc/self/mountinfo, its octal escapes undone.
std::string MountPointOf(std::string_view line) {
  for (int field = 0; field < 4; ++field) {
    const size_t space = line.find(' ');
    if (space == std::string_view::npos) return "";
    line.remove_prefix(space + 1);
  }
  line = line.substr(0, line.find(' '));
  std::string path;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 3 < line.size()) {
      path +=
          static_cast<char>(std::strtol(std::string(line.substr(i + 1, 3)).c_str(), nullptr, 8));
      i += 3;
    } else {
      path += line[i];
    }
  }
  return path;
}

// An overlay shows what lies below a mount, not what is mounted.
Status CheckNoMountsInside(const std::string& workspace) {
  ASSIGN_OR_RETURN(const std::string text,
                   platform::ReadFile("/proc/self/mountinfo", kMaxMountInfoBytes));
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string mount_point = MountPointOf(std::string_view(text).substr(at, end - at));
    if (mount_point != workspace && IsWithin(mount_point, workspace)) {
      return MakeError(ErrorCode::kUnsupported,
                       "a file system is mounted at '{}' in the "
                       "workspace, which a view would not show; choose a workspace without",
                       OneLine(mount_point));
    }
    at = end + 1;
  }
  return {};
}

Status CheckPlaces(const std::string& state, const std::string& workspace) {
  if (!IsWithin(state, workspace) && !IsWithin(workspace, state)) return {};
  return MakeError(ErrorCode::kInvalidArgument,
                   "the state folder '{}' and the workspace '{}' lie "
                   "in one another; name another place for one of them",
                   OneLine(state), OneLine(workspace));
}

Status CheckOwner(const std::string& workspace, const struct stat& info) {
  if (info.st_uid == ::geteuid() && info.st_gid == ::getegid()) return {};
  return MakeError(ErrorCode::kUnsupported,
                   "the workspace '{}' belongs to user {} and group {}, "
                   "not to {} and {}: there can be no view of it",
                   OneLine(workspace), info.st_uid, info.st_gid, ::geteuid(), ::getegid());
}

// Removes the views whose lock nobody holds, with their locks. Under the lock of STATE/preview.
Status RemoveUnused(int previews_fd, const std::string& previews) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, ListFolder(previews_fd));
  std::set<std::string> ids;
  for (const std::string& name : names) {
    if (!name.starts_with('.')) ids.insert(name.substr(0, name.find('.')));
  }
  for (const std::string& id : ids) {
    const std::string lock_name = id + std::string(kLockSuffix);
    const Result<UniqueFd> lock = TryLockFile(fmt::format("{}/{}", previews, lock_name));
    if (!lock && lock.error().code == ErrorCode::kUnavailable) continue;
    if (!lock) return MakeError(lock.error());
    RETURN_IF_ERROR(RemoveTree(previews_fd, id));
    ::unlinkat(previews_fd, lock_name.c_str(), 0);
  }
  return {};
}

Result<UniqueFd> OpenFolder(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return platform::FileError(path);
  return fd;
}

// upper/ with the mode and attributes of the workspace, which the view's root gets from it; and
// lower, a link to the workspace, so that no path needs quoting in mount options.
Status MakeFolders(const ViewPlan& plan, const platform::Workspace& base, const struct stat& info) {
  for (const char* name : {"", "/upper"}) {
    const std::string path = plan.folder + name;
    if (::mkdir(path.c_str(), 0700) != 0) return platform::FileError(path);
  }
  if (::symlink(plan.workspace.c_str(), (plan.folder + "/lower").c_str()) != 0) {
    return platform::FileError(plan.folder + "/lower");
  }
  ASSIGN_OR_RETURN(const UniqueFd upper, OpenFolder(plan.folder + "/upper"));
  if (::fsetxattr(upper.get(), "user.overlay.test", "y", 1, 0) != 0 ||
      ::fremovexattr(upper.get(), "user.overlay.test") != 0) {
    return MakeError(ErrorCode::kUnsupported,
                     "the file system of '{}' takes no attributes ({}), "
                     "which a view needs; name a state folder elsewhere",
                     plan.folder, platform::SystemError(errno, "user.overlay.test").message);
  }
  ASSIGN_OR_RETURN(const Attributes attributes, ReadAttributes(base.fd(), Side::kBase));
  RETURN_IF_ERROR(WriteAttributes(upper.get(), attributes));
  if (::fchmod(upper.get(), info.st_mode & 07777) == 0) return {};
  return platform::FileError(plan.folder + "/upper");
}

// A fresh one for every mount: a volatile overlay leaves a mark in it that forbids another.
Status MakeWorkFolder(const std::string& view_folder) {
  ASSIGN_OR_RETURN(const UniqueFd fd, OpenFolder(view_folder));
  RETURN_IF_ERROR(RemoveTree(fd.get(), "work"));
  if (::mkdirat(fd.get(), "work", 0700) == 0) return {};
  return platform::FileError(view_folder + "/work");
}

Error NoView(int step, int error_number) {
  return Error{ErrorCode::kUnsupported,
               platform::SystemError(error_number, ViewStepText(step)).message +
                   "; so there is no copy-on-write view here, and the tool's own preview is all "
                   "there is"};
}

// Mounts the view in namespaces that somebody else made.
class ViewMount : public platform::MountHook {
 public:
  explicit ViewMount(const ViewPlan& plan) : plan_(plan) {}

  const std::string& path() const override { return plan_.workspace; }
  int Mount() const noexcept override { return MountView(plan_); }
  Error Explain(int step, int error_number) const override { return NoView(step, error_number); }

 private:
  const ViewPlan& plan_;
};

// Enters the view, then does what the caller's own hook does.
class ViewHook : public platform::ChildHook {
 public:
  ViewHook(const ViewPlan& plan, const platform::ChildHook* next) : plan_(plan), next_(next) {}

  // EnterView makes its namespaces itself.
  uint64_t namespaces() const override { return 0; }
  std::vector<int> fds() const override {
    return next_ == nullptr ? std::vector<int>{} : next_->fds();
  }
  int Run(const int* fds, int error_fd) const noexcept override {
    if (const int step = EnterView(plan_); step != kViewDone) return step;
    const int step = next_ == nullptr ? 0 : next_->Run(fds, error_fd);
    return step == 0 ? 0 : kNextSteps + step;
  }

  Error Explain(int step, int error_number) const override {
    if (step > kNextSteps) return next_->Explain(step - kNextSteps, error_number);
    return NoView(step, error_number);
  }

 private:
  static constexpr int kNextSteps = 1000;
  const ViewPlan& plan_;
  const platform::ChildHook* next_;
};

}  // namespace

CowView::CowView(std::unique_ptr<ViewPlan> plan, UniqueFd previews, UniqueFd lock,
                 platform::Workspace base, platform::Workspace upper)
    : plan_(std::move(plan)),
      previews_(std::move(previews)),
      lock_(std::move(lock)),
      base_(std::move(base)),
      upper_(std::move(upper)) {}

CowView::~CowView() {
  if (plan_ == nullptr) return;
  const std::string name = plan_->folder.substr(plan_->folder.rfind('/') + 1);
  // What can not be removed now is removed at the next Open.
  if (RemoveTree(previews_.get(), name)) {
    ::unlinkat(previews_.get(), (name + std::string(kLockSuffix)).c_str(), 0);
  }
}

Result<CowView> CowView::Open(const std::string& state_folder, const std::string& workspace) {
  const std::string previews = state_folder + "/preview";
  RETURN_IF_ERROR(platform::EnsurePrivateFolder(previews));
  ASSIGN_OR_RETURN(const std::string real_previews, RealPath(previews));
  auto plan = std::make_unique<ViewPlan>();
  ASSIGN_OR_RETURN(plan->workspace, RealPath(workspace));
  RETURN_IF_ERROR(CheckPlaces(real_previews, plan->workspace));
  ASSIGN_OR_RETURN(platform::Workspace base, platform::Workspace::Open(plan->workspace));
  struct stat info;
  if (::fstat(base.fd(), &info) != 0) return platform::FileError(OneLine(workspace));
  RETURN_IF_ERROR(CheckOwner(plan->workspace, info));
  RETURN_IF_ERROR(CheckNoMountsInside(plan->workspace));
  plan->device = info.st_dev;
  plan->inode = info.st_ino;
  plan->uid_map = fmt::format("{0} {0} 1\n", ::geteuid());
  plan->gid_map = fmt::format("{0} {0} 1\n", ::getegid());

  ASSIGN_OR_RETURN(UniqueFd previews_fd, OpenFolder(real_previews));
  ASSIGN_OR_RETURN(const UniqueFd turn, LockFile(real_previews + "/.lock"));
  RETURN_IF_ERROR(RemoveUnused(previews_fd.get(), real_previews));
  const std::string name = RandomHex(8);
  plan->folder = real_previews + "/" + name;
  ASSIGN_OR_RETURN(UniqueFd lock, TryLockFile(plan->folder + std::string(kLockSuffix)));
  RETURN_IF_ERROR(MakeFolders(*plan, base, info));
  ASSIGN_OR_RETURN(platform::Workspace upper, platform::Workspace::Open(plan->folder + "/upper"));
  return CowView(std::move(plan), std::move(previews_fd), std::move(lock), std::move(base),
                 std::move(upper));
}

Result<platform::ChildProcess> CowView::Start(platform::ChildOptions options,
                                              int workspace_fd) const {
  if (options.hook != nullptr && options.hook->namespaces() != 0) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "a command in a copy-on-write view is in namespaces of the view's own; its "
                     "hook can not ask for others (PrepareMount is for starting it within those)");
  }
  plan_->workspace_fd = workspace_fd;
  RETURN_IF_ERROR(MakeWorkFolder(plan_->folder));
  const ViewHook hook(*plan_, options.hook);
  options.hook = &hook;
  return platform::ChildProcess::Spawn(options);
}

Result<std::unique_ptr<platform::MountHook>> CowView::PrepareMount() const {
  plan_->workspace_fd = -1;
  RETURN_IF_ERROR(MakeWorkFolder(plan_->folder));
  return std::unique_ptr<platform::MountHook>(std::make_unique<ViewMount>(*plan_));
}

Result<ChangeSet> CowView::ReadChanges() const { return weir::changes::ReadChanges(base_, upper_); }

}  // namespace weir::changes
