#include "changes/view_child.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace weir::changes {
namespace {

// userxattr: the overlay keeps its marks in attributes that a user namespace may write. It implies
// redirect_dir=nofollow and metacopy=off. volatile: the view does not outlive a crash, so nothing
// needs to reach the disk, and unmounting does not wait for it.
constexpr const char* kOverlayOptions =
    "lowerdir=lower,upperdir=upper,workdir=work,userxattr,volatile";

bool WriteProcFile(const char* path, const char* text, size_t length) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = ::write(fd, text, length) == static_cast<ssize_t>(length);
  const int error_number = errno;
  ::close(fd);
  errno = error_number;
  return written;
}

ViewStep Refuse(ViewStep step, int error_number) {
  errno = error_number;
  return step;
}

// The command's open folder must lead into the view as well.
ViewStep PassWorkspace(const ViewPlan& plan) {
  if (plan.workspace_fd < 0) return kViewDone;
  const int fd = ::open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || ::dup3(fd, plan.workspace_fd, 0) < 0) return kViewOpen;
  ::close(fd);
  return kViewDone;
}

}  // namespace

std::string_view ViewStepText(int step) {
  switch (step) {
    case kViewNamespaces:
      return "a user and mount namespace for the view";
    case kViewIds:
      return "the user and group of the view";
    case kViewPropagation:
      return "keeping the mounts of the view to itself";
    case kViewFolder:
      return "the folder of the view";
    case kViewReplaced:
      return "the workspace was replaced by another folder";
    case kViewMount:
      return "mounting overlayfs in a user namespace";
    case kViewEnter:
      return "entering the view";
    case kViewPlace:
      return "the view is not in its place";
    case kViewOpen:
      return "opening the view";
    case kViewCapabilities:
      return "dropping capabilities in the view";
    case kViewParent:
      return "tying the command to its parent";
    default:
      return "the view";
  }
}

ViewStep EnterViewNamespaces(const ViewPlan& plan) {
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return kViewNamespaces;
  // Without "deny" a group map of one's own is not allowed.
  if (!WriteProcFile("/proc/self/setgroups", "deny", 4) ||
      !WriteProcFile("/proc/self/uid_map", plan.uid_map.c_str(), plan.uid_map.size()) ||
      !WriteProcFile("/proc/self/gid_map", plan.gid_map.c_str(), plan.gid_map.size())) {
    return kViewIds;
  }
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return kViewPropagation;
  return kViewDone;
}

ViewStep MountView(const ViewPlan& plan) {
  struct stat info;
  if (::chdir(plan.folder.c_str()) != 0 || ::stat("lower", &info) != 0) return kViewFolder;
  if (info.st_dev != plan.device || info.st_ino != plan.inode) {
    return Refuse(kViewReplaced, ESTALE);
  }
  if (::mount("overlay", "lower", "overlay", MS_NODEV | MS_NOSUID, kOverlayOptions) != 0) {
    return kViewMount;
  }
  struct statfs system;
  if (::chdir(plan.workspace.c_str()) != 0 || ::statfs(".", &system) != 0) return kViewEnter;
  if (system.f_type != OVERLAYFS_SUPER_MAGIC) return Refuse(kViewPlace, ESTALE);
  return PassWorkspace(plan);
}

ViewStep DropCapabilities() {
  for (int capability = 0; capability < 64; ++capability) {
    if (::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) != 1) continue;
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return kViewCapabilities;
  }
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capset, &header, none) != 0) return kViewCapabilities;
  // A change of credentials may have cleared what ChildProcess set.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return kViewParent;
  return kViewDone;
}

ViewStep EnterView(const ViewPlan& plan) {
  if (const ViewStep step = EnterViewNamespaces(plan); step != kViewDone) return step;
  if (const ViewStep step = MountView(plan); step != kViewDone) return step;
  return DropCapabilities();
}

}  // namespace weir::changes
