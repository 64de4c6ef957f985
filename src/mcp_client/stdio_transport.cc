#include "mcp_client/stdio_transport.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <utility>

#include "base/clock.h"
#include "mcp_client/line_framer.h"
#include "platform/pipe.h"

namespace weir::mcp_client {
namespace {

constexpr std::string_view kServer = "the MCP server";
constexpr size_t kChunkBytes = 65536;

}  // namespace

StdioTransport::StdioTransport(UniqueFd to_server, UniqueFd from_server, StdioLimits limits)
    : limits_(limits), from_server_(std::move(from_server)), to_server_(std::move(to_server)) {}

void StdioTransport::Start(TransportReceiver& receiver) {
  receiver_ = &receiver;
  reader_ = std::jthread([this](const std::stop_token& stop) { Read(stop); });
}

TransportCounts StdioTransport::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void StdioTransport::Read(const std::stop_token& stop) {
  LineFramer framer(limits_.max_line_bytes);
  std::array<char, kChunkBytes> chunk;
  constexpr int64_t kForever = std::numeric_limits<int64_t>::max() / 2;
  Status status = platform::SetNonBlocking(from_server_.get(), kServer);
  while (status) {
    const Result<size_t> n = platform::ReadSome(from_server_.get(), chunk, kServer, kForever, stop);
    if (!n) {
      status = MakeError(n.error());
    } else if (*n == 0) {
      status = MakeError(ErrorCode::kUnavailable, "{} ended its output", kServer);
    } else {
      status =
          framer.Push({chunk.data(), *n}, [this](std::string_view line) { return TakeLine(line); });
    }
  }
  // A server that broke the rules is not written to any more either.
  closing_.request_stop();
  Error why = status.error();
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    if (write_error_) why = *write_error_;
  }
  changed_.notify_all();
  receiver_->OnClosed(why);
}

Status StdioTransport::TakeLine(std::string_view line) {
  if (line.empty()) return {};
  Result<mcp::Message> message = mcp::ParseMessage(line, {.max_bytes = limits_.max_line_bytes});
  if (!message && message.error().code == ErrorCode::kResourceExhausted) {
    return MakeError(message.error().WithContext(kServer));
  }
  {
    const std::lock_guard lock(mutex_);
    ++(message ? counts_.messages : counts_.stray_texts);
    if (!message && counts_.stray_texts > limits_.max_stray_lines) {
      return MakeError(ErrorCode::kCorruptData, "{} wrote more than {} lines that are no messages",
                       kServer, limits_.max_stray_lines);
    }
  }
  if (message) receiver_->OnMessage(std::move(*message), mcp::MemoryOf(line));
  return {};
}

Status StdioTransport::Send(OutgoingMessage message, int64_t deadline_us,
                            const std::stop_token& stop) {
  const std::string line = mcp::ToLine(message.message) + "\n";
  {
    std::unique_lock lock(mutex_);
    // A clock of nanoseconds does not hold every deadline of microseconds.
    constexpr int64_t kMaxWaitUs = 3'600'000'000;
    const auto left = std::chrono::microseconds(
        std::min(deadline_us - SystemClock().MonotonicMicros(), kMaxWaitUs));
    const bool is_free = changed_.wait_for(lock, stop, left, [&] { return closed_ || !writing_; });
    if (closed_) return MakeError(ErrorCode::kUnavailable, "{} is not connected", kServer);
    if (stop.stop_requested()) return MakeError(ErrorCode::kCancelled, "stopped");
    if (!is_free) {
      return MakeError(ErrorCode::kDeadlineExceeded, "{} does not read what it is sent", kServer);
    }
    writing_ = true;
  }
  const Status written = Write(line, deadline_us, stop);
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
  }
  changed_.notify_all();
  return written;
}

Status StdioTransport::Write(std::string_view line, int64_t deadline_us,
                             const std::stop_token& stop) {
  // Both the caller and Close may end the waiting.
  std::stop_source either;
  const auto end = [&either] { either.request_stop(); };
  const std::stop_callback on_stop(stop, end);
  const std::stop_callback on_close(closing_.get_token(), end);
  RETURN_IF_ERROR(platform::SetNonBlocking(to_server_.get(), kServer));
  const size_t size = line.size();
  while (!line.empty()) {
    const Result<size_t> n =
        platform::WriteSome(to_server_.get(), line, kServer, deadline_us, either.get_token());
    if (n) {
      line.remove_prefix(*n);
      continue;
    }
    // Half a message can not be taken back.
    const bool is_cut = line.size() < size;
    if (is_cut || n.error().code == ErrorCode::kUnavailable) {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      write_error_ = n.error();
      reader_.request_stop();
    }
    return MakeError(n.error());
  }
  return {};
}

void StdioTransport::Close() {
  closing_.request_stop();
  {
    std::unique_lock lock(mutex_);
    closed_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !writing_; });
  }
  to_server_.reset();
  reader_ = {};  // joins
}

}  // namespace weir::mcp_client
