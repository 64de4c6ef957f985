#include "changes/tree_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/crypto.h"
#include "platform/files.h"

namespace weir::changes {
namespace {

using platform::FileError;
using platform::SystemError;

// Small enough to come from the heap without a trip to the kernel.
constexpr size_t kCopyBytes = 64 * 1024;
// Deeper folders are moved up before they are removed, so that descriptors stay few.
constexpr int kRemoveDepth = 32;

// Reads until the buffer is full or the file ends.
Result<size_t> ReadBlock(int fd, std::string& buffer) {
  size_t filled = 0;
  while (filled < buffer.size()) {
    const ssize_t n = ::read(fd, buffer.data() + filled, buffer.size() - filled);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return MakeError(SystemError(errno, "reading a file"));
    if (n == 0) break;
    filled += static_cast<size_t>(n);
  }
  return filled;
}

Status WriteBlock(int fd, std::string_view block) {
  if (block.find_first_not_of('\0') == std::string_view::npos) {
    if (::lseek(fd, static_cast<off_t>(block.size()), SEEK_CUR) >= 0) return {};
    return MakeError(SystemError(errno, "leaving a hole in a file"));
  }
  while (!block.empty()) {
    const ssize_t n = ::write(fd, block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return MakeError(SystemError(errno, "writing a file"));
    block.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Result<UniqueFd> Lock(const std::string& path, int operation) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return FileError(path);
  while (::flock(fd.get(), operation) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return FileError(path);
    return MakeError(ErrorCode::kUnavailable, "'{}' is locked by another process", path);
  }
  return fd;
}

// Takes one tree apart: folders below kRemoveDepth move up beside it and follow later.
class Remover {
 public:
  explicit Remover(int top_fd) : top_fd_(top_fd) {}

  Status Remove(int folder_fd, const std::string& name, int depth) {
    if (::unlinkat(folder_fd, name.c_str(), 0) == 0 || errno == ENOENT) return {};
    if (errno != EISDIR && errno != EPERM) return FileError(name);
    // 0700 first: without it neither listing nor renaming is possible.
    if (::fchmodat(folder_fd, name.c_str(), 0700, 0) != 0) return FileError(name);
    if (depth >= kRemoveDepth) return MoveUp(folder_fd, name);
    {
      ASSIGN_OR_RETURN(const UniqueFd folder, OpenFolderAt(folder_fd, name));
      ASSIGN_OR_RETURN(const std::vector<std::string> names, ListFolder(folder.get()));
      for (const std::string& child : names) {
        RETURN_IF_ERROR(Remove(folder.get(), child, depth + 1));
      }
    }
    return ::unlinkat(folder_fd, name.c_str(), AT_REMOVEDIR) == 0 ? Status() : FileError(name);
  }

  Status RemoveMoved() {
    for (size_t i = 0; i < moved_.size(); ++i) {
      const std::string name = moved_[i];
      RETURN_IF_ERROR(Remove(top_fd_, name, 0));
    }
    return {};
  }

 private:
  Status MoveUp(int folder_fd, const std::string& name) {
    const std::string aside = ".weir-" + RandomHex(8) + ".gone";
    if (::renameat(folder_fd, name.c_str(), top_fd_, aside.c_str()) != 0) return FileError(name);
    moved_.push_back(aside);
    return {};
  }

  int top_fd_;
  std::vector<std::string> moved_;
};

}  // namespace

Result<std::vector<std::string>> ListFolder(int folder_fd) {
  const int fd = ::openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return MakeError(SystemError(errno, "opening a folder to list it"));
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd), &::closedir);
  if (stream == nullptr) {
    ::close(fd);
    return MakeError(SystemError(errno, "listing a folder"));
  }
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const struct dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return MakeError(SystemError(errno, "listing a folder"));
  std::sort(names.begin(), names.end());
  return names;
}

Result<UniqueFd> OpenFolderAt(int folder_fd, const std::string& name) {
  UniqueFd fd(::openat(folder_fd, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.valid()) return FileError(name);
  return fd;
}

Result<UniqueFd> OpenParentOf(const platform::Workspace& root, const std::string& path,
                              std::string* leaf) {
  *leaf = path.substr(path.rfind('/') + 1);
  return root.OpenWithoutLinks(ParentPath(path), O_RDONLY | O_DIRECTORY);
}

std::string ParentPath(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? "." : std::string(path.substr(0, slash));
}

Status CopyVerified(int from_fd, int to_fd, uint64_t bytes, const std::string& digest) {
  std::string buffer(kCopyBytes, '\0');
  Sha256Stream hash;
  uint64_t copied = 0;
  for (;;) {
    ASSIGN_OR_RETURN(const size_t n, ReadBlock(from_fd, buffer));
    if (n == 0) break;
    const std::string_view block(buffer.data(), n);
    hash.Update(block);
    copied += n;
    if (copied > bytes) break;
    RETURN_IF_ERROR(WriteBlock(to_fd, block));
  }
  if (copied != bytes || ToHex(hash.Finish()) != digest) {
    return MakeError(ErrorCode::kCorruptData,
                     "the content is not what was recorded ({} bytes, "
                     "sha256 {}): it was changed or damaged since",
                     bytes, digest);
  }
  // A hole at the end has no byte behind it yet.
  if (::ftruncate(to_fd, static_cast<off_t>(bytes)) != 0) {
    return MakeError(SystemError(errno, "setting the length of a file"));
  }
  return {};
}

Result<std::string> DigestOfFile(int fd, uint64_t* n_bytes) {
  std::string buffer(kCopyBytes, '\0');
  Sha256Stream hash;
  *n_bytes = 0;
  for (;;) {
    ASSIGN_OR_RETURN(const size_t n, ReadBlock(fd, buffer));
    if (n == 0) break;
    hash.Update(std::string_view(buffer.data(), n));
    *n_bytes += n;
  }
  return ToHex(hash.Finish());
}

Status RemoveTree(int folder_fd, const std::string& name) {
  Remover remover(folder_fd);
  RETURN_IF_ERROR(remover.Remove(folder_fd, name, 0));
  return remover.RemoveMoved();
}

Status SyncFileSystem(int fd) {
  if (::syncfs(fd) == 0) return {};
  return MakeError(SystemError(errno, "making changes durable"));
}

Result<UniqueFd> LockFile(const std::string& path) { return Lock(path, LOCK_EX); }
Result<UniqueFd> TryLockFile(const std::string& path) { return Lock(path, LOCK_EX | LOCK_NB); }

}  // namespace weir::changes
