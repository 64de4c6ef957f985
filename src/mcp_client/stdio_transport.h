#pragma once
// A server at two pipes: one message a line, in both directions.
//
// One thread reads. It drops a line that is no message and goes on, until there are too many; a
// line that is too long, or whose values would take too much memory, closes the transport. Writing
// waits for a server that does not read, until the deadline; a message that was cut by it closes
// the transport, since the rest of the stream could not be understood.

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "base/unique_fd.h"
#include "mcp_client/transport.h"

namespace weir::mcp_client {

struct StdioLimits {
  size_t max_line_bytes = 16u << 20;
  uint64_t max_stray_lines = 100;
};

class StdioTransport : public Transport {
 public:
  // `to_server` is the server's stdin, `from_server` its stdout.
  StdioTransport(UniqueFd to_server, UniqueFd from_server, StdioLimits limits = {});
  ~StdioTransport() override { StdioTransport::Close(); }
  StdioTransport(const StdioTransport&) = delete;
  StdioTransport& operator=(const StdioTransport&) = delete;

  void Start(TransportReceiver& receiver) override;
  Status Send(OutgoingMessage message, int64_t deadline_us, const std::stop_token& stop) override;
  void Forget(const mcp::RequestId& /*id*/) override {}
  void SetVersion(std::string_view /*version*/) override {}
  void Listen(int64_t /*deadline_us*/) override {}
  bool is_http() const override { return false; }
  TransportCounts counts() const override;
  void Close() override;

 private:
  void Read(const std::stop_token& stop);
  Status TakeLine(std::string_view line);
  Status Write(std::string_view line, int64_t deadline_us, const std::stop_token& stop);

  const StdioLimits limits_;
  TransportReceiver* receiver_ = nullptr;  // borrowed; set once by Start
  UniqueFd from_server_;                   // used by the reading thread alone

  mutable std::mutex mutex_;  // guards the five below
  std::condition_variable_any changed_;
  bool writing_ = false;  // somebody uses to_server_, without the lock
  bool closed_ = false;
  std::optional<Error> write_error_;  // what closed it, if that was a write
  TransportCounts counts_;

  std::stop_source closing_;  // ends a write that waits
  UniqueFd to_server_;        // used by whoever set writing_
  std::jthread reader_;
};

}  // namespace weir::mcp_client
