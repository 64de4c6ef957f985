#pragma once
// FileOps that let the N-th operation go wrong, or end the process there. One thread at a time.

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "platform/file_ops.h"

namespace weir::vault {

class FaultyFileOps : public platform::FileOps {
 public:
  enum class Fault {
    kNone,
    kFails,          // the N-th operation and all later ones fail
    kFailsOnce,      // only the N-th
    kHalfThenFails,  // the N-th, if it writes, writes half; it and all later ones fail
    kDies,           // SIGKILL instead of the N-th
    kHalfThenDies,   // the N-th, if it writes, writes half; then SIGKILL
  };

  FaultyFileOps() = default;
  FaultyFileOps(Fault fault, int n, int error_number = ENOSPC)
      : fault_(fault), n_(n), error_number_(error_number) {}

  // Operations so far.
  int count() const { return count_; }
  // Whether the fault was reached.
  bool fired() const { return fault_ != Fault::kNone && count_ >= n_; }

  int OpenAt(int folder_fd, const char* name, int flags, mode_t mode) override {
    return Fails() ? -1 : platform::SystemFileOps().OpenAt(folder_fd, name, flags, mode);
  }
  ssize_t PRead(int fd, void* bytes, size_t n, int64_t offset) override {
    return Fails() ? -1 : platform::SystemFileOps().PRead(fd, bytes, n, offset);
  }
  ssize_t PWrite(int fd, const void* bytes, size_t n, int64_t offset) override {
    const bool halves = fault_ == Fault::kHalfThenFails || fault_ == Fault::kHalfThenDies;
    if (halves && count_ + 1 == n_) {
      (void)platform::SystemFileOps().PWrite(fd, bytes, std::max<size_t>(n / 2, 1), offset);
    }
    return Fails() ? -1 : platform::SystemFileOps().PWrite(fd, bytes, n, offset);
  }
  int SyncData(int fd) override { return Fails() ? -1 : platform::SystemFileOps().SyncData(fd); }
  int Sync(int fd) override { return Fails() ? -1 : platform::SystemFileOps().Sync(fd); }
  int Truncate(int fd, int64_t size) override {
    return Fails() ? -1 : platform::SystemFileOps().Truncate(fd, size);
  }
  int64_t Size(int fd) override { return Fails() ? -1 : platform::SystemFileOps().Size(fd); }
  int RenameAt(int folder_fd, const char* from, const char* to) override {
    return Fails() ? -1 : platform::SystemFileOps().RenameAt(folder_fd, from, to);
  }
  int UnlinkAt(int folder_fd, const char* name) override {
    return Fails() ? -1 : platform::SystemFileOps().UnlinkAt(folder_fd, name);
  }
  int Lock(int fd) override { return Fails() ? -1 : platform::SystemFileOps().Lock(fd); }

 private:
  // Counts the operation and says whether it fails.
  bool Fails() {
    ++count_;
    if (fault_ == Fault::kNone || count_ < n_) return false;
    if (fault_ == Fault::kFailsOnce && count_ > n_) return false;
    if (fault_ == Fault::kDies || fault_ == Fault::kHalfThenDies) ::kill(::getpid(), SIGKILL);
    errno = error_number_;
    return true;
  }

  Fault fault_ = Fault::kNone;
  int n_ = 0;
  int error_number_ = ENOSPC;
  int count_ = 0;
};

}  // namespace weir::vault
