#include "platform/partial_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

#include "platform/files.h"

namespace weir::platform {
namespace {

// The disk is kept busy from this many unwritten bytes on, so that the final fsync is short.
constexpr uint64_t kFlushBytes = uint64_t{32} << 20U;

bool IsFull(int error_number) { return error_number == ENOSPC || error_number == EDQUOT; }

}  // namespace

Result<PartialFile> PartialFile::Create(const std::string& path, uint64_t n_bytes) {
  struct stat info{};
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    return MakeError(ErrorCode::kInvalidArgument, "'{}' is there and is no regular file", path);
  }
  const std::string partial = path + ".partial";
  UniqueFd fd(
      ::open(partial.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644));
  if (!fd.valid()) return FileError(partial);
  PartialFile file(path, n_bytes, std::move(fd));
  if (Status locked = file.Lock(); !locked) {
    file.fd_.reset();  // somebody else's: stays where it is
    return MakeError(std::move(locked).error());
  }
  if (::ftruncate(file.fd_.get(), 0) != 0) return FileError(partial);
  RETURN_IF_ERROR(file.Reserve());
  return file;
}

PartialFile::~PartialFile() {
  if (fd_.valid()) ::unlink(PartialPath().c_str());
}

// The lock is the inode's: a writer that was just finished has renamed the one we opened.
Status PartialFile::Lock() const {
  const bool locked = ::flock(fd_.get(), LOCK_EX | LOCK_NB) == 0;
  struct stat ours{};
  struct stat named{};
  if (::fstat(fd_.get(), &ours) != 0) return FileError(PartialPath());
  if (!S_ISREG(ours.st_mode)) {
    return MakeError(ErrorCode::kInvalidArgument, "'{}' is there and is no regular file",
                     PartialPath());
  }
  const bool same = ::stat(PartialPath().c_str(), &named) == 0 && named.st_ino == ours.st_ino &&
                    named.st_dev == ours.st_dev;
  if (locked && same) return {};
  return MakeError(ErrorCode::kUnavailable, "'{}' is being written by another process",
                   PartialPath());
}

Status PartialFile::Reserve() const {
  constexpr auto kMax = static_cast<uint64_t>(std::numeric_limits<off_t>::max());
  struct statvfs disk{};
  if (::fstatvfs(fd_.get(), &disk) != 0) return FileError(PartialPath());
  if (n_bytes_ > kMax || n_bytes_ / disk.f_frsize > disk.f_bavail) return MakeError(NoRoom());
  if (n_bytes_ == 0) return {};
  // A file system that cannot reserve (EOPNOTSUPP and the like) shows a full disk while writing.
  if (::fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(n_bytes_)) != 0 &&
      (IsFull(errno) || errno == EFBIG)) {
    return IsFull(errno) ? MakeError(NoRoom()) : FileError(PartialPath());
  }
  return {};
}

Error PartialFile::NoRoom() const {
  struct statvfs disk{};
  const bool known = ::fstatvfs(fd_.get(), &disk) == 0;
  return {ErrorCode::kResourceExhausted,
          fmt::format("'{}' needs {} bytes, the disk has {} free; make room there or name another "
                      "place",
                      path_, n_bytes_, known ? uint64_t{disk.f_bavail} * disk.f_frsize : 0)};
}

Status PartialFile::Append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return IsFull(errno) ? MakeError(NoRoom()) : FileError(PartialPath());
    bytes = bytes.subspan(static_cast<size_t>(n));
    size_ += static_cast<uint64_t>(n);
  }
  if (size_ - flushed_ >= kFlushBytes) {
    // Only starts the writing. What it cannot do, the fsync reports.
    ::sync_file_range(fd_.get(), static_cast<off_t>(flushed_), static_cast<off_t>(size_ - flushed_),
                      SYNC_FILE_RANGE_WRITE);
    flushed_ = size_;
  }
  return {};
}

Status PartialFile::Commit() {
  if (::fsync(fd_.get()) != 0)
    return IsFull(errno) ? MakeError(NoRoom()) : FileError(PartialPath());
  // What was written lies in the page cache in small pages. Taken out of it, a large file is read
  // anew, in huge ones where the system has them.
  if (size_ >= kFlushBytes) ::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_DONTNEED);
  if (::rename(PartialPath().c_str(), path_.c_str()) != 0) return FileError(path_);
  fd_.reset();
  return SyncFolder(FolderOf(path_));
}

}  // namespace weir::platform
