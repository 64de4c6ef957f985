#include "platform/process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "platform/files.h"
#include "platform/pipe.h"

namespace weir::platform {
namespace {

// How long the kernel gets to let a process die after SIGKILL before we stop waiting for it.
constexpr int64_t kDeathUs = 2'000'000;
constexpr size_t kReadBytes = 65536;
// What a stand-in adds to the number of the signal that ended the program.
constexpr int kSignalCode = 128;

struct Pipe {
  UniqueFd read, write;
};

Result<Pipe> MakePipe() {
  std::array<int, 2> fds;
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) return MakeError(SystemError(errno, "making a pipe"));
  return Pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// ---- between fork and exec: async-signal-safe calls only, nothing is allocated ----

// What went wrong in the child, as it is sent back through the error pipe.
struct ChildFailure {
  enum Step : int { kSetUp, kLimits, kFolder, kHook, kExec };
  int step = kSetUp;
  int error_number = 0;
  int hook_step = 0;
};

// Everything the child needs, made before the fork.
struct ChildPlan {
  std::vector<char*> argv;  // null-terminated
  std::vector<char*> envp;  // null-terminated
  // By child number: stdin, stdout, stderr, passed, the error pipe, those of the hook.
  std::vector<PassedFd> fds;
  size_t error_index = 0;     // of the error pipe in fds; it and all after it are closed by exec
  std::vector<int> lifted;    // scratch, one for each of fds
  std::vector<int> hook_fds;  // child numbers
  const ChildHook* hook = nullptr;
  uint64_t namespaces = 0;
  int cwd_fd = -1;
  bool new_session = false;
  ChildLimits limits;
  pid_t parent = 0;

  const PassedFd& error_pipe() const { return fds[error_index]; }
};

[[noreturn]] void Fail(int error_fd, ChildFailure::Step step, int hook_step = 0) {
  const ChildFailure failure{step, errno, hook_step};
  [[maybe_unused]] const ssize_t n = ::write(error_fd, &failure, sizeof(failure));
  ::_exit(127);
}

// Handlers are ours and gone after exec; what we ignore must not stay ignored there.
void ResetSignals() {
  for (int number = 1; number < NSIG; ++number) {
    if (number != SIGKILL && number != SIGSTOP) ::signal(number, SIG_DFL);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Puts every descriptor at its number and closes all others. First all are lifted above the highest
// number in use, so that none is overwritten before it is copied.
bool PlaceFds(ChildPlan& plan) {
  const int top = plan.fds.back().child_fd + 1;
  for (size_t i = 0; i < plan.fds.size(); ++i) {
    plan.lifted[i] = ::fcntl(plan.fds[i].fd, F_DUPFD, top);
    if (plan.lifted[i] < 0) return false;
  }
  for (size_t i = 0; i < plan.fds.size(); ++i) {
    const int flags = i >= plan.error_index ? O_CLOEXEC : 0;
    if (::dup3(plan.lifted[i], plan.fds[i].child_fd, flags) < 0) return false;
  }
  unsigned next = 0;
  for (const PassedFd& passed : plan.fds) {
    const auto number = static_cast<unsigned>(passed.child_fd);
    if (number > next && ::close_range(next, number - 1, 0) != 0) return false;
    next = number + 1;
  }
  return ::close_range(next, UINT_MAX, 0) == 0;
}

bool SetLimit(__rlimit_resource_t resource, const std::optional<uint64_t>& value) {
  if (!value) return true;
  struct rlimit limit;
  if (::getrlimit(resource, &limit) != 0) return false;
  limit.rlim_max = std::min<rlim_t>(limit.rlim_max, *value);  // ours may be stricter already
  limit.rlim_cur = limit.rlim_max;
  return ::setrlimit(resource, &limit) == 0;
}

bool SetLimits(const ChildLimits& limits) {
  return SetLimit(RLIMIT_CORE, 0) && SetLimit(RLIMIT_CPU, limits.cpu_seconds) &&
         SetLimit(RLIMIT_AS, limits.address_space_bytes) &&
         SetLimit(RLIMIT_DATA, limits.data_bytes) && SetLimit(RLIMIT_FSIZE, limits.file_bytes) &&
         SetLimit(RLIMIT_NOFILE, limits.open_files) && SetLimit(RLIMIT_NPROC, limits.processes);
}

// Whether the parent died before PR_SET_PDEATHSIG could tell.
bool ParentIsGone(const ChildPlan& plan) {
  if (plan.namespaces == 0) return ::getppid() != plan.parent;
  // A new process id namespace shows no parent, but then nobody is left to read the error pipe.
  struct pollfd pipe = {plan.error_pipe().child_fd, 0, 0};
  return ::poll(&pipe, 1, 0) > 0 && (pipe.revents & POLLERR) != 0;
}

[[noreturn]] void RunChild(ChildPlan& plan) {
  // First, because the folder's descriptor is not among those that stay.
  const int moved = plan.cwd_fd >= 0 ? ::fchdir(plan.cwd_fd) : ::chdir("/");
  if (moved != 0) Fail(plan.error_pipe().fd, ChildFailure::kFolder);
  if (!PlaceFds(plan)) {
    const int lifted = plan.lifted[plan.error_index];
    Fail(lifted >= 0 ? lifted : plan.error_pipe().fd, ChildFailure::kSetUp);
  }
  const int error_fd = plan.error_pipe().child_fd;
  const bool has_group = plan.new_session ? ::setsid() >= 0 : ::setpgid(0, 0) == 0;
  if (!has_group) Fail(error_fd, ChildFailure::kSetUp);
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) Fail(error_fd, ChildFailure::kSetUp);
  if (ParentIsGone(plan)) ::_exit(127);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) Fail(error_fd, ChildFailure::kSetUp);
  if (!SetLimits(plan.limits)) Fail(error_fd, ChildFailure::kLimits);
  ResetSignals();
  if (plan.hook != nullptr) {
    const int step = plan.hook->Run(plan.hook_fds.data(), error_fd);
    if (step != 0) Fail(error_fd, ChildFailure::kHook, step);
  }
  ::execve(plan.argv[0], plan.argv.data(), plan.envp.data());
  Fail(error_fd, ChildFailure::kExec);
}

// ---- the parent's side ----

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  // execve takes char* for historical reasons and does not write to them.
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

Status CheckOptions(const ChildOptions& options) {
  if (options.argv.empty() || options.argv[0].empty()) {
    return MakeError(ErrorCode::kInvalidArgument, "a child process needs a program to run");
  }
  for (const auto* list : {&options.argv, &options.env}) {
    for (const std::string& text : *list) {
      if (text.find('\0') == std::string::npos) continue;
      return MakeError(ErrorCode::kInvalidArgument, "an argument of '{}' holds a NUL byte",
                       options.argv[0]);
    }
  }
  return {};
}

Status AddPassedFds(const ChildOptions& options, ChildPlan& plan) {
  std::vector<PassedFd> passed = options.pass_fds;
  std::sort(passed.begin(), passed.end(),
            [](const PassedFd& a, const PassedFd& b) { return a.child_fd < b.child_fd; });
  for (const PassedFd& fd : passed) {
    if (fd.child_fd <= plan.fds.back().child_fd || fd.fd < 0) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "file descriptor {} can not be number {} of a child; numbers are 3 or more "
                       "and each is given once",
                       fd.fd, fd.child_fd);
    }
    plan.fds.push_back(fd);
  }
  return {};
}

// The error pipe after the last descriptor that stays, then those of the hook.
void AddOwnFds(const ChildOptions& options, int error_fd, ChildPlan& plan) {
  int next = plan.fds.back().child_fd + 1;
  plan.error_index = plan.fds.size();
  plan.fds.push_back({error_fd, next++});
  if (options.hook != nullptr) {
    plan.hook = options.hook;
    plan.namespaces = options.hook->namespaces();
    for (const int fd : options.hook->fds()) {
      plan.hook_fds.push_back(next);
      plan.fds.push_back({fd, next++});
    }
  }
  plan.lifted.assign(plan.fds.size(), -1);
}

// The raw call where there are namespaces, because glibc has no fork into them. What fork() repairs
// in the child (malloc, stdio, threads) is not used there in either case.
pid_t ForkInto(uint64_t namespaces) {
  if (namespaces == 0) return ::fork();
  return static_cast<pid_t>(::syscall(SYS_clone, namespaces | SIGCHLD, 0, 0, 0, 0));
}

// Forks with all signals blocked, so that none of our handlers runs in the child.
pid_t ForkChild(ChildPlan& plan) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  plan.parent = ::getpid();
  const pid_t pid = ForkInto(plan.namespaces);
  if (pid == 0) RunChild(plan);
  const int error_number = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error_number;
  return pid;
}

// Waits until the child has executed its program (end of file) or says why it could not.
Status AwaitExec(const UniqueFd& error_pipe, const ChildOptions& options) {
  const std::string& program = options.argv[0];
  ChildFailure failure;
  ssize_t n = 0;
  do {
    n = ::read(error_pipe.get(), &failure, sizeof(failure));
  } while (n < 0 && errno == EINTR);
  if (n == 0) return {};
  if (n != sizeof(failure)) {
    return MakeError(ErrorCode::kInternal, "no word from the start of '{}'", program);
  }
  switch (failure.step) {
    case ChildFailure::kExec:
      return MakeError(SystemError(failure.error_number, fmt::format("program '{}'", program)));
    case ChildFailure::kFolder:
      return MakeError(SystemError(failure.error_number, "the folder to start in"));
    case ChildFailure::kLimits:
      return MakeError(SystemError(failure.error_number, "resource limits"));
    case ChildFailure::kHook:
      return MakeError(options.hook->Explain(failure.hook_step, failure.error_number));
    default:
      return MakeError(SystemError(failure.error_number, fmt::format("starting '{}'", program)));
  }
}

constexpr std::string_view kChild = "the child process";

}  // namespace

std::string ExitStatus::ToString() const {
  if (!signalled) return fmt::format("exit code {}", code);
  const char* name = ::sigdescr_np(code);
  return fmt::format("signal {} ({})", code, name != nullptr ? name : "unknown");
}

ChildProcess::ChildProcess(pid_t pid, UniqueFd pidfd, UniqueFd to_child, UniqueFd from_child)
    : pid_(pid),
      pidfd_(std::move(pidfd)),
      to_child_(std::move(to_child)),
      from_child_(std::move(from_child)) {}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)),
      to_child_(std::move(other.to_child_)),
      from_child_(std::move(other.from_child_)),
      has_stand_in_(other.has_stand_in_),
      status_(std::exchange(other.status_, std::nullopt)),
      buffer_(std::move(other.buffer_)),
      searched_(other.searched_),
      overlong_(other.overlong_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this == &other) return *this;
  (void)Kill(0);
  pid_ = std::exchange(other.pid_, -1);
  pidfd_ = std::move(other.pidfd_);
  to_child_ = std::move(other.to_child_);
  from_child_ = std::move(other.from_child_);
  has_stand_in_ = other.has_stand_in_;
  status_ = std::exchange(other.status_, std::nullopt);
  buffer_ = std::move(other.buffer_);
  searched_ = other.searched_;
  overlong_ = other.overlong_;
  return *this;
}

ChildProcess::~ChildProcess() { (void)Kill(0); }

Result<ChildProcess> ChildProcess::Spawn(const ChildOptions& options) {
  RETURN_IF_ERROR(CheckOptions(options));
  ASSIGN_OR_RETURN(Pipe input, MakePipe());
  ASSIGN_OR_RETURN(Pipe output, MakePipe());
  ASSIGN_OR_RETURN(Pipe failure, MakePipe());
  UniqueFd null;
  if (options.stderr_fd < 0) null = UniqueFd(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  const int stderr_fd = options.stderr_fd < 0 ? null.get() : options.stderr_fd;

  ChildPlan plan;
  plan.argv = Pointers(options.argv);
  plan.envp = Pointers(options.env);
  plan.fds = {{input.read.get(), 0}, {output.write.get(), 1}, {stderr_fd, 2}};
  RETURN_IF_ERROR(AddPassedFds(options, plan));
  plan.limits = options.limits;
  plan.cwd_fd = options.cwd_fd;
  plan.new_session = options.new_session;
  AddOwnFds(options, failure.write.get(), plan);

  const pid_t pid = ForkChild(plan);
  if (pid < 0 && plan.namespaces != 0) return MakeError(options.hook->Explain(0, errno));
  if (pid < 0) return MakeError(SystemError(errno, "starting a process"));
  UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  input.read.reset();
  output.write.reset();
  failure.write.reset();
  // From here on the destructor kills and reaps on every way out.
  ChildProcess child(pid, std::move(pidfd), std::move(input.write), std::move(output.read));
  child.has_stand_in_ = options.has_stand_in;
  RETURN_IF_ERROR(AwaitExec(failure.read, options));
  if (!child.pidfd_.valid()) return MakeError(SystemError(errno, "a handle for a child process"));
  RETURN_IF_ERROR(SetNonBlocking(child.to_child_.get(), kChild));
  RETURN_IF_ERROR(SetNonBlocking(child.from_child_.get(), kChild));
  return child;
}

Status ChildProcess::Write(std::string_view bytes, int64_t deadline_us,
                           const std::stop_token& stop) {
  if (!to_child_.valid() && !bytes.empty()) {
    return MakeError(ErrorCode::kUnavailable, "the child process's input is closed");
  }
  while (!bytes.empty()) {
    ASSIGN_OR_RETURN(const size_t n, WriteSome(to_child_.get(), bytes, kChild, deadline_us, stop));
    bytes.remove_prefix(n);
  }
  return {};
}

void ChildProcess::CloseStdin() { to_child_.reset(); }

UniqueFd ChildProcess::TakeStdin() { return std::move(to_child_); }

UniqueFd ChildProcess::TakeStdout() { return std::move(from_child_); }

Result<std::string> ChildProcess::ReadLine(size_t max_bytes, int64_t deadline_us,
                                           const std::stop_token& stop) {
  for (;;) {
    const size_t newline = buffer_.find('\n', searched_);
    const size_t length = newline == std::string::npos ? buffer_.size() : newline;
    if (overlong_ || length > max_bytes) {
      overlong_ = true;
      return MakeError(ErrorCode::kResourceExhausted,
                       "the child process wrote a line of more than {} bytes", max_bytes);
    }
    if (newline != std::string::npos) {
      std::string line = buffer_.substr(0, newline);
      buffer_.erase(0, newline + 1);
      searched_ = 0;
      return line;
    }
    searched_ = buffer_.size();
    if (!from_child_.valid()) {
      return MakeError(ErrorCode::kUnavailable, "the child process ended its output");
    }
    std::array<char, kReadBytes> chunk;
    ASSIGN_OR_RETURN(const size_t n, ReadSome(from_child_.get(), chunk, kChild, deadline_us, stop));
    buffer_.append(chunk.data(), n);
    if (n == 0) from_child_.reset();
  }
}

// The child has ended. Until it is reaped its number, and so its group's, can not be anyone else's:
// what is left of the group is killed first.
Result<ExitStatus> ChildProcess::Reap() {
  ::kill(-pid_, SIGKILL);
  int raw = 0;
  pid_t reaped = 0;
  do {
    reaped = ::waitpid(pid_, &raw, 0);
  } while (reaped < 0 && errno == EINTR);
  to_child_.reset();
  if (reaped != pid_) {
    status_ = ExitStatus{true, 0};
    return MakeError(SystemError(errno, "reaping a child process"));
  }
  const bool signalled = WIFSIGNALED(raw);
  status_ = ExitStatus{signalled, signalled ? WTERMSIG(raw) : WEXITSTATUS(raw)};
  const int number = status_->code - kSignalCode;
  if (has_stand_in_ && !signalled && number > 0 && number < NSIG)
    status_ = ExitStatus{true, number};
  return *status_;
}

Result<ExitStatus> ChildProcess::Wait(int64_t deadline_us, const std::stop_token& stop) {
  CHECK(pid_ > 0);
  if (status_) return *status_;
  RETURN_IF_ERROR(AwaitReady(pidfd_.get(), POLLIN, kChild, deadline_us, stop));
  return Reap();
}

Result<ExitStatus> ChildProcess::Kill(int64_t grace_us) {
  if (pid_ <= 0) return MakeError(ErrorCode::kInvalidArgument, "no child process to kill");
  if (status_) return *status_;
  const Clock& clock = SystemClock();
  if (grace_us > 0) {
    ::kill(-pid_, SIGTERM);
    // Both to be ended by it and to be waited for needs a running process, not a stopped one.
    ::kill(-pid_, SIGCONT);
    if (AwaitReady(pidfd_.get(), POLLIN, kChild, clock.MonotonicMicros() + grace_us)) return Reap();
  }
  ::kill(-pid_, SIGKILL);
  // Without a handle (no pidfd_open) there is nothing to poll; SIGKILL can not be refused.
  if (pidfd_.valid()) {
    RETURN_IF_ERROR(AwaitReady(pidfd_.get(), POLLIN, kChild, clock.MonotonicMicros() + kDeathUs));
  }
  return Reap();
}

}  // namespace weir::platform
