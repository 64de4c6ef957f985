#include "platform/workspace.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "platform/files.h"

namespace weir::platform {
namespace {

// The kernel gives up with EAGAIN when a rename or mount somewhere may have raced with the walk. A
// busy neighbour causes a handful; one that makes it last is not waited for.
constexpr int kMaxRaces = 128;

Status CheckName(std::string_view relative) {
  if (relative.empty()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "an empty path; the workspace itself is called '.'");
  }
  if (relative.find('\0') != std::string_view::npos) {
    return MakeError(ErrorCode::kInvalidArgument, "a path with a NUL byte names no file");
  }
  if (relative.front() == '/') {
    return MakeError(ErrorCode::kPermissionDenied,
                     "'{}' is absolute; name it relative to the workspace", relative);
  }
  return {};
}

tl::unexpected<Error> OpenError(int error_number, std::string_view relative) {
  switch (error_number) {
    case EXDEV:
      return MakeError(ErrorCode::kPermissionDenied, "'{}' leads out of the workspace", relative);
    case ELOOP:
      return MakeError(ErrorCode::kPermissionDenied,
                       "'{}' goes through a link that may not be followed here", relative);
    case EAGAIN:
      return MakeError(ErrorCode::kUnavailable,
                       "'{}' was being renamed all the time while it was opened; try again",
                       relative);
    case ENOSYS:
      return MakeError(ErrorCode::kUnsupported,
                       "this kernel has no openat2, which keeps tools inside the workspace; Linux "
                       "5.6 or newer is needed");
    default:
      return MakeError(SystemError(error_number, fmt::format("'{}'", relative)));
  }
}

Status CheckFolder(const UniqueFd& fd, std::string_view name) {
  struct stat info;
  if (::fstat(fd.get(), &info) != 0) return MakeError(SystemError(errno, name));
  if (!S_ISDIR(info.st_mode)) {
    return MakeError(ErrorCode::kInvalidArgument, "{} is no folder", name);
  }
  return {};
}

}  // namespace

Result<Workspace> Workspace::Open(const std::string& folder) {
  if (folder.find('\0') != std::string::npos) {
    return MakeError(ErrorCode::kInvalidArgument, "a workspace path with a NUL byte names nothing");
  }
  UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) {
    return MakeError(SystemError(errno, fmt::format("workspace folder '{}'", folder)));
  }
  return Workspace(std::move(fd));
}

Result<Workspace> Workspace::FromFd(UniqueFd fd) {
  RETURN_IF_ERROR(CheckFolder(fd, fmt::format("file descriptor {}", fd.get())));
  return Workspace(std::move(fd));
}

Result<UniqueFd> Workspace::OpenBeneath(std::string_view relative, int flags, mode_t mode) const {
  return OpenHow(relative, flags, mode, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
}

Result<UniqueFd> Workspace::OpenWithoutLinks(std::string_view relative, int flags) const {
  return OpenHow(relative, flags, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

Result<UniqueFd> Workspace::OpenHow(std::string_view relative, int flags, mode_t mode,
                                    uint64_t resolve) const {
  RETURN_IF_ERROR(CheckName(relative));
  const std::string path(relative);
  struct open_how how = {};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  if ((flags & O_PATH) == 0) how.flags |= O_NOCTTY;  // O_PATH takes hardly any other flag
  how.resolve = resolve;
  const bool creates = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  if (creates) how.mode = mode;
  for (int race = 0;; ++race) {
    const long fd = ::syscall(SYS_openat2, fd_.get(), path.c_str(), &how, sizeof(how));
    if (fd >= 0) return UniqueFd(static_cast<int>(fd));
    const bool again = errno == EAGAIN || errno == EINTR;
    if (!again || race >= kMaxRaces) return OpenError(errno, relative);
  }
}

Result<UniqueFd> Workspace::OpenRegularFile(std::string_view relative, int flags,
                                            mode_t mode) const {
  ASSIGN_OR_RETURN(UniqueFd fd, OpenBeneath(relative, (flags & ~O_TRUNC) | O_NONBLOCK, mode));
  struct stat info;
  if (::fstat(fd.get(), &info) != 0) return OpenError(errno, relative);
  if (!S_ISREG(info.st_mode)) {
    return MakeError(ErrorCode::kInvalidArgument, "'{}' is {}, not a regular file", relative,
                     S_ISDIR(info.st_mode) ? "a folder" : "a special file");
  }
  if ((flags & O_TRUNC) != 0 && ::ftruncate(fd.get(), 0) != 0) return OpenError(errno, relative);
  return fd;
}

Result<UniqueFd> Workspace::OpenParent(std::string_view relative, std::string* leaf) const {
  RETURN_IF_ERROR(CheckName(relative));
  while (relative.ends_with('/')) relative.remove_suffix(1);
  const size_t slash = relative.rfind('/');
  const bool nested = slash != std::string_view::npos;
  const std::string_view name = nested ? relative.substr(slash + 1) : relative;
  if (name == "." || name == "..") {
    return MakeError(ErrorCode::kInvalidArgument,
                     "'{}' has no name at its end; name the file or folder itself", relative);
  }
  ASSIGN_OR_RETURN(UniqueFd parent,
                   OpenBeneath(nested ? relative.substr(0, slash) : ".", O_RDONLY | O_DIRECTORY));
  *leaf = std::string(name);
  return parent;
}

Result<struct stat> Workspace::Stat(std::string_view relative) const {
  ASSIGN_OR_RETURN(const UniqueFd fd, OpenBeneath(relative, O_PATH | O_NOFOLLOW));
  struct stat info;
  if (::fstat(fd.get(), &info) != 0) return OpenError(errno, relative);
  return info;
}

}  // namespace weir::platform
