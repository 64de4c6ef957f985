#include "vault/vault_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "platform/files.h"

namespace weir::vault {
namespace {

// Who wrote its number into a lock file; empty when that can not be told.
std::string HolderOf(const VaultFolder& folder, const UniqueFd& lock) {
  std::string text(static_cast<size_t>(std::clamp<int64_t>(folder.ops->Size(lock.get()), 0, 20)),
                   '\0');
  if (text.empty() || !folder.Read(lock, "lock", 0, &text)) return "";
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (error != std::errc() || pid <= 0) return "";
  return pid == ::getpid() ? " (this process)" : fmt::format(" (process {})", pid);
}

// "000017.keys" and "000017.data" name bucket 17.
std::optional<uint64_t> BucketNumberOf(std::string_view name) {
  if (!name.ends_with(".keys") && !name.ends_with(".data")) return std::nullopt;
  name.remove_suffix(5);
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return fmt::format("{:06}", number) == name ? std::optional(number) : std::nullopt;
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

}  // namespace

Result<VaultFolder> VaultFolder::Open(const std::string& state_folder, platform::FileOps* ops,
                                      bool make) {
  VaultFolder folder;
  folder.ops = ops != nullptr ? ops : &platform::SystemFileOps();
  folder.path = state_folder + "/vault";
  if (make) {
    RETURN_IF_ERROR(platform::EnsurePrivateFolder(folder.path));
  }
  folder.fd = UniqueFd(folder.ops->OpenAt(AT_FDCWD, folder.path.c_str(),
                                          O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0));
  if (folder.fd.valid()) return folder;
  if (errno == ENOENT) {
    return MakeError(ErrorCode::kNotFound, "there is no vault in '{}'; nothing was ever put there",
                     state_folder);
  }
  return folder.FileError("", "opening");
}

tl::unexpected<Error> VaultFolder::FileError(std::string_view name, std::string_view doing) const {
  return MakeError(platform::SystemError(
      errno, fmt::format("{} '{}{}{}'", doing, path, name.empty() ? "" : "/", name)));
}

Result<UniqueFd> VaultFolder::OpenFile(const std::string& name, int flags) const {
  UniqueFd file(ops->OpenAt(fd.get(), name.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.valid()) return FileError(name, "opening");
  return file;
}

Result<int64_t> VaultFolder::Size(const UniqueFd& file, std::string_view name) const {
  const int64_t size = ops->Size(file.get());
  if (size < 0) return FileError(name, "measuring");
  return size;
}

Status VaultFolder::Read(const UniqueFd& file, std::string_view name, int64_t offset,
                         std::string* bytes) const {
  size_t filled = 0;
  while (filled < bytes->size()) {
    const ssize_t n = ops->PRead(file.get(), bytes->data() + filled, bytes->size() - filled,
                                 offset + static_cast<int64_t>(filled));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FileError(name, "reading");
    if (n == 0) {
      return MakeError(ErrorCode::kCorruptData, "'{}/{}' ends at byte {}, expected {} more", path,
                       name, offset + static_cast<int64_t>(filled), bytes->size() - filled);
    }
    filled += static_cast<size_t>(n);
  }
  return {};
}

Status VaultFolder::Write(const UniqueFd& file, std::string_view name, int64_t offset,
                          std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t n = ops->PWrite(file.get(), bytes.data(), bytes.size(), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FileError(name, "writing");
    if (n == 0) {
      return MakeError(ErrorCode::kResourceExhausted, "the system takes no more of '{}/{}'", path,
                       name);
    }
    offset += n;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Status VaultFolder::SyncData(const UniqueFd& file, std::string_view name) const {
  if (ops->SyncData(file.get()) != 0) return FileError(name, "syncing");
  return {};
}

Status VaultFolder::SyncFolder(const std::string& name) const {
  ASSIGN_OR_RETURN(const UniqueFd folder, OpenFile(name, O_RDONLY | O_DIRECTORY));
  if (ops->Sync(folder.get()) != 0) return FileError(name, "syncing");
  return {};
}

Result<std::optional<std::string>> VaultFolder::ReadWhole(const std::string& name,
                                                          size_t max_bytes) const {
  const Result<UniqueFd> file = OpenFile(name, O_RDONLY);
  if (!file && file.error().code == ErrorCode::kNotFound) return std::optional<std::string>();
  if (!file) return MakeError(file.error());
  ASSIGN_OR_RETURN(const int64_t size, Size(*file, name));
  if (static_cast<uint64_t>(size) > max_bytes) {
    return MakeError(ErrorCode::kCorruptData, "'{}/{}' has {} bytes, expected at most {}", path,
                     name, size, max_bytes);
  }
  std::string bytes(static_cast<size_t>(size), '\0');
  RETURN_IF_ERROR(Read(*file, name, 0, &bytes));
  return std::optional(std::move(bytes));
}

Status VaultFolder::Replace(const std::string& in, const std::string& name,
                            std::string_view bytes) const {
  const std::string temporary = name + ".tmp";
  {
    ASSIGN_OR_RETURN(const UniqueFd file, OpenFile(temporary, O_RDWR | O_CREAT | O_TRUNC));
    RETURN_IF_ERROR(Write(file, temporary, 0, bytes));
    if (ops->Sync(file.get()) != 0) return FileError(temporary, "syncing");
  }
  if (ops->RenameAt(fd.get(), temporary.c_str(), name.c_str()) != 0) {
    return FileError(name, "renaming");
  }
  return SyncFolder(in);
}

Status VaultFolder::Remove(const std::string& name) const {
  if (ops->UnlinkAt(fd.get(), name.c_str()) != 0 && errno != ENOENT) {
    return FileError(name, "removing");
  }
  return {};
}

Result<UniqueFd> VaultFolder::Lock(const std::string& name, std::string_view what,
                                   int64_t wait_ms) const {
  ASSIGN_OR_RETURN(UniqueFd lock, OpenFile(name, O_RDWR | O_CREAT));
  const int64_t deadline_us = SystemClock().MonotonicMicros() + wait_ms * 1000;
  while (ops->Lock(lock.get()) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return FileError(name, "locking");
    if (SystemClock().MonotonicMicros() >= deadline_us) {
      return MakeError(ErrorCode::kUnavailable,
                       "{} in '{}' is in use by another weir{}; wait for it to end, or use another "
                       "state folder",
                       what, path, HolderOf(*this, lock));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  // Only a help for others: that it can not be written changes nothing.
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (ops->Truncate(lock.get(), 0) == 0) (void)Write(lock, name, 0, pid);
  return lock;
}

Result<std::vector<uint64_t>> VaultFolder::BucketNumbers(DataClass data_class) const {
  const std::string name(DataClassName(data_class));
  std::vector<uint64_t> numbers;
  Result<UniqueFd> opened = OpenFile(name, O_RDONLY | O_DIRECTORY);
  if (!opened && opened.error().code == ErrorCode::kNotFound) return numbers;
  if (!opened) return MakeError(opened.error());
  const std::unique_ptr<DIR, CloseFolder> entries(::fdopendir(opened->get()));
  if (!entries) return FileError(name, "listing");
  opened->release();  // closedir closes it
  for (errno = 0; const dirent* entry = ::readdir(entries.get()); errno = 0) {
    if (const auto number = BucketNumberOf(entry->d_name)) numbers.push_back(*number);
  }
  if (errno != 0) return FileError(name, "listing");
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

}  // namespace weir::vault
