#include "app/interrupt.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include "app/settings.h"
#include "base/check.h"

namespace weir::app {
namespace {

// Waits until one of two descriptors is readable; true for the first.
bool WaitForFirst(int first, int second) {
  std::array<pollfd, 2> fds = {{{first, POLLIN, 0}, {second, POLLIN, 0}}};
  while (::poll(fds.data(), fds.size(), -1) < 0 && errno == EINTR) {
  }
  return fds[1].revents == 0;
}

}  // namespace

Interrupt::Interrupt() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  signals_ = UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC));
  wake_ = UniqueFd(::eventfd(0, EFD_CLOEXEC));
  CHECK(signals_.valid() && wake_.valid());
  watcher_ = std::thread([this] {
    while (WaitForFirst(signals_.get(), wake_.get())) {
      signalfd_siginfo info{};
      if (::read(signals_.get(), &info, sizeof info) != sizeof info) return;
      if (source_.stop_requested()) ::_exit(kExitInterrupted);
      source_.request_stop();
    }
  });
}

Interrupt::~Interrupt() {
  const uint64_t one = 1;
  if (::write(wake_.get(), &one, sizeof one) == sizeof one) watcher_.join();
}

std::optional<std::string> ReadLine(int fd, const std::stop_token& stop) {
  const UniqueFd wake(::eventfd(0, EFD_CLOEXEC));
  const std::stop_callback on_stop(stop, [&] {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = ::write(wake.get(), &one, sizeof one);
  });
  std::string line;
  while (true) {
    if (stop.stop_requested() || !WaitForFirst(fd, wake.get())) return std::nullopt;
    char byte = 0;
    const ssize_t n = ::read(fd, &byte, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return line.empty() ? std::nullopt : std::optional<std::string>(line);
    if (byte == '\n') return line;
    line.push_back(byte);
  }
}

}  // namespace weir::app
