#include "mcp_host/stderr_ring.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/printable.h"
#include "platform/files.h"

namespace weir::mcp_host {
namespace {

// How soon the reader sees that it shall stop.
constexpr int kPollMs = 50;
constexpr size_t kReadBytes = 16 << 10;

}  // namespace

StderrRing::~StderrRing() { Close(); }

Result<UniqueFd> StderrRing::Open() {
  std::array<int, 2> fds = {-1, -1};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) {
    return MakeError(platform::SystemError(errno, "making a pipe"));
  }
  pipe_ = UniqueFd(fds[0]);
  UniqueFd write_end(fds[1]);
  if (::fcntl(pipe_.get(), F_SETFL, O_NONBLOCK) != 0) {
    return MakeError(platform::SystemError(errno, "making a pipe"));
  }
  reader_ = std::jthread([this](const std::stop_token& stop) { Read(stop); });
  return write_end;
}

void StderrRing::Close() {
  reader_.request_stop();
  if (reader_.joinable()) reader_.join();
}

void StderrRing::Read(const std::stop_token& stop) {
  std::array<char, kReadBytes> chunk;
  for (;;) {
    // What is there is read before a stop counts, so that a last word is not lost.
    const ssize_t n = ::read(pipe_.get(), chunk.data(), chunk.size());
    if (n > 0) {
      const std::lock_guard lock(mutex_);
      bytes_.append(chunk.data(), static_cast<size_t>(n));
      if (bytes_.size() > kMaxBytes) bytes_.erase(0, bytes_.size() - kMaxBytes);
      if (stop.stop_requested() && bytes_.size() == kMaxBytes) return;  // it floods
      continue;
    }
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) return;
    if (stop.stop_requested()) return;
    struct pollfd readable = {pipe_.get(), POLLIN, 0};
    ::poll(&readable, 1, kPollMs);
  }
}

std::string StderrRing::Last() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

std::string StderrRing::LastLine() const {
  std::string text = Last();
  while (!text.empty()) {
    const size_t end = text.find_last_not_of(" \t\r\n");
    if (end == std::string::npos) return {};
    text.resize(end + 1);
    const size_t newline = text.rfind('\n');
    return Printable(newline == std::string::npos ? text : text.substr(newline + 1));
  }
  return {};
}

}  // namespace weir::mcp_host
