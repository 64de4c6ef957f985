#include "platform/file_ops.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weir::platform {
namespace {

class RealFileOps : public FileOps {
 public:
  int OpenAt(int folder_fd, const char* name, int flags, mode_t mode) override {
    return ::openat(folder_fd, name, flags, mode);
  }
  ssize_t PRead(int fd, void* bytes, size_t n, int64_t offset) override {
    return ::pread(fd, bytes, n, offset);
  }
  ssize_t PWrite(int fd, const void* bytes, size_t n, int64_t offset) override {
    return ::pwrite(fd, bytes, n, offset);
  }
  int SyncData(int fd) override { return ::fdatasync(fd); }
  int Sync(int fd) override { return ::fsync(fd); }
  int Truncate(int fd, int64_t size) override { return ::ftruncate(fd, size); }
  int64_t Size(int fd) override {
    struct stat info;
    return ::fstat(fd, &info) == 0 ? info.st_size : -1;
  }
  int RenameAt(int folder_fd, const char* from, const char* to) override {
    return ::renameat(folder_fd, from, folder_fd, to);
  }
  int UnlinkAt(int folder_fd, const char* name) override { return ::unlinkat(folder_fd, name, 0); }
  int Lock(int fd) override { return ::flock(fd, LOCK_EX | LOCK_NB); }
};

}  // namespace

FileOps& SystemFileOps() {
  static RealFileOps ops;
  return ops;
}

}  // namespace weir::platform
