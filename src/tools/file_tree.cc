#include "tools/file_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "base/crypto.h"
#include "platform/files.h"
#include "tools/text.h"

namespace weir::tools {
namespace {

constexpr int64_t kDigestedBytes = int64_t{64} << 20;
constexpr size_t kChunkBytes = 256 << 10;
constexpr std::string_view kTemporaryHead = ".weir-";
constexpr std::string_view kTemporaryTail = ".tmp";

// Length first (8 bytes, little endian), then the bytes: fields can not run into one another.
void AddField(Sha256Stream& hash, std::string_view bytes) {
  std::array<char, 8> length{};
  for (size_t i = 0; i < length.size(); ++i) {
    length[i] = static_cast<char>(static_cast<uint64_t>(bytes.size()) >> (8 * i) & 0xFF);
  }
  hash.Update({length.data(), length.size()});
  hash.Update(bytes);
}

struct CloseDir {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

Result<std::string> ReadLink(int folder_fd, const std::string& name) {
  std::array<char, 4096> target{};
  const ssize_t n = ::readlinkat(folder_fd, name.c_str(), target.data(), target.size());
  if (n < 0) return SystemError(errno, fmt::format("reading the link '{}'", name));
  return std::string(target.data(), static_cast<size_t>(n));
}

Result<struct stat> StatChild(int folder_fd, const std::string& name) {
  struct stat info{};
  if (::fstatat(folder_fd, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return SystemError(errno, fmt::format("looking at '{}'", name));
  }
  return info;
}

// Names only, unsorted, everything but "." and "..".
Result<std::vector<std::string>> NamesIn(int folder_fd) {
  UniqueFd own(::openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!own.valid()) return SystemError(errno, "opening a folder");
  std::unique_ptr<DIR, CloseDir> dir(::fdopendir(own.get()));
  if (!dir) return SystemError(errno, "reading a folder");
  (void)own.release();
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  if (errno != 0) return SystemError(errno, "reading a folder");
  return names;
}

class Digester {
 public:
  explicit Digester(WalkBudget& budget) : budget_(budget) {}

  Status Add(int folder_fd, const std::string& name, int depth) {
    if (depth <= 0) return MakeError(ErrorCode::kResourceExhausted, "folders nest too deeply");
    RETURN_IF_ERROR(budget_.Spend(1, 0));
    ASSIGN_OR_RETURN(const struct stat info, StatChild(folder_fd, name));
    AddField(hash_, KindName(KindOf(info.st_mode)));
    switch (KindOf(info.st_mode)) {
      case EntryKind::kLink: {
        ASSIGN_OR_RETURN(const std::string target, ReadLink(folder_fd, name));
        AddField(hash_, target);
        return {};
      }
      case EntryKind::kFolder:
        return AddFolder(folder_fd, name, depth);
      case EntryKind::kFile:
        return AddFile(folder_fd, name, info.st_size);
      case EntryKind::kOther:
        return {};
    }
    return {};
  }

  std::string Finish() { return ToHex(hash_.Finish()); }

 private:
  Status AddFolder(int folder_fd, const std::string& name, int depth) {
    ASSIGN_OR_RETURN(const UniqueFd folder, OpenChildFolder(folder_fd, name));
    ASSIGN_OR_RETURN(std::vector<std::string> names, NamesIn(folder.get()));
    std::sort(names.begin(), names.end());
    AddField(hash_, std::to_string(names.size()));
    for (const std::string& child : names) {
      AddField(hash_, child);
      RETURN_IF_ERROR(Add(folder.get(), child, depth - 1));
    }
    return {};
  }

  Status AddFile(int folder_fd, const std::string& name, int64_t bytes) {
    AddField(hash_, std::to_string(bytes));
    digested_ += bytes;
    if (digested_ > kDigestedBytes) return {};
    const Result<UniqueFd> file = OpenChildFile(folder_fd, name);
    // What we may not read we may still move: its size has to do.
    if (!file && file.error().code == ErrorCode::kPermissionDenied) return {};
    if (!file) return MakeError(file.error());
    std::string chunk(kChunkBytes, '\0');
    while (true) {
      const ssize_t n = ::read(file->get(), chunk.data(), chunk.size());
      if (n == 0) return {};
      if (n < 0) return SystemError(errno, fmt::format("reading '{}'", name));
      hash_.Update({chunk.data(), static_cast<size_t>(n)});
      RETURN_IF_ERROR(budget_.Spend(0, 0));
    }
  }

  WalkBudget& budget_;
  Sha256Stream hash_;
  int64_t digested_ = 0;
};

Status CopyModeAndTimes(int fd, const struct stat& info, std::string_view name) {
  const std::array<timespec, 2> times = {info.st_atim, info.st_mtim};
  if (::fchmod(fd, info.st_mode & 07777) != 0 || ::futimens(fd, times.data()) != 0) {
    return SystemError(errno, fmt::format("setting mode and times of '{}'", name));
  }
  return {};
}

Status CopyFileContent(int from, int to, const std::string& name, WalkBudget& budget) {
  std::string chunk(kChunkBytes, '\0');
  while (true) {
    const ssize_t n = ::read(from, chunk.data(), chunk.size());
    if (n == 0) return {};
    if (n < 0) return SystemError(errno, fmt::format("reading '{}'", name));
    RETURN_IF_ERROR(budget.Spend(0, n));
    RETURN_IF_ERROR(WriteAll(to, {chunk.data(), static_cast<size_t>(n)}));
  }
}

Status CopyFile(int from_fd, const std::string& from, int to_fd, const std::string& to,
                WalkBudget& budget) {
  ASSIGN_OR_RETURN(const UniqueFd source, OpenChildFile(from_fd, from));
  struct stat info{};
  if (::fstat(source.get(), &info) != 0) {
    return SystemError(errno, fmt::format("looking at '{}'", from));
  }
  const UniqueFd target(
      ::openat(to_fd, to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!target.valid()) return SystemError(errno, fmt::format("creating '{}'", to));
  RETURN_IF_ERROR(CopyFileContent(source.get(), target.get(), from, budget));
  RETURN_IF_ERROR(CopyModeAndTimes(target.get(), info, to));
  return SyncFd(target.get(), to);
}

Status CopyNode(int from_fd, const std::string& from, int to_fd, const std::string& to,
                WalkBudget& budget, int depth);

Status CopyFolder(int from_fd, const std::string& from, int to_fd, const std::string& to,
                  WalkBudget& budget, int depth) {
  ASSIGN_OR_RETURN(const UniqueFd source, OpenChildFolder(from_fd, from));
  struct stat info{};
  if (::fstat(source.get(), &info) != 0) {
    return SystemError(errno, fmt::format("looking at '{}'", from));
  }
  if (::mkdirat(to_fd, to.c_str(), 0700) != 0) {
    return SystemError(errno, fmt::format("creating '{}'", to));
  }
  ASSIGN_OR_RETURN(const UniqueFd target, OpenChildFolder(to_fd, to));
  ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesIn(source.get()));
  for (const std::string& name : names) {
    RETURN_IF_ERROR(CopyNode(source.get(), name, target.get(), name, budget, depth - 1));
  }
  RETURN_IF_ERROR(CopyModeAndTimes(target.get(), info, to));
  return SyncFd(target.get(), to);
}

Status CopyNode(int from_fd, const std::string& from, int to_fd, const std::string& to,
                WalkBudget& budget, int depth) {
  if (depth <= 0) return MakeError(ErrorCode::kResourceExhausted, "folders nest too deeply");
  RETURN_IF_ERROR(budget.Spend(1, 0));
  ASSIGN_OR_RETURN(const struct stat info, StatChild(from_fd, from));
  switch (KindOf(info.st_mode)) {
    case EntryKind::kFile:
      return CopyFile(from_fd, from, to_fd, to, budget);
    case EntryKind::kFolder:
      return CopyFolder(from_fd, from, to_fd, to, budget, depth);
    case EntryKind::kLink: {
      ASSIGN_OR_RETURN(const std::string target, ReadLink(from_fd, from));
      if (::symlinkat(target.c_str(), to_fd, to.c_str()) != 0) {
        return SystemError(errno, fmt::format("creating the link '{}'", to));
      }
      return {};
    }
    case EntryKind::kOther:
      break;
  }
  return MakeError(ErrorCode::kUnsupported,
                   "'{}' is neither a file, a folder nor a link; it can not be copied", from);
}

}  // namespace

Status WalkBudget::Spend(int64_t n_entries, int64_t n_bytes) {
  entries -= n_entries;
  bytes -= n_bytes;
  if (entries < 0) {
    return MakeError(ErrorCode::kResourceExhausted,
                     "too many files for one call; name a smaller folder");
  }
  if (bytes < 0) {
    return MakeError(ErrorCode::kResourceExhausted,
                     "too much data for one call; name a smaller folder");
  }
  if (clock != nullptr && clock->MonotonicMicros() > deadline_us) {
    return MakeError(ErrorCode::kDeadlineExceeded,
                     "it takes too long for one call; name a smaller folder");
  }
  return {};
}

tl::unexpected<Error> SystemError(int error_number, std::string_view what) {
  return MakeError(platform::SystemError(error_number, what));
}

EntryKind KindOf(mode_t mode) {
  if (S_ISREG(mode)) return EntryKind::kFile;
  if (S_ISDIR(mode)) return EntryKind::kFolder;
  return S_ISLNK(mode) ? EntryKind::kLink : EntryKind::kOther;
}

std::string_view KindName(EntryKind kind) {
  switch (kind) {
    case EntryKind::kFile:
      return "file";
    case EntryKind::kFolder:
      return "folder";
    case EntryKind::kLink:
      return "link";
    case EntryKind::kOther:
      break;
  }
  return "special file";
}

Result<std::vector<FolderEntry>> ReadFolder(int folder_fd, size_t max_entries, size_t* n_left_out) {
  ASSIGN_OR_RETURN(std::vector<std::string> names, NamesIn(folder_fd));
  std::erase_if(names, [](const std::string& name) { return IsTemporaryName(name); });
  std::sort(names.begin(), names.end(), NaturalLess);
  *n_left_out = names.size() > max_entries ? names.size() - max_entries : 0;
  names.resize(names.size() - *n_left_out);
  std::vector<FolderEntry> entries;
  entries.reserve(names.size());
  for (std::string& name : names) {
    struct stat info{};
    // Gone since it was listed: not an error.
    if (::fstatat(folder_fd, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    entries.push_back({std::move(name), KindOf(info.st_mode), info.st_size,
                       info.st_mtim.tv_sec * 1'000'000 + info.st_mtim.tv_nsec / 1000,
                       info.st_mode & 07777});
  }
  return entries;
}

Result<std::string> ReadAll(int fd, size_t max_bytes) {
  std::string content;
  struct stat info{};
  if (::fstat(fd, &info) == 0 && info.st_size > 0) {
    content.reserve(std::min(static_cast<size_t>(info.st_size), max_bytes) + 1);
  }
  std::string chunk(kChunkBytes, '\0');
  while (true) {
    const ssize_t n = ::read(fd, chunk.data(), chunk.size());
    if (n == 0) return content;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError(errno, "reading");
    content.append(chunk.data(), static_cast<size_t>(n));
    if (content.size() > max_bytes) {
      return MakeError(ErrorCode::kResourceExhausted, "it is larger than {}",
                       FormatBytes(static_cast<int64_t>(max_bytes)));
    }
  }
}

Status WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError(errno, "writing");
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Status SyncFd(int fd, std::string_view what) {
  if (::fsync(fd) != 0) return SystemError(errno, fmt::format("making '{}' durable", what));
  return {};
}

std::string TemporaryName() {
  std::array<unsigned char, 6> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    // Never on Linux after boot; O_EXCL and RENAME_NOREPLACE guard a clash anyway.
    bytes[0] = static_cast<unsigned char>(::getpid());
  }
  std::string name(kTemporaryHead);
  for (const unsigned char byte : bytes) name += fmt::format("{:02x}", byte);
  return name + std::string(kTemporaryTail);
}

bool IsTemporaryName(std::string_view name) {
  return name.size() == kTemporaryHead.size() + 12 + kTemporaryTail.size() &&
         name.starts_with(kTemporaryHead) && name.ends_with(kTemporaryTail) &&
         name.substr(kTemporaryHead.size(), 12).find_first_not_of("0123456789abcdef") ==
             std::string_view::npos;
}

Result<UniqueFd> OpenChildFolder(int folder_fd, const std::string& name) {
  UniqueFd fd(::openat(folder_fd, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.valid()) return SystemError(errno, fmt::format("opening the folder '{}'", name));
  return fd;
}

Result<UniqueFd> OpenChildFile(int folder_fd, const std::string& name) {
  // O_NONBLOCK: a pipe put in the file's place must not make us wait.
  UniqueFd fd(
      ::openat(folder_fd, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd.valid()) return SystemError(errno, fmt::format("opening '{}'", name));
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return SystemError(errno, fmt::format("opening '{}'", name));
  if (!S_ISREG(info.st_mode)) {
    return MakeError(ErrorCode::kUnsupported, "'{}' is a {}, not a file", name,
                     KindName(KindOf(info.st_mode)));
  }
  return fd;
}

Status RenameNoReplace(int from_fd, const std::string& from, int to_fd, const std::string& to,
                       int* errno_out) {
  *errno_out = 0;
  if (::syscall(SYS_renameat2, from_fd, from.c_str(), to_fd, to.c_str(), RENAME_NOREPLACE) == 0) {
    return {};
  }
  if (errno == EINVAL || errno == ENOSYS) {
    // A file system without the flag: look first. The window is a few instructions.
    struct stat info{};
    if (::fstatat(to_fd, to.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) {
      errno = EEXIST;
    } else if (::renameat(from_fd, from.c_str(), to_fd, to.c_str()) == 0) {
      return {};
    }
  }
  *errno_out = errno;
  return SystemError(errno, fmt::format("renaming '{}' to '{}'", from, to));
}

Result<std::string> DigestTree(int folder_fd, const std::string& name, WalkBudget& budget) {
  Digester digester(budget);
  RETURN_IF_ERROR(digester.Add(folder_fd, name, budget.depth));
  return digester.Finish();
}

std::string DigestOfContent(std::string_view content) {
  Sha256Stream hash;
  AddField(hash, KindName(EntryKind::kFile));
  AddField(hash, std::to_string(content.size()));
  if (static_cast<int64_t>(content.size()) <= kDigestedBytes) hash.Update(content);
  return ToHex(hash.Finish());
}

Status CopyTree(int from_fd, const std::string& from, int to_fd, const std::string& to,
                WalkBudget& budget) {
  RETURN_IF_ERROR(CopyNode(from_fd, from, to_fd, to, budget, budget.depth));
  return SyncFd(to_fd, to);
}

Status RemoveTree(int folder_fd, const std::string& name, int depth) {
  if (::unlinkat(folder_fd, name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM) {
    return SystemError(errno, fmt::format("removing '{}'", name));
  }
  if (depth <= 0) return MakeError(ErrorCode::kResourceExhausted, "folders nest too deeply");
  ASSIGN_OR_RETURN(const UniqueFd folder, OpenChildFolder(folder_fd, name));
  (void)::fchmod(folder.get(), 0700);  // a folder without write permission can be removed too
  ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesIn(folder.get()));
  for (const std::string& child : names) {
    RETURN_IF_ERROR(RemoveTree(folder.get(), child, depth - 1));
  }
  if (::unlinkat(folder_fd, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
    return SystemError(errno, fmt::format("removing '{}'", name));
  }
  return {};
}

}  // namespace weir::tools
