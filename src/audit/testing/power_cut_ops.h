#pragma once
// FileOps on real files that know what a power cut would leave of the log: the bytes of the last
// SyncData, nothing written after it. Syncs take a while, as those of a disk do. Any thread.

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>

#include "platform/file_ops.h"

namespace weir::audit {

class PowerCutOps : public platform::FileOps {
 public:
  explicit PowerCutOps(std::chrono::microseconds sync_time) : sync_time_(sync_time) {}

  // Bytes of the log that are on the "disk".
  std::string durable() const {
    const std::lock_guard lock(mutex_);
    return durable_;
  }
  int n_syncs() const { return n_syncs_; }

  int OpenAt(int folder_fd, const char* name, int flags, mode_t mode) override {
    return real_.OpenAt(folder_fd, name, flags, mode);
  }
  ssize_t PRead(int fd, void* bytes, size_t n, int64_t offset) override {
    return real_.PRead(fd, bytes, n, offset);
  }
  ssize_t PWrite(int fd, const void* bytes, size_t n, int64_t offset) override {
    return real_.PWrite(fd, bytes, n, offset);
  }
  int SyncData(int fd) override {
    // What is written while the sync is under way may or may not be in it: here it is not.
    std::string bytes(static_cast<size_t>(real_.Size(fd)), '\0');
    if (real_.PRead(fd, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
      return -1;
    }
    std::this_thread::sleep_for(sync_time_);
    ++n_syncs_;
    const std::lock_guard lock(mutex_);
    durable_ = std::move(bytes);
    return 0;
  }
  int Sync(int fd) override { return real_.Sync(fd); }
  int Truncate(int fd, int64_t size) override { return real_.Truncate(fd, size); }
  int64_t Size(int fd) override { return real_.Size(fd); }
  int RenameAt(int folder_fd, const char* from, const char* to) override {
    return real_.RenameAt(folder_fd, from, to);
  }
  int UnlinkAt(int folder_fd, const char* name) override { return real_.UnlinkAt(folder_fd, name); }
  int Lock(int fd) override { return real_.Lock(fd); }

 private:
  platform::FileOps& real_ = platform::SystemFileOps();
  const std::chrono::microseconds sync_time_;
  std::atomic<int> n_syncs_ = 0;
  mutable std::mutex mutex_;
  std::string durable_;
};

}  // namespace weir::audit
