#include "platform/pipe.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "platform/files.h"

namespace weir::platform {
namespace {

// Blocks SIGPIPE for this thread while it lives and takes away one that a write caused, so that a
// closed pipe is an error value and never a signal, whatever the process does about SIGPIPE.
class SigpipeGuard {
 public:
  SigpipeGuard() {
    sigset_t pending;
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~SigpipeGuard() {
    const struct timespec at_once = {0, 0};
    if (!was_pending_) {
      while (::sigtimedwait(&pipe_, nullptr, &at_once) < 0 && errno == EINTR) {
      }
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SigpipeGuard(const SigpipeGuard&) = delete;
  SigpipeGuard& operator=(const SigpipeGuard&) = delete;

 private:
  sigset_t pipe_, before_;
  bool was_pending_ = false;
};

// Wakes a poll when a stop is requested.
class StopWatch {
 public:
  explicit StopWatch(const std::stop_token& stop)
      : wake_(stop.stop_possible() ? ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1),
        callback_(stop, Wake{wake_.get()}) {}
  int fd() const { return wake_.get(); }

 private:
  struct Wake {
    int fd;
    void operator()() const {
      const uint64_t one = 1;
      if (fd >= 0) [[maybe_unused]]
        const ssize_t n = ::write(fd, &one, sizeof(one));
    }
  };
  UniqueFd wake_;
  std::stop_callback<Wake> callback_;
};

}  // namespace

Status SetNonBlocking(int fd, std::string_view peer) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags >= 0 && ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0) return {};
  return MakeError(SystemError(errno, fmt::format("a pipe to {}", peer)));
}

Status AwaitReady(int fd, short events, std::string_view peer, int64_t deadline_us,
                  const std::stop_token& stop) {
  const StopWatch watch(stop);
  for (;;) {
    if (stop.stop_requested()) return MakeError(ErrorCode::kCancelled, "stopped");
    std::array<struct pollfd, 2> fds = {{{fd, events, 0}, {watch.fd(), POLLIN, 0}}};
    const int64_t left_us = deadline_us - SystemClock().MonotonicMicros();
    const int64_t left_ms = left_us <= 0 ? 0 : std::min<int64_t>(left_us / 1000 + 1, INT_MAX);
    const int n = ::poll(fds.data(), fds.size(), static_cast<int>(left_ms));
    if (n < 0 && errno != EINTR) {
      return MakeError(SystemError(errno, fmt::format("waiting for {}", peer)));
    }
    if (n > 0 && fds[0].revents != 0) return {};
    if (n == 0 && left_us <= 0) {
      return MakeError(ErrorCode::kDeadlineExceeded, "{} took too long", peer);
    }
  }
}

Result<size_t> WriteSome(int fd, std::string_view bytes, std::string_view peer, int64_t deadline_us,
                         const std::stop_token& stop) {
  const SigpipeGuard guard;
  for (;;) {
    RETURN_IF_ERROR(AwaitReady(fd, POLLOUT, peer, deadline_us, stop));
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n >= 0) return static_cast<size_t>(n);
    if (errno == EPIPE) {
      return MakeError(ErrorCode::kUnavailable, "{} no longer reads its input", peer);
    }
    if (errno != EAGAIN && errno != EINTR) {
      return MakeError(SystemError(errno, fmt::format("writing to {}", peer)));
    }
  }
}

Result<size_t> ReadSome(int fd, std::span<char> buffer, std::string_view peer, int64_t deadline_us,
                        const std::stop_token& stop) {
  for (;;) {
    RETURN_IF_ERROR(AwaitReady(fd, POLLIN, peer, deadline_us, stop));
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n >= 0) return static_cast<size_t>(n);
    if (errno != EAGAIN && errno != EINTR) {
      return MakeError(SystemError(errno, fmt::format("reading from {}", peer)));
    }
  }
}

}  // namespace weir::platform
