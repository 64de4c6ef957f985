#pragma once
// A child process that can not outlive us, see more than it is given, or hold us up.
//
// It runs in a process group of its own with an exact environment, only the file descriptors named
// here, no_new_privs, no core dumps and the wanted limits; SIGKILL comes when the thread that
// started it ends (PR_SET_PDEATHSIG), so start it from a thread that lives as long as the child
// shall. Killing hits the whole group. A descendant that leaves the group (setsid) is not caught
// here: that takes a PID namespace, which a ChildHook can ask for (sandbox/ does).
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
  std::optional<uint64_t> processes;  // of the user, threads counted; never holds for root
};

// Work in the child between fork and exec that Spawn does not know of, such as a sandbox. All that
// it needs is prepared before the fork. Borrowed by Spawn for the time of the call.
class ChildHook {
 public:
  ChildHook() = default;
  ChildHook(const ChildHook&) = delete;
  ChildHook& operator=(const ChildHook&) = delete;
  virtual ~ChildHook() = default;

  // CLONE_NEW* flags: the namespaces that the child is born into. 0: an ordinary fork.
  virtual uint64_t namespaces() const = 0;
  // Descriptors of ours that Run needs; closed by exec.
  virtual std::vector<int> fds() const = 0;
  // In the child, after everything else and right before exec. Only async-signal-safe calls; no
  // allocation, no lock. `fds` are the numbers of fds() there. `error_fd` is closed by exec; a
  // process that stays without exec must close it. Returns 0 to go on, or a number above 0 for what
  // did not work, with errno set: the child ends and Spawn returns Explain of the two.
  virtual int Run(const int* fds, int error_fd) const noexcept = 0;
  // The error for a step of Run; step 0 is the fork into the namespaces.
  virtual Error Explain(int step, int error_number) const = 0;
};

struct ChildOptions {
  std::vector<std::string> argv;   // argv[0] is the path of the program; PATH is not searched
  std::vector<std::string> env;    // "NAME=value"; exactly these
  std::vector<PassedFd> pass_fds;  // besides 0, 1 and 2
  int cwd_fd = -1;                 // an open directory, or -1 for "/"
  int stderr_fd = -1;              // -1: /dev/null
  ChildLimits limits;
  bool new_session = false;  // also a session of its own: no controlling terminal
  // The direct child only stands in for the program: its exit code 128+N says that the program was
  // ended by signal N, as in a shell.
  bool has_stand_in = false;
  const ChildHook* hook = nullptr;
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

  // Our ends of its pipes, not blocking, for who reads and writes by itself; invalid when closed or
  // taken already. Write, CloseStdin and ReadLine then find them closed (kUnavailable). What
  // ReadLine has read but not returned stays behind: take before the first ReadLine.
  UniqueFd TakeStdin();
  UniqueFd TakeStdout();

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
  bool has_stand_in_ = false;
  std::optional<ExitStatus> status_;
  std::string buffer_;     // read, not yet returned
  size_t searched_ = 0;    // bytes of buffer_ known to hold no newline
  bool overlong_ = false;  // a line was longer than allowed
};

}  // namespace weir::platform
