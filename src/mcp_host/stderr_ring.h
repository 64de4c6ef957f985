#pragma once
// Keeps the last bytes of what a process writes to its stderr, so that it never waits for somebody
// to read them and an error message can quote them. One thread of its own.

#include <cstddef>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::mcp_host {

class StderrRing {
 public:
  static constexpr size_t kMaxBytes = 64 << 10;

  StderrRing() = default;
  ~StderrRing();
  StderrRing(const StderrRing&) = delete;
  StderrRing& operator=(const StderrRing&) = delete;

  // The end to give to the process; close it here once the process has started. Once.
  Result<UniqueFd> Open();
  // No more is read. What was written before the writers ended is in Last.
  void Close();

  // The last bytes so far, at most kMaxBytes. Any thread.
  std::string Last() const;
  // The last line that says something, made printable and short; empty when there is none.
  std::string LastLine() const;

 private:
  void Read(const std::stop_token& stop);

  UniqueFd pipe_;  // read end; the thread's own once it runs
  mutable std::mutex mutex_;
  std::string bytes_;  // guarded by mutex_
  std::jthread reader_;
};

}  // namespace weir::mcp_host
