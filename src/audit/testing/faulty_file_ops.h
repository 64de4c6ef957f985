#pragma once
// FileOps that let the N-th operation go wrong. For tests of everything that must not act when the
// audit log can not be written. One thread at a time.

#include <algorithm>
#include <cerrno>

#include "platform/file_ops.h"

namespace weir::audit {

class FaultyFileOps : public platform::FileOps {
 public:
  enum class Fault {
    kOnce,           // the N-th operation fails, later ones work
    kFromThenOn,     // the N-th and all later ones fail
    kShortOnce,      // the N-th, if it writes, writes only half; that is no error
    kHalfThenFails,  // the N-th, if it writes, writes half; it and all later ones fail
  };

  // Fails with `error_number` at operation `n` (1 is the first); 0 never fails.
  FaultyFileOps(Fault fault, int n, int error_number = ENOSPC)
      : fault_(fault), n_(n), error_number_(error_number) {}

  // Operations so far.
  int count() const { return count_; }
  // Whether the fault was reached.
  bool fired() const { return n_ > 0 && count_ >= n_; }
  // From now on operation `n`, counted anew, fails.
  void Arm(Fault fault, int n, int error_number = ENOSPC) {
    fault_ = fault;
    n_ = n;
    error_number_ = error_number;
    count_ = 0;
  }

  int OpenAt(int folder_fd, const char* name, int flags, mode_t mode) override {
    return Fails() ? -1 : platform::SystemFileOps().OpenAt(folder_fd, name, flags, mode);
  }
  ssize_t PRead(int fd, void* bytes, size_t n, int64_t offset) override {
    return Fails() ? -1 : platform::SystemFileOps().PRead(fd, bytes, n, offset);
  }
  ssize_t PWrite(int fd, const void* bytes, size_t n, int64_t offset) override {
    const bool halves = fault_ == Fault::kShortOnce || fault_ == Fault::kHalfThenFails;
    const bool now = count_ + 1 == n_;
    if (halves && now) n = std::max<size_t>(n / 2, 1);
    ssize_t written = -1;
    if (halves && now) written = platform::SystemFileOps().PWrite(fd, bytes, n, offset);
    if (Fails()) return -1;
    return now && halves ? written : platform::SystemFileOps().PWrite(fd, bytes, n, offset);
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
    if (n_ == 0 || count_ < n_ || fault_ == Fault::kShortOnce) return false;
    if (fault_ == Fault::kOnce && count_ > n_) return false;
    errno = error_number_;
    return true;
  }

  Fault fault_;
  int n_;
  int error_number_;
  int count_ = 0;
};

}  // namespace weir::audit
