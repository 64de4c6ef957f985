#pragma once
// The system calls by which durable stores (audit, vault) reach the disk, as an interface, so that
// tests can let any one of them go wrong or be the last. Each returns what the system call returns
// and sets errno. Any thread.

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace weir::platform {

class FileOps {
 public:
  virtual ~FileOps() = default;
  virtual int OpenAt(int folder_fd, const char* name, int flags, mode_t mode) = 0;
  virtual ssize_t PRead(int fd, void* bytes, size_t n, int64_t offset) = 0;
  virtual ssize_t PWrite(int fd, const void* bytes, size_t n, int64_t offset) = 0;
  virtual int SyncData(int fd) = 0;  // fdatasync
  virtual int Sync(int fd) = 0;      // fsync
  virtual int Truncate(int fd, int64_t size) = 0;
  virtual int64_t Size(int fd) = 0;
  virtual int RenameAt(int folder_fd, const char* from, const char* to) = 0;
  virtual int UnlinkAt(int folder_fd, const char* name) = 0;
  virtual int Lock(int fd) = 0;  // flock(LOCK_EX | LOCK_NB)
};

// The real ones. Lives for the whole process.
FileOps& SystemFileOps();

}  // namespace weir::platform
