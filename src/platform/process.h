#pragma once
// A child process that can not outlive us, see more than it is given, or hold us up.
//
// It runs in a process group of its own with an exact environment, only the file descriptors named
// here, no_new_privs, no core dumps and the wanted limits; SIGKILL comes when the thread that
// started it ends (PR_SET_PDEATHSIG), so start it from a thread that lives as long as the child
// shall. Killing hits the whole group. A descendant that leaves the group (setsid) is not caught
// here: that takes a PID namespace.
//
// All waiting is bounded by a deadline in microseconds of Clock::MonotonicMicros (SystemClock), and
// ends early with kCancelled on a stop. Thread rule: one thread at a time.

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::platform {

struct PassedFd {
  int fd = -1;        // ours; stays open here
  int child_fd = -1;  // its number in the child, 3 or more
};

// Empty: inherited from us.
struct ChildLimits {
  std::optional<uint64_t> cpu_seconds;
  std::optional<uint64_t> address_space_bytes;
  std::optional<uint64_t> file_bytes;  // of one file written
  std::optional<uint64_t> open_files;
};

struct ChildOptions {
  std::vector<std::string> argv;   // argv[0] is the path of the program; PATH is not searched
  std::vector<std::string> env;    // "NAME=value"; exactly these
  std::vector<PassedFd> pass_fds;  // besides 0, 1 and 2
  int cwd_fd = -1;                 // an open directory, or -1 for "/"
  int stderr_fd = -1;              // -1: /dev/null
  ChildLimits limits;
};

// How a child ended.
struct ExitStatus {
  bool signalled = false;
  int code = 0;  // exit code, or the signal's number

  bool ok() const { return !signalled && code == 0; }
  // "exit code 3", "signal 9 (Killed)".
  std::string ToString() const;
};

class ChildProcess {
 public:
  // Starts the program with pipes at its stdin and stdout. Errors: kNotFound, kPermissionDenied,
  // kResourceExhausted; also when the program itself can not be executed.
  static Result<ChildProcess> Spawn(const ChildOptions& options);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  // Kills the group at once and reaps.
  ~ChildProcess();

  // Writes all of `bytes` to the child's stdin. Errors: kUnavailable when it has closed its end
  // (never a SIGPIPE), kDeadlineExceeded, kCancelled; part of the bytes may have been written then.
  Status Write(std::string_view bytes, int64_t deadline_us, const std::stop_token& stop = {});
  // The child reads end of file after what was written.
  void CloseStdin();

  // The next line of its stdout, without the newline. Errors: kUnavailable at the end of its output
  // (bytes without a final newline are dropped), kResourceExhausted when a line is longer than
  // max_bytes (every further read says the same), kDeadlineExceeded, kCancelled.
  Result<std::string> ReadLine(size_t max_bytes, int64_t deadline_us,
                               const std::stop_token& stop = {});

  // Waits for its end without killing; what is left of its group is killed once it has ended.
  Result<ExitStatus> Wait(int64_t deadline_us, const std::stop_token& stop = {});

  // SIGTERM to the group, `grace_us` for the child to end, then SIGKILL to the group; reaps. Gone
  // within the grace plus a moment. A second call returns the same status. Error only if the system
  // does not let the child die (kDeadlineExceeded).
  Result<ExitStatus> Kill(int64_t grace_us = 500'000);

  // True once it has been reaped.
  bool ended() const { return status_.has_value(); }
  pid_t pid() const { return pid_; }
  int pidfd() const { return pidfd_.get(); }

 private:
  ChildProcess(pid_t pid, UniqueFd pidfd, UniqueFd to_child, UniqueFd from_child);
  Result<ExitStatus> Reap();

  pid_t pid_ = -1;  // also the process group; -1 when moved from
  UniqueFd pidfd_;
  UniqueFd to_child_;
  UniqueFd from_child_;
  std::optional<ExitStatus> status_;
  std::string buffer_;     // read, not yet returned
  size_t searched_ = 0;    // bytes of buffer_ known to hold no newline
  bool overlong_ = false;  // a line was longer than allowed
};

}  // namespace weir::platform
